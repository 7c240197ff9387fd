"""SQLite: one file, one writer, a few readers, and everything that only this engine does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fetchgram.errors import ConfigError
from fetchgram.storage import sqlite_driver
from fetchgram.storage.database import transaction
from fetchgram.storage.failures import translated
from fetchgram.storage.sqlite_failures import translate

FILE_NAME = "fetchgram.db"
BUSY_TIMEOUT_S = 10.0
_KNOCK_S = 0.2
READERS = 4
_OLDEST_SQLITE = (3, 35, 0)
"""RETURNING (sqlite.org/lang_returning.html)."""


class _Cursor(Protocol):
    def execute(self, operation: str, /) -> object: ...

    def fetchone(self) -> tuple[object, ...] | None: ...

    def close(self) -> None: ...


class _DbapiConnection(Protocol):
    def cursor(self) -> _Cursor: ...


class SqliteDatabase:
    """An SQLite file in WAL mode: writers take turns, readers see a snapshot and wait for nobody.

    Args:
        path: The file; its folder exists.
    """

    is_shared = False
    skew = timedelta()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"the database {str(path)!r}"
        # Both hand out connections in the order in which they were asked for; the pools behind them never wait.
        self._turn = asyncio.Lock()
        self._seats = asyncio.Semaphore(READERS)
        self._writer = _async_engine(path, connections=1, on_connect=_prepare_writer, begin="BEGIN IMMEDIATE")
        self._readers = _async_engine(path, connections=READERS, on_connect=_prepare_reader, begin="BEGIN")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write, after all that were asked for before; committed at the end.

        A cancelled task leaves nothing: what it did is rolled back before the next writer has its turn. Only when it
        was cancelled while the commit was under way, that is carried through.
        """
        with self.translated():
            async with self._turn, transaction(self._writer) as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a snapshot; writing to it is refused by the engine."""
        with self.translated():
            async with self._seats, transaction(self._readers) as connection:
                yield connection

    async def reach(self) -> None:
        """Ask in a thread of its own, and only shortly: a thread that waits for a lock cannot be called back."""
        with self.translated():
            await asyncio.to_thread(self._lock_once)

    def _lock_once(self) -> None:
        with closing(sqlite3.connect(self.path, timeout=_KNOCK_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

    async def close(self) -> None:
        """Close all connections and end their threads."""
        await self._readers.dispose()
        async with self._turn:
            await self._writer.dispose()

    def translated(self) -> AbstractContextManager[None]:
        """Raise errors of our tree instead of SQLite's."""
        return translated(self.name, sqlite3.Error, translate)

    def migrator(self) -> Engine:
        """Return an engine without threads of its own, for migrations; its transactions write."""
        url = URL.create("sqlite", database=str(self.path))
        arguments = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
        engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
        _listen(engine, on_connect=_prepare_migrator, begin="BEGIN IMMEDIATE")
        return engine


def locate(url: URL | None, data_dir: Path) -> Path:
    """Return the file that a database URL names, `fetchgram.db` of the data folder without one.

    Raises:
        ConfigError: If it names no file.
    """
    if url is None:
        return data_dir / FILE_NAME
    if url.database in {None, "", ":memory:"}:
        raise ConfigError("setting 'database.url' names no file: a restart would lose everything; `sqlite:///path`")
    return Path(str(url.database))


def prepare_file(path: Path) -> None:
    """Make sure that the file can be there, readable by its owner only: it holds what people sent.

    Raises:
        ConfigError: If the folder or the file cannot be made, or SQLite is too old.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        wanted = ".".join(map(str, _OLDEST_SQLITE))
        raise ConfigError(
            f"SQLite {sqlite3.sqlite_version} is too old: {wanted} or later is needed, with a newer Python"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the database {str(path)!r} cannot be written ({error.strerror}): set data_dir or database.url to a folder"
            " that this user may write"
        ) from error


def _async_engine(path: Path, *, connections: int, on_connect: Callable[[_Cursor], None], begin: str) -> AsyncEngine:
    async def creator(*_: object, **__: object) -> object:
        return await sqlite_driver.connect(path, busy_timeout_s=BUSY_TIMEOUT_S)

    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        async_creator=creator,
        pool_size=connections,
        max_overflow=0,
        # Every connection comes back from a transaction that was ended: no second rollback.
        pool_reset_on_return=None,
    )
    _listen(engine.sync_engine, on_connect=on_connect, begin=begin)
    return engine


def _listen(engine: Engine, *, on_connect: Callable[[_Cursor], None], begin: str) -> None:
    def connected(connection: _DbapiConnection, _: object) -> None:
        cursor = connection.cursor()
        try:
            on_connect(cursor)
        finally:
            cursor.close()

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)


def _prepare_writer(cursor: _Cursor) -> None:
    # WAL rests in the file, but a copy made elsewhere may have lost it.
    cursor.execute("PRAGMA journal_mode = WAL")
    mode = cursor.fetchone()
    if mode != ("wal",):
        raise ConfigError(f"the database cannot use a write-ahead log here (it stays {mode!r}): use a local disk")
    # FULL: what is committed survives a power cut, not only a crash (sqlite.org/pragma.html#pragma_synchronous).
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")


def _prepare_reader(cursor: _Cursor) -> None:
    cursor.execute("PRAGMA query_only = ON")


def _prepare_migrator(cursor: _Cursor) -> None:
    # Foreign keys stay off: SQLite changes a table by making a new one in its place.
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
