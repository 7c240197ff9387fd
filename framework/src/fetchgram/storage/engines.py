"""Which engine a database URL means."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from fetchgram.errors import ConfigError
from fetchgram.storage.database import Database
from fetchgram.storage.sqlite import SqliteDatabase, locate, prepare_file


async def open_engine(url: str | None, data_dir: Path) -> Database:
    """Open the database that setting `database.url` names; without one `fetchgram.db` in the data folder.

    Raises:
        ConfigError: If the URL is none that this version can use, or the file cannot be made.
    """
    parsed = _parsed(url)
    if parsed is not None and parsed.get_backend_name() == "postgresql":
        # Its driver is installed only where it is wanted.
        from fetchgram.storage.postgres import PostgresDatabase  # noqa: PLC0415  # see above

        return PostgresDatabase(parsed)
    path = locate(parsed, data_dir)
    await asyncio.to_thread(prepare_file, path)
    return SqliteDatabase(path)


def is_shared(url: str | None) -> bool:
    """Whether several processes can work on the database that the URL names.

    Raises:
        ConfigError: If it is none that this version can use.
    """
    parsed = _parsed(url)
    return parsed is not None and parsed.get_backend_name() == "postgresql"


def _parsed(url: str | None) -> URL | None:
    if url is None:
        return None
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The URL itself stays out of the sentence: it may hold a password.
        raise ConfigError(
            "setting 'database.url' is no URL, as `sqlite:///fetchgram.db` or `postgresql://user:password@host/name`"
            " would be"
        ) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        scheme = parsed.drivername
        raise ConfigError(
            f"setting 'database.url': {scheme!r} is not supported, use `sqlite:///path`,"
            " `postgresql://user:password@host/name`, or leave it out"
        )
    return parsed
