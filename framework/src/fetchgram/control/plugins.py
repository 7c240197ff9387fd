"""Plugins switched on and off, brought back, and given other settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from fetchgram.control.authority import Authority
from fetchgram.errors import ConfigError, FetchgramError, PluginError, PluginLoadError
from fetchgram.logs import redact
from fetchgram.model import Json, Role, text
from fetchgram.model.audit import Facts
from fetchgram.model.plugins import PluginCard, PluginSetting, PluginState, SettingKind
from fetchgram.pipeline.switches import Switches
from fetchgram.plugins.fields import is_secret, settings_of, validated
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.overrides import Override
from fetchgram.plugins.status import PluginStatus
from fetchgram.storage import Session

_DAY = timedelta(days=1)
_HIDDEN = "***"


class PluginsControl:
    """Implements `ports.PluginsField`.

    Args:
        authority: Of whoever acts.
        switches: Let changes hold everywhere.
        hooks: The plugins.
    """

    def __init__(self, authority: Authority, switches: Switches, hooks: Hooks) -> None:
        self._authority = authority
        self._switches = switches
        self._hooks = hooks

    async def list(self) -> Sequence[PluginCard]:
        """Return all plugins in the order of the report."""
        async with self._authority.look("plugin.list", minimum=Role.VIEWER) as session:
            rates = await session.requests.rates(session.now - _DAY)
        return [self._card(row, *rates.get(row.name, (0, 0))) for row in self._hooks.statuses()]

    async def settings(self, plugin: str) -> Sequence[PluginSetting]:
        """Return the settings of a plugin, of one that is switched off too; of secrets only whether there is one."""
        async with self._authority.look("plugin.settings", minimum=Role.VIEWER):
            switching = self._switches.switching
        kind, changed = switching.settings_class(plugin), switching.overrides.of(plugin).given
        return settings_of(kind, switching.own_settings(plugin), changed)

    async def enable(self, plugin: str) -> None:
        """Switch a plugin on; one that failed is tried again."""
        row = await self._changeable("plugin.enable", plugin)
        revive = row.state is PluginState.FAILED

        def edit(known: Override) -> Override:
            return replace(known, enabled=True, resumed=known.resumed + revive)

        await self._change("plugin.enable", plugin, edit, str(row.state), str(PluginState.ACTIVE))

    async def disable(self, plugin: str) -> None:
        """Switch a plugin off; what it is at work with ends."""
        before = str((await self._changeable("plugin.disable", plugin)).state)
        edited = "plugin.disable", plugin, lambda known: replace(known, enabled=False)
        await self._change(*edited, before, str(PluginState.DISABLED))

    async def resume(self, plugin: str) -> None:
        """End the pause of a plugin."""
        before = str((await self._changeable("plugin.resume", plugin)).state)
        edited = "plugin.resume", plugin, lambda known: replace(known, resumed=known.resumed + 1)
        await self._change(*edited, before, str(PluginState.ACTIVE))

    async def set(self, plugin: str, setting: str, value: str | bool | None) -> None:  # noqa: FBT001  # a setting may be one
        """Give a setting another value."""
        await self._check("plugin.set")
        switching = self._switches.switching
        kind, hidden = switching.settings_class(plugin), is_secret(switching.settings_class(plugin), setting)
        given = switching.given(plugin)
        new = validated(kind, given, setting, value)
        before: Json = _HIDDEN if hidden else _shown(await self.settings(plugin), setting)
        await self._change(
            "plugin.set",
            plugin,
            lambda known: known.with_setting(setting, new, is_secret=hidden),
            {setting: before},
            {setting: _HIDDEN if hidden else new},
        )

    async def reset(self, plugin: str, setting: str) -> None:
        """Let a setting be as in the configuration again."""
        await self._check("plugin.reset")
        hidden = is_secret(self._switches.switching.settings_class(plugin), setting)
        before: Json = _HIDDEN if hidden else _shown(await self.settings(plugin), setting)
        await self._change("plugin.reset", plugin, lambda known: known.without(setting), {setting: before}, None)

    async def _change(
        self, action: str, plugin: str, edit: Callable[[Override], Override], before: Facts, after: Facts
    ) -> None:
        def within() -> AbstractAsyncContextManager[Session]:
            return self._audited(action, plugin, before, after)

        try:
            await self._switches.change(plugin, edit, within)
        except (PluginError, PluginLoadError) as error:
            raise _told(plugin, error) from error
        except ConfigError as error:
            raise (error if error.told else _told(plugin, error)) from error

    async def _changeable(self, action: str, plugin: str) -> PluginStatus:
        await self._check(action)
        return self._row(plugin)

    async def _check(self, action: str) -> None:
        """Ask for the role before anything is looked up or built: whoever may not do it learns and costs nothing."""
        async with self._authority.look(action, minimum=Role.ADMIN):
            """The role is all that is asked."""

    @asynccontextmanager
    async def _audited(self, action: str, plugin: str, before: Facts, after: Facts) -> AsyncIterator[Session]:
        async with self._authority.change(action, f"plugin:{plugin}", minimum=Role.ADMIN) as change:
            change.before, change.after = before, after
            yield change.session

    def _row(self, plugin: str) -> PluginStatus:
        found = next((row for row in self._hooks.statuses() if row.name == plugin), None)
        if found is None:
            raise ConfigError(f"no plugin {plugin!r}", told=text("error-plugin-missing", plugin=plugin))
        return found

    def _card(self, row: PluginStatus, done: int, failed: int) -> PluginCard:
        return PluginCard(
            name=row.name,
            version=row.version,
            state=row.state,
            error=None if row.error is None else redact(row.error),
            hooks=row.hooks,
            changed=row.changed,
            pending=row.pending,
            builtin=row.builtin,
            replaceable=self._switches.switching.replaceable(row.name),
            done=done,
            failed=failed,
        )


def _shown(settings: Sequence[PluginSetting], name: str) -> Json:
    found = next((each for each in settings if each.name == name), None)
    return None if found is None or found.kind is SettingKind.SECRET else found.value


def _told(plugin: str, error: FetchgramError) -> ConfigError:
    """Say why a change does not hold, to an admin, who may know the reason."""
    reason = redact(str(error))
    return ConfigError(str(error), told=text("error-plugin-not-changed", plugin=plugin, reason=reason))
