"""Plugins switched on and off, and replaced by ones with other settings, while everything runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from fetchgram.configuration import unknown_keys, validate
from fetchgram.errors import ConfigError, FetchgramError, PluginLoadError
from fetchgram.model import text
from fetchgram.plugins.checks import near, settings_class
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import renew
from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.plugins.sources import Source
from fetchgram.plugins.status import Loaded, PluginState
from fetchgram.ports import Context
from fetchgram.settings import Settings, SettingsModel

log = structlog.get_logger()


class Workshop(Protocol):
    """What plugins are given, made and put away by the composition root."""

    def context_of(self, name: str, own: SettingsModel) -> Context:
        """Make what a plugin is given."""
        ...

    async def ready(self, plugin: object, context: Context) -> None:
        """Bring a plugin's tables up to date, start its children, read its sentences.

        Raises:
            FetchgramError: If that does not work.
        """
        ...

    async def put_away(self, context: Context) -> None:
        """End the children of a plugin."""
        ...


async def _nothing() -> None:
    """Keep nothing: somebody else did."""


@dataclass(frozen=True, slots=True, eq=False)
class _Retired:
    """A plugin that is not asked any more, though something may still be at work with it."""

    name: str
    loaded: Loaded


class Switching:
    """Changes plugins: the new one is ready before the old one goes, and the old one stays if it is not.

    One change at a time; the caller sees to that.

    Args:
        hooks: The plugins.
        settings: Of everything, from the configuration.
        overrides: What admins had changed at the start.
        workshop: Makes what plugins are given.
    """

    def __init__(self, *, hooks: Hooks, settings: Settings, overrides: Overrides, workshop: Workshop) -> None:
        self._hooks = hooks
        self._settings = settings
        self._workshop = workshop
        self._retired: asyncio.Queue[_Retired] = asyncio.Queue()
        self._leaving: list[_Retired] = []
        self.overrides = overrides

    async def change(self, name: str, override: Override, keep: Callable[[], Awaitable[object]] = _nothing) -> None:
        """Let a change hold: what begins from now on gets the new plugin, what runs ends with the old one.

        Args:
            name: Of the plugin.
            override: All that is changed about it.
            keep: Writes the change down; called when the new plugin is ready, and nothing holds if it raises.

        Raises:
            ConfigError: If a setting does not fit, or the plugin is a part of the core that cannot be switched off.
            PluginLoadError: If there is none of this name, or the new one cannot be built or started.
        """
        known, wanted = self.overrides.of(name), self.overrides.put(name, override)
        source = self._source(name)
        if override.given != known.given:
            self._check_settings(source, wanted)
        if replace(known, resumed=override.resumed) == override and not self._has_failed(name):
            await keep()
            self._hooks.breaker.resume(name)
        elif not self.replaceable(name):
            _refuse_core(source, wanted)
            await keep()
            self._mark_pending(name)
        else:
            await self._replace(source, wanted, keep)
        self.overrides = wanted
        log.info("plugin.changed", plugin=name, enabled=override.enabled, settings=sorted(override.given))

    def replaceable(self, name: str) -> bool:
        """Whether changes of this plugin hold at once; otherwise after a restart."""
        source = self._source(name)
        plugin = self._hooks.roster.present.plugins.get(name)
        kind = type(plugin) if plugin is not None else self._hooks.roster.present.off.get(name)
        return not source.builtin and bool(getattr(kind, "replaceable", True))

    def settings_class(self, name: str) -> type[SettingsModel]:
        """Return the class of a plugin's settings.

        Raises:
            PluginLoadError: If there is none of this name, or its code cannot be imported.
        """
        return _settings_class(self._source(name))

    def own_settings(self, name: str, overrides: Overrides | None = None) -> SettingsModel:
        """Return a plugin's settings, of one that is switched off too.

        Raises:
            ConfigError: If they do not fit.
            PluginLoadError: If there is none of this name, or its code cannot be imported.
        """
        given = (overrides or self.overrides).over(self._settings).plugin.get(name, {})
        return validate(self.settings_class(name), given, f"plugin.{name}")

    def given(self, name: str) -> Mapping[str, Any]:
        """Return the settings that are given to a plugin, by the configuration and by admins."""
        return self.overrides.over(self._settings).plugin.get(name, {})

    async def run(self) -> None:
        """Put away what nobody uses any more, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                retired = await self._retired.get()
                group.create_task(self._see_off(retired))

    async def shutdown(self) -> None:
        """Let all plugins close their resources: those that were replaced and were still at work, then the others."""
        await self.close()
        await self._hooks.shutdown()

    async def close(self) -> None:
        """Put away what was still at work at the end."""
        for retired in list(self._leaving):
            await self._put_away(retired)

    def _has_failed(self, name: str) -> bool:
        rows = self._hooks.statuses()
        return any(row.name == name and row.state is PluginState.FAILED for row in rows)

    def _source(self, name: str) -> Source:
        sources = self._hooks.roster.present.sources
        if name not in sources:
            raise PluginLoadError(f"no plugin {name!r} is installed{near(name, sources)}")
        return sources[name]

    async def _replace(self, source: Source, wanted: Overrides, keep: Callable[[], Awaitable[object]]) -> None:
        name, before, made = source.name, self._hooks.roster.present, list[Context]()

        def make(plugin: str, own: SettingsModel) -> Context:
            made.append(self._workshop.context_of(plugin, own))
            return made[-1]

        try:
            after = renew(before, name, self._settings, make, wanted)
            if made:
                await self._workshop.ready(after.plugins[name], made[0])
                await self._hooks.start(after, name)
            await self._keep_or_stop(after, name, keep)
        except BaseException:
            for context in made:
                await self._workshop.put_away(context)
            raise
        self._hooks.roster.put(after)
        self._hooks.breaker.forget(name)
        if name in before.plugins:
            retired = _Retired(name, before)
            self._leaving.append(retired)
            self._retired.put_nowait(retired)

    async def _keep_or_stop(self, after: Loaded, name: str, keep: Callable[[], Awaitable[object]]) -> None:
        try:
            await keep()
        except BaseException:
            # It has opened its resources already.
            await self._hooks.stop(after, name)
            raise

    async def _see_off(self, retired: _Retired) -> None:
        await self._hooks.roster.unused(retired.loaded.plugins[retired.name])
        await self._put_away(retired)

    async def _put_away(self, retired: _Retired) -> None:
        if retired not in self._leaving:
            return
        self._leaving.remove(retired)
        await self._hooks.stop(retired.loaded, retired.name)
        context = retired.loaded.contexts[retired.name]
        if context is not None:
            await self._workshop.put_away(context)
        log.info("plugin.put_away", plugin=retired.name)

    def _check_settings(self, source: Source, wanted: Overrides) -> None:
        """Refuse what would not hold after a restart either."""
        if unknown := unknown_keys(_settings_class(source), wanted.of(source.name).given):
            raise ConfigError(f"unknown setting in [plugin.{source.name}]: {', '.join(unknown)}")
        self.own_settings(source.name, wanted)

    def _mark_pending(self, name: str) -> None:
        loaded = self._hooks.roster.present
        rows = tuple(replace(row, pending=True, changed=True) if row.name == name else row for row in loaded.statuses)
        self._hooks.roster.put(replace(loaded, statuses=rows))


def _refuse_core(source: Source, wanted: Overrides) -> None:
    if source.builtin and wanted.is_off(source.name):
        raise ConfigError(
            f"{source.name!r} is a part of the core, it cannot be switched off",
            told=text("error-plugin-core", plugin=source.name),
        )


def _settings_class(source: Source) -> type[SettingsModel]:
    try:
        return settings_class(source.resolve())
    except FetchgramError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginLoadError(f"{type(error).__name__}: {error}") from error
