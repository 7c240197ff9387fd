"""Who a process is in the leases of jobs: a name of its own, behind the name of its folder, which outlives it."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_FILE = "worker.id"
_BYTES = 4


def worker_name(data_dir: Path) -> str:
    """Return a new name for this process, such as `host:9f21c3aa:4711:03bd5e70`.

    The first two parts are the machine and the folder: one process at a time works in a folder, so whoever starts there
    knows that all earlier ones are dead. The machine's name is in it for the sake of folders that were copied with it.
    """
    own = f"{os.getpid()}:{secrets.token_hex(_BYTES)}"
    return f"{socket.gethostname()}:{_folder_id(data_dir)}:{own}"


def folder_of(worker: str) -> str:
    """Return what the names of all processes of a worker's folder begin with."""
    host, folder, *_ = worker.split(":")
    return f"{host}:{folder}:"


def _folder_id(data_dir: Path) -> str:
    path = data_dir / _FILE
    with suppress(OSError):
        if known := path.read_text(encoding="ascii").strip():
            return known
    new = secrets.token_hex(_BYTES)
    with suppress(OSError):  # a full disk: the next process has another name, and waits for the leases to end
        path.write_text(new, encoding="ascii")
    return new
