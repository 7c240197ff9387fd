"""What a database says when it refuses, as errors of our tree: each with a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from fetchgram.errors import ConfigError, DiskFull, FetchgramError, TemporarilyUnavailable

_PRIMARY = 0xFF
"""SQLite's extended result codes carry the primary one in the low byte (sqlite.org/rescode.html)."""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise errors of our tree instead of the engine's.

    Args:
        name: How the database is called in the sentence.
    """
    try:
        yield
    except DBAPIError as error:
        raise _translate(name, error.orig or error) from error
    except sqlite3.Error as error:
        raise _translate(name, error) from error


def _translate(  # noqa: PLR0911  # one case per kind of refusal
    name: str, error: BaseException
) -> FetchgramError:
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
