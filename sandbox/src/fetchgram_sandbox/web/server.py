"""The emulated web: one TLS server for all sites, behind a proxy that leads only to them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from fetchgram_sandbox.web.authority import Authority
from fetchgram_sandbox.web.proxy import TunnelProxy
from fetchgram_sandbox.web.site import Handler, Sample, Site

_SHUTDOWN_S = 0.1


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One request that a site got.

    Args:
        method: Of HTTP.
        host: That the client meant.
        path: Without its query.
        query: Of the address, by name.
        range: The header `Range`.
    """

    method: str
    host: str
    path: str
    query: dict[str, str] = field(default_factory=dict, hash=False)
    range: str = ""


class Web:
    """Proxy and server; `async with` starts and stops them.

    Args:
        sites: Who answers.

    Attributes:
        requests: What was asked for, oldest first.
    """

    def __init__(self, sites: Sequence[Site]) -> None:
        self._sites = tuple(sites)
        self._handlers = {host: handler for site in self._sites for host, handler in site.handlers.items()}
        self._proxy = TunnelProxy(lambda host: self._handler(host) is not None)
        self._stack = AsyncExitStack()
        self.requests: list[AskedFor] = []

    @property
    def proxy_url(self) -> str:
        """Return the proxy for `network.upstream_proxy`."""
        return self._proxy.url

    @property
    def ca_file(self) -> Path:
        """Return the certificate for `network.ca_file`."""
        return self._folder / "sandbox-ca.pem"

    @property
    def refused(self) -> tuple[str, ...]:
        """Return what was asked for and no site has; empty in a test that needs no internet."""
        return tuple(self._proxy.refused)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Return links to try, of all sites."""
        return tuple(sample for site in self._sites for sample in site.samples)

    def describe(self) -> dict[str, object]:
        """Say where it is, for clients in any language."""
        samples = [{"title": sample.title, "url": sample.url} for sample in self.samples]
        return {"proxy": self.proxy_url, "ca": str(self.ca_file), "samples": samples}

    async def __aenter__(self) -> Self:
        """Start to listen."""
        authority = Authority()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fetchgram-web-")))
        authority.write(self.ca_file)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S, handler_cancellation=True)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server_context()).start()
        self._proxy.lead_to(runner.addresses[0][1])
        await self._stack.enter_async_context(self._proxy)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop to listen and cut open connections."""
        await self._stack.aclose()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        headers = request.headers
        self.requests.append(
            AskedFor(request.method, host, request.path, dict(request.query), headers.get("Range", ""))
        )
        handler = self._handler(host)
        if handler is None:  # a certificate was asked for one host, the request for another
            raise web.HTTPMisdirectedRequest(text="no such site")
        return await handler(request)

    def _handler(self, host: str) -> Handler | None:
        found, below = self._handlers.get(host), host
        while found is None and "." in below:
            below = below.partition(".")[2]
            found = self._handlers.get(f"*.{below}")
        return found
