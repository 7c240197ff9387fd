from __future__ import annotations

import asyncio
import itertools
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from psycopg import sql

from fetchgram.app import Wired, wire
from fetchgram.clock import SystemClock
from fetchgram.control.courier import Courier
from fetchgram.openings import Plugins
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.detection import Detector
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Context
from fetchgram.settings import Settings, SettingsModel
from fetchgram.storage import SharedStorage, Storage, open_storage
from fetchgram.telegram.switchboard import Switchboard
from fetchgram.testing import FakeContext, FakeNotifyAdmins
from fetchgram.texts import Texts
from fetchgram_sandbox.postgres import PostgresServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that ask for the most time: one that came last would leave the other cores idle."""
    limits_s: Counter[Path] = Counter()
    for item in items:
        marker = item.get_closest_marker("timeout")
        limits_s[item.path] = max(limits_s[item.path], marker.args[0] if marker else 0)
    items.sort(key=lambda item: -limits_s[item.path])


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


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


class Workshop:
    """Gives plugins what they need in a test when they are built while everything runs.

    Args:
        folder: Of all of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def context_of(self, name: str, own: SettingsModel) -> FakeContext:
        return FakeContext(name=name, data_dir=self.folder)

    async def ready(self, plugin: object, context: Context) -> None:
        """Nothing to do."""

    async def put_away(self, context: Context) -> None:
        """Nothing to do."""


@pytest.fixture
def make_route(tmp_path: Path) -> Callable[..., Wired]:
    """Wire the route over a database and some plugins; nobody is told anything."""

    def made(storage: Storage, *points: EntryPoint, courier: Courier | None = None, **values: object) -> Wired:
        settings = Settings.model_validate({"data_dir": tmp_path, **values})
        clock, workshop = SystemClock(), Workshop(tmp_path)
        loaded = load(settings, workshop.context_of, entry_points=points)
        hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
        plugins = Plugins(
            hooks=hooks,
            texts=Texts.load(),
            network=None,  # type: ignore[arg-type]  # nobody fetches
            detector=Detector(hooks.roster, hooks.breaker, limit_s=10),
            clock=clock,
            database=SharedStorage(None, tmp_path),
            notify_admins=FakeNotifyAdmins(),
            switching=Switching(hooks=hooks, settings=settings, overrides=Overrides(), workshop=workshop),
        )
        return wire(settings, plugins, Switchboard(), storage, tmp_path, courier)

    return made


async def _migrate(url: str | None, folder: Path) -> None:
    await (await open_storage(url, folder)).close()


def _tables(server: PostgresServer) -> set[str]:
    rows = server.execute(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), "migrated")
    return {str(row[0]) for row in rows}
