"""The core's own settings, looked at: they hold from a start on, so nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fetchgram.control.authority import Authority
from fetchgram.errors import ConfigError
from fetchgram.logs import redact
from fetchgram.model import Json, Role
from fetchgram.model.plugins import PluginSetting
from fetchgram.plugins.fields import settings_of
from fetchgram.settings import Settings, SettingsModel

GENERAL = "general"
"""What stands above all tables of the file."""
_ELSEWHERE = frozenset({"bots", "plugin"})
"""Tables by name: a section for each bot, and plugins show their own."""


class ConfigurationControl:
    """Implements `ports.Configuration`.

    Args:
        authority: Of whoever looks.
        settings: What holds.
    """

    def __init__(self, authority: Authority, settings: Settings) -> None:
        self._authority = authority
        self._settings = settings

    async def sections(self) -> Sequence[str]:
        """Return the names of the sections, as in the file."""
        async with self._authority.look("settings.read", minimum=Role.VIEWER):
            return [GENERAL, *self._sections()]

    async def of(self, section: str) -> Sequence[PluginSetting]:
        """Return the settings of a section, secrets and passwords in addresses left out."""
        async with self._authority.look("settings.read", minimum=Role.VIEWER):
            """The role is all that is asked."""
        if section == GENERAL:
            inner = {*_ELSEWHERE, *self._sections()}
            return [each for each in self._shown(self._settings, "") if each.name not in inner]
        if section not in self._sections():
            raise ConfigError(f"no section {section!r}")
        return self._shown(self._sections()[section], f"{section}.")

    def _sections(self) -> Mapping[str, SettingsModel]:
        values = {name: getattr(self._settings, name) for name in type(self._settings).model_fields}
        plain = {name: value for name, value in values.items() if isinstance(value, SettingsModel)}
        return plain | {f"bots.{name}": bot for name, bot in self._settings.bots.items()}

    def _shown(self, own: SettingsModel, above: str) -> list[PluginSetting]:
        found = settings_of(type(own), own, ())
        return [
            replace(each, value=_safe(each.value), origin=self._settings.origin(above + each.name)) for each in found
        ]


def _safe(value: Json) -> Json:
    return redact(value) if isinstance(value, str) else value
