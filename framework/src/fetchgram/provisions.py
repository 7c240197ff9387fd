"""What plugins are given, built from the parts that all of them share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from fetchgram.errors import ConfigError, FetchgramError, TemporarilyUnavailable
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.context import CONTROL, PluginContext, Powers, make_data_dir
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import Loaded, packages
from fetchgram.ports import Clock, Context, NotifyAdmins
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


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is one plugin's own."""

    workers: PluginWorkers
    tables: PluginTables


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisions:
    """What the contexts of all plugins are made of, and the workshop of `Switching`; made by `open`."""

    settings: Settings
    clock: Clock
    texts: Texts
    way_out: WayOut
    network: GuardedNetwork
    own: Mapping[str, tuple[WayOut, GuardedNetwork]]
    media: LocalMedia
    database: SharedStorage
    notify_admins: NotifyAdmins
    inspectors: PluginWorkers
    parts: dict[int, _Parts]
    powers: Powers = field(default_factory=Powers)

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
        own = {name: await _own_way_out(settings.network, name, folder, stack) for name in settings.network.proxies}
        given = cls(
            settings=settings,
            clock=clock,
            texts=texts,
            way_out=way_out,
            network=network,
            own=own,
            media=LocalMedia(inspectors, settings.ffmpeg, roof=roof),
            database=database,
            notify_admins=notify_admins,
            inspectors=inspectors,
            parts={},
        )
        stack.push_async_callback(given.close)
        return given

    def context_of(self, name: str, _own: SettingsModel) -> PluginContext:
        """Make what one plugin is given."""
        way_out, network = self.own.get(name, (self.way_out, self.network))
        workers = PluginWorkers(
            name,
            settings=self.settings.work,
            network=network,
            way_out=way_out.address,
            roof=self.settings.data_dir / CHILDREN,
        )
        tables = PluginTables(name, self.database.get)
        context = PluginContext(
            name=name,
            data_dir=make_data_dir(self.settings.data_dir, name),
            clock=self.clock,
            database=tables,
            network=network,
            workers=workers,
            media=self.media,
            texts=self.texts,
            notify_admins=self.notify_admins,
            _powers=self.powers,
        )
        self.parts[id(context)] = _Parts(workers, tables)
        return context

    def provide(self, loaded: Loaded, breaker: Breaker) -> Hooks:
        """Read the sentences of all plugins and what their attributes say, and return what asks them."""
        self.texts.add(packages(loaded.plugins))
        self.inspectors.prepare(PRELOAD)
        for name, context in loaded.contexts.items():
            self.prepare(loaded.plugins[name], context)
        return Hooks(loaded, breaker, self.settings.plugins, self.clock)

    def prepare(self, plugin: object, context: Context | None) -> None:
        """Read what the attributes `preload`, `may_spawn`, `migrations` and `needs` of a plugin say."""
        parts = self.parts.get(id(context))
        if parts is None:
            return
        parts.workers.prepare(
            tuple(getattr(plugin, "preload", ())), may_spawn=bool(getattr(plugin, "may_spawn", False))
        )
        if context is not None and CONTROL in getattr(plugin, "needs", ()):
            self.powers.allow(context.name)
        folder = getattr(plugin, "migrations", None)
        if folder is not None:
            parts.tables.prepare(Path(folder))

    async def migrate(self, hooks: Hooks) -> None:
        """Bring the tables of all plugins up to date; one whose cannot be is failed, the others go on.

        Raises:
            TemporarilyUnavailable: If the database is away, which is no plugin's fault.
        """
        for name, context in hooks.roster.present.contexts.items():
            parts = self.parts.get(id(context))
            if parts is None or not parts.tables.wanted:
                continue
            await self.database.get()
            try:
                await parts.tables.migrated()
            except TemporarilyUnavailable:
                raise
            except FetchgramError as error:
                log.error("plugin.not_migrated", plugin=name, error=str(error), exc_info=error)
                hooks.fail(name, error)

    async def warm(self) -> None:
        """Start the children of all plugins that preload anything."""
        async with asyncio.TaskGroup() as group:
            for workers in (self.inspectors, *(parts.workers for parts in self.parts.values())):
                if workers.preloads:
                    group.create_task(workers.warm())

    async def ready(self, plugin: object, context: Context) -> None:
        """Get a plugin ready that takes the place of another one, or of none.

        Raises:
            FetchgramError: If its tables cannot be brought up to date, or its children do not come up.
        """
        self.texts.add(packages({context.name: plugin}))
        self.prepare(plugin, context)
        parts = self.parts[id(context)]
        if parts.tables.wanted:
            await parts.tables.migrated()
        if parts.workers.preloads:
            await parts.workers.warm()

    async def put_away(self, context: Context) -> None:
        """End the children of a plugin that nobody asks any more."""
        await self.parts.pop(id(context)).workers.close()

    async def close(self) -> None:
        """End all children."""
        for parts in self.parts.values():
            await parts.workers.close()


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


async def _own_way_out(
    settings: NetworkSettings, plugin: str, folder: Path, stack: AsyncExitStack
) -> tuple[WayOut, GuardedNetwork]:
    """Open a filter whose other side is the proxy of one plugin; it refuses what the common one refuses."""
    behind = settings.model_copy(update={"upstream_proxy": settings.proxies[plugin].get_secret_value()})
    way_out = await stack.enter_async_context(_way_out(behind))
    network = GuardedNetwork(way_out.url, ca_file=settings.ca_file, folder=_made(folder / plugin))
    stack.push_async_callback(network.close)
    return way_out, network
