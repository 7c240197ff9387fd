"""Settings as they may be shown: every name and value, no secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from fetchgram.logs import redact
from fetchgram.model import Json
from fetchgram.plugins.overrides import Overrides
from fetchgram.settings import Settings, SettingsModel

_UNREAD = "(not read: the plugin is not loaded)"
"""In place of values that may be secrets: which ones are, only the plugin's own model knows."""


def shown(settings: Settings, own: Mapping[str, SettingsModel]) -> dict[str, Json]:
    """Return the settings as JSON.

    Args:
        settings: Of the core.
        own: Of each plugin that was loaded.
    """
    values = cast("dict[str, Json]", settings.model_dump(mode="json", exclude={"plugin"}))
    plugins: dict[str, Json] = {name: _UNREAD for name in settings.plugin if name not in own}
    plugins |= {name: model.model_dump(mode="json") for name, model in own.items()}
    return cast("dict[str, Json]", _redacted({**values, "plugin": plugins}))


def table(
    settings: Settings, own: Mapping[str, SettingsModel], overrides: Overrides | None = None
) -> list[tuple[str, str, str]]:
    """Return rows of name, value and meaning; what admins changed is marked."""
    rows = list(_rows(settings, shown(settings, own), ""))
    for name, model in own.items():
        rows += _rows(model, cast("dict[str, Json]", shown(settings, own)["plugin"])[name], f"plugin.{name}.")
    rows += [(f"plugin.{name}", _UNREAD, "") for name in settings.plugin if name not in own]
    changed = {
        f"plugin.{name}.{key}" for name, each in (overrides or Overrides()).plugins.items() for key in each.given
    }
    return [(name, f"{value} (by an admin)" if name in changed else value, told) for name, value, told in rows]


def _rows(model: SettingsModel, values: Json, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        plain = cast("dict[str, Json]", values)[name]
        if isinstance(value, SettingsModel):
            yield from _rows(value, plain, f"{prefix}{name}.")
        elif isinstance(value, Mapping) and any(isinstance(item, SettingsModel) for item in value.values()):
            for key, item in value.items():
                yield from _rows(item, cast("dict[str, Json]", plain)[key], f"{prefix}{name}.{key}.")
        elif not (isinstance(model, Settings) and name == "plugin"):
            yield (f"{prefix}{name}", _short(plain), field.description or "")


def _short(value: Json) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _redacted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    return redact(value) if isinstance(value, str) else value
