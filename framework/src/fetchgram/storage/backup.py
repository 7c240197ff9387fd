"""A copy of the database while everything runs, without what must not leave the machine."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path

from fetchgram.errors import ConfigError
from fetchgram.model import text
from fetchgram.storage.sqlite import BUSY_TIMEOUT_S, SqliteDatabase
from fetchgram.storage.storage import Storage

FOLDER = "backups"
_KEPT = 3
"""Copies that stay in the data folder."""

_LEFT_OUT = (
    # Updates as they came, and open questions: a typed secret is among them; nobody needs them a day later.
    "DELETE FROM inbox",
    "DELETE FROM asks",
    "DELETE FROM overrides WHERE key LIKE 'secret:%'",
)


async def back_up(storage: Storage, folder: Path, now: datetime) -> Path:
    """Copy the database into a file of its own; sessions of accounts are files beside it and stay where they are.

    Args:
        storage: Whose database.
        folder: Made if need be; of older copies the last few stay in it.
        now: For the name.

    Raises:
        ConfigError: If it is PostgreSQL, whose own tools do this better; told with the command.
        DiskFull: If there is no room.
    """
    database = storage.database
    if not isinstance(database, SqliteDatabase):
        raise ConfigError("PostgreSQL is copied by pg_dump", told=text("backup-postgres"))
    path = folder / f"fetchgram-{now:%Y%m%d-%H%M%S}.db"
    with database.translated():
        await asyncio.to_thread(_copy, database.path, path)
    return path


def _copy(source: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        # Reads one snapshot; writers go on (sqlite.org/lang_vacuum.html#vacuuminto).
        with contextlib.closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
            # What is deleted is overwritten, not only forgotten.
            connection.execute("PRAGMA secure_delete = ON")
            for statement in _LEFT_OUT:
                connection.execute(statement)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    for old in sorted(path.parent.glob("fetchgram-*.db"))[:-_KEPT]:
        old.unlink(missing_ok=True)
