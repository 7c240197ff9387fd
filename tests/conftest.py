from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from fetchgram.storage import open_storage
from fetchgram_sandbox.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this test process; started when the first test asks for it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def new_database(postgres: PostgresServer) -> Iterator[Callable[..., str]]:
    """Make an empty database, or a copy of another one; returns its URL."""
    numbers, made = itertools.count(), []

    def create(template: str = "template1") -> str:
        made.append(f"test_{next(numbers)}")
        return postgres.create(made[-1], template=template)

    yield create
    for name in made:
        postgres.drop(name)


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


async def _migrate(url: str | None, folder: Path) -> None:
    await (await open_storage(url, folder)).close()


def _tables(server: PostgresServer) -> set[str]:
    rows = server.execute(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), "migrated")
    return {str(row[0]) for row in rows}
