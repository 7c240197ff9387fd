"""What SQLite's refusals mean."""

from __future__ import annotations

import sqlite3

from fetchgram.errors import ConfigError, DiskFull, FetchgramError, TemporarilyUnavailable

_PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in the low byte (sqlite.org/rescode.html)."""


def translate(  # noqa: PLR0911  # one case per kind of refusal
    name: str, error: BaseException
) -> FetchgramError:
    """Turn an error of `sqlite3` into one of our tree."""
    match getattr(error, "sqlite_errorcode", 0) & _PRIMARY:
        case sqlite3.SQLITE_READONLY:
            return ConfigError(f"{name} is read-only: allow this user to write the file and its folder")
        case sqlite3.SQLITE_CANTOPEN:
            return ConfigError(f"{name} cannot be opened: check that its folder exists and that this user may write it")
        case sqlite3.SQLITE_NOTADB:
            return ConfigError(f"{name} is not a database: move that file away, or set database.url to another one")
        case sqlite3.SQLITE_FULL:
            return DiskFull(f"no room left to write {name}")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return TemporarilyUnavailable(f"{name} is locked by another process: {error}")
        case sqlite3.SQLITE_CORRUPT:
            return FetchgramError(
                f"{name} is damaged ({error}): restore a backup, or save it with `.recover` of sqlite3"
            )
        case sqlite3.SQLITE_IOERR:
            return FetchgramError(f"{name} cannot be read or written, the disk reports an error: {error}")
        case _:
            return FetchgramError(f"{name} refused a statement: {error}")
