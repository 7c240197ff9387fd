"""The authority of the emulated web: a certificate for each host, made when it is first asked for."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

_NOBODY = "nobody.invalid"


class Authority:
    """Signs for every host of the emulated web; only who was told trusts it."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="fetchgram sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}

    def write(self, path: Path) -> None:
        """Write its own certificate, which clients have to trust (PEM)."""
        self._ca.cert_pem.write_to_path(str(path))

    def server_context(self) -> ssl.SSLContext:
        """Return a context that shows the certificate of whichever host a client names (RFC 6066, 3)."""
        context = self._context(_NOBODY)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = self._context(name)

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._ca.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]
