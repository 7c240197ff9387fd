from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import Connection, event

from fetchgram.model import Chat, Choice, ChoiceKind, Delivery, Job, Link, LinkKind, Recipe
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.storage.sqlite import SqliteDatabase
from fetchgram_sandbox.postgres import PostgresServer


class StoppedClock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Work:
    """Puts work into a database in one line."""

    link = Link(plugin="site", kind=LinkKind.VIDEO, media_id="m1", url="https://site.test/m1")
    recipe = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))
    chat = Chat(bot_id=1, chat=50)

    def __init__(self) -> None:
        self._count = 0

    async def request(self, session: Session, *, person: int = 7, key: str | None = None) -> int:
        self._count += 1
        accepted, _ = await session.requests.accept(key or f"k{self._count}", 1, person, self.chat, "en", self.link.url)
        return accepted.id

    async def job(
        self,
        session: Session,
        fingerprint: str | None = None,
        *,
        person: int = 7,
        cost: float = 1.0,
        flow: str | None = None,
    ) -> tuple[Job, Delivery, bool]:
        request = await self.request(session, person=person)
        fingerprint = fingerprint or f"f{request}"
        return await session.jobs.join_or_create(
            fingerprint, self.link, self.recipe, "title", request, 0, self.chat, str(person), cost, flow
        )


class Statements:
    """Remembers what was executed, and asks SQLite how it would go about it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.executed: list[tuple[str, tuple[object, ...]]] = []

    def remember(self, _1: Connection, _2: object, sql: str, parameters: tuple[object, ...], *_: object) -> None:
        self.executed.append((sql, parameters))

    def plan(self) -> list[str]:
        with closing(sqlite3.connect(self._path)) as connection:
            return [
                str(row[3])
                for sql, parameters in self.executed
                if not sql.startswith("BEGIN")
                for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            ]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(_migrate(None, folder))
    return folder / "fetchgram.db"


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the one database that all tests use, emptied: making one takes ten times as long."""
    url = postgres.create("migrated")
    asyncio.run(_migrate(url, tmp_path_factory.mktemp("postgres")))
    ours = _tables(postgres) - {"alembic_version"}

    def emptied() -> str:
        strange = _tables(postgres) - ours - {"alembic_version"}
        for statement, names in (("DROP TABLE {} CASCADE", strange), ("TRUNCATE {} RESTART IDENTITY CASCADE", ours)):
            if names:
                tables = sql.SQL(", ").join(map(sql.Identifier, names))
                postgres.execute(sql.SQL(statement).format(tables), "migrated")
        return url

    return emptied


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """Both engines; a module that is about one of them says so itself."""
    return str(request.param)


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest) -> str | None:
    """An empty database."""
    return None if engine == "sqlite" else str(request.getfixturevalue("new_database")())


@pytest.fixture
def migrated_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """A database whose schema is there, in `tmp_path` for SQLite."""
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path)
        return None
    return str(request.getfixturevalue("migrated_postgres")())


@pytest.fixture
async def storage(tmp_path: Path, migrated_url: str | None, clock: StoppedClock) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path, clock=clock)
    yield opened
    await opened.close()


async def _migrate(url: str | None, folder: Path) -> None:
    await (await open_storage(url, folder)).close()


def _tables(server: PostgresServer) -> set[str]:
    rows = server.execute(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), "migrated")
    return {str(row[0]) for row in rows}


def file_of(storage: Storage) -> Path:
    assert isinstance(storage.database, SqliteDatabase)
    return storage.database.path


@pytest.fixture
async def session(storage: Storage) -> AsyncIterator[Session]:
    async with storage.write() as opened:
        yield opened


@pytest.fixture
def plan_of(storage: Storage) -> Callable[[Callable[[Session], Awaitable[object]]], Awaitable[list[str]]]:
    async def plan(call: Callable[[Session], Awaitable[object]]) -> list[str]:
        async with storage.write() as opened:
            with _recorded(storage) as statements:
                await call(opened)
        assert statements.executed
        return statements.plan()

    return plan


@contextmanager
def _recorded(storage: Storage) -> Iterator[Statements]:
    database = storage.database
    assert isinstance(database, SqliteDatabase)
    statements = Statements(database.path)
    engine = database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", statements.remember)
    yield statements
    event.remove(engine, "before_cursor_execute", statements.remember)
