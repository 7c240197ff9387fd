"""What plugins are given, built from the parts that all of them share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from fetchgram.errors import ConfigError, FetchgramError
from fetchgram.plugins.context import PluginContext, make_data_dir
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.settings import NetworkSettings, Settings, SettingsModel
from fetchgram.storage import PluginTables, SharedStorage
from fetchgram.texts import Texts
from fetchgram.workers import homes
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import PRELOAD, LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.plugin_workers import PluginWorkers

log = structlog.get_logger()

CHILDREN = "children"
"""Folder of the children's temporary homes, in the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisions:
    """What the contexts of all plugins are made of; made by `open`."""

    settings: Settings
    clock: Clock
    texts: Texts
    way_out: WayOut
    network: GuardedNetwork
    media: LocalMedia
    stack: AsyncExitStack
    database: SharedStorage
    notify_admins: NotifyAdmins
    workers: dict[str, PluginWorkers]
    tables: dict[str, PluginTables]

    @classmethod
    async def open(
        cls,
        settings: Settings,
        clock: Clock,
        texts: Texts,
        stack: AsyncExitStack,
        database: SharedStorage,
        notify_admins: NotifyAdmins,
    ) -> Provisions:
        """Open what all plugins share; the stack closes it."""
        way_out = await stack.enter_async_context(_way_out(settings.network))
        folder = _made(settings.data_dir / "network")
        network = GuardedNetwork(way_out.url, ca_file=settings.network.ca_file, folder=folder)
        stack.push_async_callback(network.close)
        roof = _made(settings.data_dir / CHILDREN)
        await asyncio.to_thread(homes.sweep, roof)
        inspectors = PluginWorkers("media", settings=settings.work, roof=roof)
        stack.push_async_callback(inspectors.close)
        return cls(
            settings=settings,
            clock=clock,
            texts=texts,
            way_out=way_out,
            network=network,
            media=LocalMedia(inspectors, settings.ffmpeg),
            stack=stack,
            database=database,
            notify_admins=notify_admins,
            workers={"media": inspectors},
            tables={},
        )

    def context_of(self, name: str, _own: SettingsModel) -> PluginContext:
        """Make what one plugin is given."""
        workers = PluginWorkers(
            name,
            settings=self.settings.work,
            network=self.network,
            way_out=self.way_out.address,
            roof=self.settings.data_dir / CHILDREN,
        )
        self.workers[name] = workers
        self.stack.push_async_callback(workers.close)
        self.tables[name] = tables = PluginTables(name, self.database.get)
        return PluginContext(
            name=name,
            data_dir=make_data_dir(self.settings.data_dir, name),
            clock=self.clock,
            database=tables,
            network=self.network,
            workers=workers,
            media=self.media,
            texts=self.texts,
            notify_admins=self.notify_admins,
        )

    def prepare(self, plugins: Mapping[str, object]) -> None:
        """Read what the attributes `preload`, `may_spawn` and `migrations` of each plugin say."""
        self.workers["media"].prepare(PRELOAD)
        for name, plugin in plugins.items():
            if name in self.workers:
                may_spawn = bool(getattr(plugin, "may_spawn", False))
                self.workers[name].prepare(tuple(getattr(plugin, "preload", ())), may_spawn=may_spawn)
            folder = getattr(plugin, "migrations", None)
            if name in self.tables and folder is not None:
                self.tables[name].prepare(Path(folder))

    async def migrate(self, hooks: Hooks) -> None:
        """Bring the tables of all plugins up to date; one whose cannot be is failed, the others go on."""
        for name, tables in self.tables.items():
            if not tables.wanted:
                continue
            await self.database.get()
            try:
                await tables.migrated()
            except FetchgramError as error:
                log.error("plugin.not_migrated", plugin=name, error=str(error), exc_info=error)
                hooks.fail(name, error)

    async def warm(self) -> None:
        """Start the children of all plugins that preload anything."""
        async with asyncio.TaskGroup() as group:
            for workers in self.workers.values():
                if workers.preloads:
                    group.create_task(workers.warm())


def _made(path: Path) -> Path:
    """Make a folder in the data folder.

    Raises:
        ConfigError: If that is not possible.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder {str(path)!r} cannot be made: {error.strerror}. Set `data_dir` (or FETCHGRAM_DATA_DIR) to a "
            "folder that may be written to; everything needs it"
        ) from error
    return path


def _way_out(settings: NetworkSettings) -> WayOut:
    try:
        return WayOut(settings)
    except ValueError as error:
        raise ConfigError(f"[network] {error}; without it nothing can be downloaded") from error
