from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fetchgram.api import Event, PluginDatabase
from fetchgram.plugins.loader import packages
from fetchgram.storage import PluginTables, SharedStorage
from fetchgram.testing import FakeClock, FakeContext, FakeNotifyAdmins, open_database
from fetchgram.texts import Texts
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.plugin import Plugin
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import Summing

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The plugin over a real database, and what it was given."""

    plugin: Plugin
    context: FakeContext
    settings: Settings
    clock: FakeClock
    admins: FakeNotifyAdmins

    @property
    def database(self) -> PluginDatabase:
        return self.context.database

    @property
    def summing(self) -> Summing:
        return Summing(self.database, Place(self.settings.timezone))

    @property
    def painter(self) -> Painter:
        return Painter(self.context, self.settings, self.summing)

    async def tell(self, *events: Event) -> None:
        async with self.database.write() as transaction:
            await self.plugin.on_events(events, transaction)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the plugin's tables, to be copied: making one takes a while."""
    folder = tmp_path_factory.mktemp("analytics")

    async def make() -> None:
        async with open_database("analytics", folder, Plugin.migrations):
            pass

    asyncio.run(make())
    return folder


@asynccontextmanager
async def open_desk(template: Path, folder: Path, settings: Settings) -> AsyncIterator[Desk]:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    async with open_database("analytics", folder, Plugin.migrations) as database:
        yield desk_over(database, folder, settings)


def desk_over(database: PluginDatabase, folder: Path, settings: Settings) -> Desk:
    clock, admins, texts = FakeClock(NOW), FakeNotifyAdmins(), Texts.load()
    context = FakeContext(
        name="analytics", data_dir=folder, database=database, clock=clock, texts=texts, notify_admins=admins
    )
    plugin = Plugin(settings, context)
    texts.add(packages({"analytics": plugin}))
    return Desk(plugin, context, settings, clock, admins)


@pytest.fixture
async def desk(template: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(template, tmp_path / "desk", Settings(timezone="Europe/Berlin")) as opened:
        yield opened


@pytest.fixture
async def shared_desk(tmp_path: Path, migrated_url: str | None) -> AsyncIterator[Desk]:
    """The same over both engines."""
    shared = SharedStorage(migrated_url, tmp_path)
    tables = PluginTables("analytics", shared.get)
    tables.prepare(Plugin.migrations)
    yield desk_over(tables, tmp_path / "desk", Settings(timezone="Europe/Berlin"))
    await shared.close()
