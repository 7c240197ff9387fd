"""Which certificate authorities are trusted: the usual ones, and the operator's own besides them."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import certifi

BUNDLE_NAME = "ca-bundle.pem"


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """Build a context that verifies against the system's, certifi's and the operator's authorities."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def write_bundle(ca_file: Path, folder: Path) -> Path:
    """Write one file with the usual authorities and the operator's, for programs that take a single file.

    Args:
        ca_file: The operator's authorities (PEM).
        folder: Where the bundle goes; made when it is missing.

    Returns:
        The path of the bundle; it is replaced in one step, so a reader never sees half of it. One that lies there and
        says the same stays: a start on a full disk then needs no room for it.

    Raises:
        OSError: If it cannot be written; nothing of it stays behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [path.read_text("utf-8", "replace").strip() for path in (*_usual_files(), ca_file)]
    content, bundle = ("\n".join(parts) + "\n").encode(), folder / BUNDLE_NAME
    if bundle.is_file() and bundle.read_bytes() == content:
        return bundle
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=BUNDLE_NAME)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return Path(name).replace(bundle)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _usual_files() -> list[Path]:
    system = ssl.get_default_verify_paths().cafile
    return [Path(certifi.where()), *([Path(system)] if system else [])]
