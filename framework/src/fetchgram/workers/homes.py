"""Temporary homes of children: under one roof, and swept away when nobody is left who made them."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from pathlib import Path

_LOCK, _NEW = ".lock", ".new"


class Home:
    """The home folder of one pool's children.

    Beside it lies a file that this process holds locked, and that children do not inherit. So a later process can tell
    whether somebody still lives here, also after a kill -9 of everybody.

    Args:
        roof: Holds all homes; `None` takes the system's temporary folder.
        name: Of the pool.
    """

    def __init__(self, roof: Path | None, name: str) -> None:
        folder = Path(tempfile.gettempdir()) if roof is None else roof
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"fetchgram-{name}-{secrets.token_hex(6)}"
        # Locked under another name first: nobody may find it and not find it locked.
        new = self.path.with_suffix(_NEW)
        self._lock = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        new.rename(_lock_of(self.path))
        self.path.mkdir(mode=0o700)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        remove(self.path)
        os.close(self._lock)


def remove(home: Path) -> None:
    """Remove a home and the lock beside it."""
    shutil.rmtree(home, ignore_errors=True)
    _lock_of(home).unlink(missing_ok=True)


def sweep(roof: Path) -> int:
    """Remove the homes whose process has died; returns how many."""
    if not roof.is_dir():
        return 0
    return sum(_remove_if_dead(lock) for lock in (*roof.glob(f"*{_LOCK}"), *roof.glob(f"*{_NEW}")))


def _remove_if_dead(lock: Path) -> bool:
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        remove(lock.with_suffix(""))
        lock.unlink(missing_ok=True)
    return True


def _lock_of(home: Path) -> Path:
    return home.with_suffix(_LOCK)
