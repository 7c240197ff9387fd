"""Where cookies are kept: nobody but the bot reads them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path


class Shelf:
    """Where the cookies are: those that an admin sent, else the operator's file.

    Args:
        folder: Of the plugin; `None` where it has none.
        own: The operator's file.
    """

    def __init__(self, folder: Path | None, own: Path | None) -> None:
        self._sent = folder / "cookies.txt" if folder else None
        self._own = own

    @property
    def file(self) -> Path | None:
        """The file to use now."""
        return self._sent if self.has_sent else self._own

    @property
    def has_sent(self) -> bool:
        """Whether an admin has sent some."""
        return self._sent is not None and self._sent.is_file()

    @property
    def since(self) -> datetime | None:
        """When the file that is used was written."""
        try:
            return datetime.fromtimestamp(self.file.stat().st_mtime, UTC) if self.file else None
        except OSError:
            return None

    def put(self, content: str) -> None:
        """Use these from now on; the file is whole or the old one, and only this user may read it."""
        if self._sent is None:
            raise ValueError("there is no folder to keep cookies in")
        part = self._sent.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._sent)

    def drop(self) -> None:
        """Forget those that an admin sent."""
        if self._sent is not None:
            self._sent.unlink(missing_ok=True)
