"""PostgreSQL: many writers on many machines, and everything that only this engine does."""

from __future__ import annotations

import asyncio
import functools
import os
import select
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import AdaptedConnection, Connection, Dialect, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fetchgram.errors import ConfigError
from fetchgram.storage.database import transaction
from fetchgram.storage.failures import translated
from fetchgram.storage.postgres_failures import translate

try:
    import psycopg
except ImportError as error:
    raise ConfigError(
        "setting 'database.url' names PostgreSQL, and its driver is not installed: install `fetchgram[postgres]`;"
        " without the setting there is SQLite, which needs nothing"
    ) from error

T = TypeVar("T")

WRITERS = 6
READERS = 4
CONNECT_S = 5
ANSWER_S = 15.0
"""A server that is silent for so long is given up: the other side of a cut network answers nothing, for ever."""
_FRESH_S = 5.0
_LOCK_S = 10
_IDLE_S = 20
"""The server ends a transaction whose client is silent for so long, with all its locks: a worker that stands still in
the middle of a claim holds up all others no longer."""
_FORGETFUL = "-c synchronous_commit=off"
_MIGRATIONS = 0x66_65_74_63_68
"""Advisory lock of whoever changes the schema: "fetch"."""
_SAME_CLOCK = timedelta(seconds=1)
"""A smaller difference may be the way there and back."""


class _BoundedConnection(psycopg.AsyncConnection[Any]):
    """A connection that waits for no answer for ever."""

    _answered_at = float("-inf")

    @property
    def is_fresh(self) -> bool:
        """Whether it has answered a moment ago, and the server has not hung up since: nobody needs to ask it."""
        if self.closed or time.monotonic() - self._answered_at > _FRESH_S:
            return False
        # To a connection that waits for nothing the server only speaks to say that it ends.
        news = select.poll()
        news.register(self.pgconn.socket, select.POLLIN)
        return not news.poll(0)

    async def wait(self, *args: Any, **kwargs: Any) -> Any:  # psycopg's own signature changes between releases
        """Wait for the server; when it takes too long, the connection breaks, and so does whoever waits on it."""
        limit = asyncio.get_running_loop().call_later(ANSWER_S, self._cut)
        try:
            answer = await super().wait(*args, **kwargs)
        finally:
            limit.cancel()
        self._answered_at = time.monotonic()
        return answer

    def _cut(self) -> None:
        # Shut, not closed: libpq sees the end of the stream and reports it in its own way.
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.pgconn.socket)) as copy:
            copy.shutdown(socket.SHUT_RDWR)


class PostgresDatabase:
    """A PostgreSQL database; nothing is asked of it before the first transaction.

    Writers run side by side (READ COMMITTED): a transition that reads before it writes locks the row first. Readers
    see a snapshot (REPEATABLE READ).

    Args:
        url: With host, database, user; libpq's variables and files fill what is missing.
    """

    is_shared = True

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self.name = f"the database {url.database or ''!r} on {url.host or url.query.get('host') or 'this machine'!s}"
        self.skew = timedelta()
        # Both hand out connections in the order in which they were asked for; the pools behind them never wait.
        self._write_seats = asyncio.Semaphore(WRITERS)
        self._read_seats = asyncio.Semaphore(READERS)
        self._writers = self._engine(WRITERS, "READ COMMITTED", read_only=False)
        self._readers = self._engine(READERS, "REPEATABLE READ", read_only=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction beside those of others; committed at the end."""
        with self.translated():
            async with self._write_seats, transaction(self._writers) as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a snapshot; writing to it is refused by the server."""
        with self.translated():
            async with self._read_seats, transaction(self._readers) as connection:
                yield connection

    async def reach(self) -> None:
        """Ask on a connection of its own, which may be given up at any moment."""
        with self.translated():
            async with await self.connect() as connection:
                await connection.execute("SELECT 1")

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.dispose()
        await self._writers.dispose()

    def translated(self) -> AbstractContextManager[None]:
        """Raise errors of our tree instead of psycopg's."""
        return translated(self.name, psycopg.Error, translate)

    def migrator(self) -> Engine:
        """Return an engine whose transactions take turns over all processes of all machines."""
        engine = create_engine(self._url, connect_args=_limits(self._url), poolclass=NullPool)

        def began(connection: Connection) -> None:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATIONS})"))

        event.listen(engine, "begin", began)
        return engine

    def arguments(self, *, forgetful: bool = False) -> dict[str, Any]:
        """Return what psycopg needs to connect, for parts that need connections of their own.

        Args:
            forgetful: Whether nobody waits until something is on disk: a server that crashes may forget the last of it.
        """
        named = self._url.translate_connect_args(username="user", database="dbname")
        limits = _limits(self._url)
        return {**named, **limits, "options": f"{limits['options']} {_FORGETFUL if forgetful else ''}".strip()}

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        """Open a connection of one's own, in autocommit, to listen on; the caller closes it."""
        with self.translated():
            return await psycopg.AsyncConnection.connect(autocommit=True, **self.arguments())

    def _engine(self, connections: int, isolation: str, *, read_only: bool) -> AsyncEngine:
        async def creator(*_: object, **__: object) -> object:
            return await self._opened(read_only=read_only)

        engine = create_async_engine(
            self._url,
            async_creator=creator,
            isolation_level=isolation,
            pool_size=connections,
            max_overflow=0,
            # Every connection comes back from a transaction that was ended: no second rollback.
            pool_reset_on_return=None,
        )
        event.listen(engine.sync_engine, "checkout", functools.partial(_refuse_dead, engine.dialect))
        return engine

    async def _opened(self, *, read_only: bool) -> object:
        connection = await _BoundedConnection.connect(autocommit=True, **self.arguments())
        try:
            await self._compare_clocks(connection)
            await connection.set_autocommit(False)
            await connection.set_read_only(read_only)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _compare_clocks(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Learn the database's time: a lease ends for all machines at once, also where a clock is wrong."""
        cursor = await connection.execute("SELECT clock_timestamp()")
        row = await cursor.fetchone()
        skew = row[0] - datetime.now(UTC) if row else timedelta()
        self.skew = skew if abs(skew) > _SAME_CLOCK else timedelta()


def _refuse_dead(dialect: Dialect, connection: AdaptedConnection, *_: object) -> None:
    """Ask a connection whether it is alive before it is used: a restart of the server is met here, not by a person.

    Raises:
        InvalidatePoolError: If it is dead: the pool opens a new one, and new ones for all of its age.
    """
    driver = connection.driver_connection
    if isinstance(driver, _BoundedConnection) and driver.is_fresh:
        return
    try:
        dialect.do_ping(cast("DBAPIConnection", connection))
    except psycopg.Error as error:
        raise InvalidatePoolError("the server has ended the connection") from error


def _limits(url: URL) -> dict[str, Any]:
    """Return libpq's time limits (postgresql.org/docs/15/libpq-connect.html); what the URL says wins."""
    own = f"-c lock_timeout={_LOCK_S}s -c idle_in_transaction_session_timeout={_IDLE_S}s"
    wanted = {
        "application_name": "fetchgram",
        "connect_timeout": str(CONNECT_S),
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": str(CONNECT_S * 1000),
        **url.query,
    }
    return wanted | {"options": f"{own} {url.query.get('options', '')}".strip()}
