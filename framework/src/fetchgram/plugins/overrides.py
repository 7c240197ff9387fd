"""What admins changed about plugins at run time: kept in the database, laid over the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from fetchgram.model import Json
from fetchgram.settings import Settings

PLUGIN = "plugin:"
"""Keys of rows that may be shown, one for each plugin."""

SECRET = "secret:"  # noqa: S105  # the beginning of a key, no secret
"""Keys of rows with secret settings: apart, so that a copy of the database can leave them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What admins changed about one plugin.

    Args:
        enabled: Whether it is switched on; `None` as the configuration says.
        settings: Over those of the configuration, as JSON.
        secrets: The same for secret ones.
        resumed: How often its pause was ended by hand.
    """

    enabled: bool | None = None
    settings: Mapping[str, Json] = field(default_factory=dict)
    secrets: Mapping[str, Json] = field(default_factory=dict)
    resumed: int = 0

    @property
    def given(self) -> dict[str, Any]:
        """All settings that were changed."""
        return {**self.settings, **self.secrets}

    @property
    def is_change(self) -> bool:
        """Whether anything is other than in the configuration."""
        return self.enabled is not None or bool(self.settings) or bool(self.secrets)

    def with_setting(self, name: str, value: Json, *, is_secret: bool) -> Override:
        """Return one with another value for a setting."""
        kept = self.without(name)
        if is_secret:
            return replace(kept, secrets={**kept.secrets, name: value})
        return replace(kept, settings={**kept.settings, name: value})

    def without(self, name: str) -> Override:
        """Return one whose setting is as in the configuration again."""
        return replace(self, settings=_less(self.settings, name), secrets=_less(self.secrets, name))

    def rows(self, plugin: str) -> dict[str, Json]:
        """Return what is to be kept, by its key; an empty value is not kept."""
        told: dict[str, Json] = {}
        if self.is_change or self.resumed:
            told = {"enabled": self.enabled, "settings": dict(self.settings), "resumed": self.resumed}
        return {f"{PLUGIN}{plugin}": told, f"{SECRET}{plugin}": dict(self.secrets)}


@dataclass(frozen=True, slots=True)
class Overrides:
    """What admins changed about all plugins."""

    plugins: Mapping[str, Override] = field(default_factory=dict)

    @classmethod
    def read(cls, rows: Mapping[str, Json]) -> Overrides:
        """Read the rows of the table of overrides; those of others are not looked at."""
        names = {key.removeprefix(prefix) for key in rows for prefix in (PLUGIN, SECRET) if key.startswith(prefix)}
        return cls({name: _read(rows.get(f"{PLUGIN}{name}"), rows.get(f"{SECRET}{name}")) for name in sorted(names)})

    def of(self, plugin: str) -> Override:
        """Return what was changed about one plugin."""
        return self.plugins.get(plugin, Override())

    def put(self, plugin: str, override: Override) -> Overrides:
        """Return those with another change of one plugin."""
        return Overrides({**self.plugins, plugin: override})

    def is_off(self, plugin: str) -> bool:
        """Whether an admin switched it off."""
        return self.of(plugin).enabled is False

    def over(self, settings: Settings) -> Settings:
        """Lay the changes over the configuration; who is switched off is asked of `is_off`."""
        own = {name: {**settings.plugin.get(name, {}), **each.given} for name, each in self.plugins.items()}
        wanted = settings.plugins
        on = [name for name, each in self.plugins.items() if each.enabled]
        only = (*wanted.only, *(name for name in on if name not in wanted.only)) if wanted.only else ()
        disabled = tuple(name for name in wanted.disabled if name not in on)
        plugins = wanted.model_copy(update={"disabled": disabled, "only": only})
        return settings.model_copy(update={"plugin": {**settings.plugin, **own}, "plugins": plugins})


def _read(told: Json, secrets: Json) -> Override:
    """Read one; what another version wrote in another form is no change."""
    known = told if isinstance(told, dict) else {}
    enabled, settings, resumed = known.get("enabled"), known.get("settings"), known.get("resumed")
    return Override(
        enabled=enabled if isinstance(enabled, bool) else None,
        settings=settings if isinstance(settings, dict) else {},
        secrets=secrets if isinstance(secrets, dict) else {},
        resumed=resumed if isinstance(resumed, int) else 0,
    )


def _less(values: Mapping[str, Json], name: str) -> dict[str, Json]:
    return cast("dict[str, Json]", {key: value for key, value in values.items() if key != name})
