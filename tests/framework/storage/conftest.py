from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from fetchgram.model import Chat, Choice, ChoiceKind, Delivery, Job, Link, LinkKind, Recipe
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.storage.sqlite import SqliteDatabase


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
        key: str | None = None,
    ) -> tuple[Job, Delivery, bool]:
        request = await self.request(session, person=person)
        fingerprint = fingerprint or f"f{request}"
        return await session.jobs.join_or_create(
            fingerprint, self.link, self.recipe, "title", request, 0, self.chat, key or str(person), cost, flow
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


@pytest.fixture
async def storage(tmp_path: Path, migrated_url: str | None, clock: StoppedClock) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path, clock=clock)
    yield opened
    await opened.close()


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
