"""The bot's database, seen and troubled from outside: on either engine the same questions."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg import sql

from fetchgram_sandbox.postgres import PostgresServer

Rows: TypeAlias = list[tuple[Any, ...]]

NO_LOOK = (sqlite3.Error, psycopg.Error)
"""What is raised while a database is not there, or not there yet."""

_SHORT_S = 2.0
_AWAY_MAX_S = 4.0


class Look(Protocol):
    """One connection to look with."""

    def version(self) -> object:
        """Return something that is another one after each change."""
        ...

    def rows(self, statement: str) -> Rows:
        """Return what a statement finds."""
        ...


class Database(Protocol):
    """A database to look at."""

    @property
    def url(self) -> str | None:
        """Return what `database.url` is set to; `None` for SQLite, which lies in the data folder."""
        ...

    @property
    def ledger_state(self) -> str:
        """Return the expression for what a ledger's value says of a send."""
        ...

    def look(self) -> AbstractContextManager[Look]:
        """Open it for a look."""
        ...

    def trouble(self, seconds: float) -> str:
        """Let nobody write for a while, as others can bring about; returns what was done, nothing if it failed."""
        ...

    def wrong(self) -> str | None:
        """Return what is wrong with what is stored."""
        ...


class SqliteDatabase:
    """An SQLite file.

    Args:
        path: Of the file.
    """

    url = None
    ledger_state = "json_extract(value, '$.state')"

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def look(self) -> Iterator[Look]:
        """Open it for a look, as a second process would."""
        where = f"file:{self._path}?mode=ro"
        connection = sqlite3.connect(where, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
        with contextlib.closing(connection):
            yield _SqliteLook(connection)

    def trouble(self, seconds: float) -> str:
        """Write to it as another process would, and take long about it."""
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=5, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            return ""
        return f"database locked {seconds:.0f} s"

    def wrong(self) -> str | None:
        """Let SQLite check the file."""
        try:
            with self.look() as look:
                answers = [row[0] for row in look.rows("PRAGMA integrity_check")]
                strays = look.rows("PRAGMA foreign_key_check")
        except sqlite3.Error as error:
            return repr(error)
        return None if answers == ["ok"] and not strays else f"{answers} {strays}"


class _SqliteLook:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def version(self) -> object:
        return self._connection.execute("PRAGMA data_version").fetchone()

    def rows(self, statement: str) -> Rows:
        return self._connection.execute(statement).fetchall()


class SharedDatabase:
    """A database on a PostgreSQL server of our own.

    Args:
        server: The server.
        name: Of the database.
    """

    ledger_state = "value->>'state'"

    def __init__(self, server: PostgresServer, name: str) -> None:
        self._server, self._name = server, name
        self.url = server.create(name)

    @contextlib.contextmanager
    def look(self) -> Iterator[Look]:
        """Open it for a look."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield _SharedLook(connection)

    def trouble(self, seconds: float) -> str:
        """Hold the jobs for a moment, or crash the server and start it again a little later."""
        if seconds > _SHORT_S:
            self._server.stop(signal.SIGQUIT)
            time.sleep(min(seconds, _AWAY_MAX_S))
            self._server.start()
            return "database crashed"
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE jobs IN EXCLUSIVE MODE")
            time.sleep(seconds)
            connection.rollback()
            return f"jobs locked {seconds:.0f} s"
        return ""

    def wrong(self) -> str | None:
        """Look for jobs whose hints outlived them: everything else the server sees to itself."""
        alive = "status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) <= now()"
        left = sql.SQL("SELECT count(*) FROM procrastinate_jobs WHERE " + alive)
        (count,) = self._server.execute(left, self._name)[0]
        return f"{count} hints are left" if count else None


class _SharedLook:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def version(self) -> object:
        return self._connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()

    def rows(self, statement: str) -> Rows:
        return self._connection.execute(statement.encode()).fetchall()
