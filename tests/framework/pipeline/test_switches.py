"""Changes of plugins in the database: one process makes them, another one follows, a third starts with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from fetchgram.api import API_VERSION, SettingsModel
from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.pipeline.plugin_orders import DISABLE, ENABLE, PluginOrders
from fetchgram.pipeline.switches import Switches, recalled
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.plugins.sources import GROUP
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Context
from fetchgram.settings import Settings
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.testing import FakeContext


class Own(SettingsModel):
    size: int = 1


class Site:
    name = "site"
    api_version = API_VERSION
    Settings = Own

    def __init__(self, settings: Own, context: object) -> None:
        self.size = settings.size


class Bench:
    """A process that knows one site."""

    def __init__(self, storage: Storage, folder: Path, overrides: Overrides | None = None) -> None:
        self.folder, clock, settings = folder, SystemClock(), Settings()
        known = overrides or Overrides()
        point = EntryPoint("site", f"{__name__}:Site", GROUP)
        loaded = load(settings, self.context_of, entry_points=[point], overrides=known)
        self.hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
        switching = Switching(hooks=self.hooks, settings=settings, overrides=known, workshop=self)
        self.switches = Switches(storage, switching, clock)

    def context_of(self, name: str, own: SettingsModel) -> Context:
        return FakeContext(name=name, data_dir=self.folder)

    async def ready(self, plugin: object, context: Context) -> None:
        """Nothing to do."""

    async def put_away(self, context: Context) -> None:
        """Nothing to do."""

    def size(self) -> int | None:
        return getattr(self.hooks.roster.present.plugins.get("site"), "size", None)


@asynccontextmanager
async def _refusing(storage: Storage) -> AsyncIterator[Session]:
    async with storage.write() as session:
        yield session
        await session.overrides.set("beside", 1)
        raise PermissionError("not you")


@pytest_asyncio.fixture
async def storage(migrated_url: str | None, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(migrated_url, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def bench(storage: Storage, tmp_path: Path) -> Bench:
    return Bench(storage, tmp_path)


async def test_another_process_follows_and_the_next_start_begins_with_it(
    bench: Bench, storage: Storage, tmp_path: Path
) -> None:
    other = Bench(storage, tmp_path)
    await bench.switches.change("site", lambda _: Override(settings={"size": 2}))
    assert (bench.size(), other.size()) == (2, 1)
    await other.switches.follow()
    assert other.size() == 2
    assert Bench(storage, tmp_path, await recalled(storage)).size() == 2


async def test_switched_off_here_is_switched_off_there_until_it_is_on_again(
    bench: Bench, storage: Storage, tmp_path: Path
) -> None:
    other = Bench(storage, tmp_path)
    await bench.switches.change("site", lambda _: Override(enabled=False))
    await other.switches.follow()
    assert other.size() is None
    assert Bench(storage, tmp_path, await recalled(storage)).size() is None
    await bench.switches.change("site", lambda _: Override())
    await other.switches.follow()
    assert other.size() == 1
    async with storage.read() as session:
        assert await session.overrides.get_all() == {}


async def test_a_change_that_is_refused_leaves_nothing_in_the_database(bench: Bench, storage: Storage) -> None:
    with pytest.raises(ConfigError):
        await bench.switches.change("site", lambda _: Override(settings={"size": "large"}))
    assert (await recalled(storage)).plugins == {}


async def test_a_change_stands_or_falls_with_what_is_written_beside_it(bench: Bench, storage: Storage) -> None:
    with pytest.raises(PermissionError):
        await bench.switches.change("site", lambda _: Override(settings={"size": 2}), lambda: _refusing(storage))
    async with storage.read() as session:
        assert await session.overrides.get_all() == {}
    assert bench.size() == 1


async def test_what_cannot_hold_here_is_tried_once_and_the_old_one_stays(bench: Bench, storage: Storage) -> None:
    # As a newer version of the plugin, on another machine, would write it.
    async with storage.write() as session:
        await session.overrides.set("plugin:site", {"settings": {"colour": "red"}})
    with structlog.testing.capture_logs() as logs:
        await bench.switches.follow()
        await bench.switches.follow()
    assert [log["event"] for log in logs] == ["plugin.change_refused"]
    assert bench.size() == 1


async def test_a_database_that_is_away_for_a_moment_ends_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    async def away_at_first() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise TemporarilyUnavailable("no database")

    monkeypatch.setattr(bench.switches, "follow", away_at_first)
    running = asyncio.create_task(bench.switches.run())
    async with asyncio.timeout(60):
        while looks < 2 and not running.done():
            await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()


async def test_the_command_line_orders_changes_and_the_audit_log_names_it(bench: Bench, storage: Storage) -> None:
    orders = PluginOrders(storage, bench.switches).known
    assert await orders[DISABLE]({"plugin": "site"}) == {"plugin": "site"}
    assert bench.size() is None
    await orders[ENABLE]({"plugin": "site"})
    assert bench.size() == 1
    async with storage.read() as session:
        told = [(entry.actor, entry.action, entry.target) for entry in await session.audit.page(1, 9)]
    assert told == [("system:cli", ENABLE, "plugin:site"), ("system:cli", DISABLE, "plugin:site")]
