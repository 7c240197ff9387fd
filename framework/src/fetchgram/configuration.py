"""Where settings come from: `fetchgram.toml` and the environment over it, checked as a whole."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from fetchgram.errors import ConfigError
from fetchgram.model.plugins import SettingOrigin
from fetchgram.settings import BotSettings, Settings, SettingsModel

S = TypeVar("S", bound=SettingsModel)

ENV_PREFIX = "FETCHGRAM_"
CONFIG_FILE = "fetchgram.toml"
_NOT_SETTINGS = frozenset({"config", "botapi_spec"})
"""Names after the prefix that are read elsewhere: `--config`, and the suite's description of the Bot API."""


def load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file, put the environment over it, and check the whole.

    Args:
        config: Path of the TOML file; `None` takes `fetchgram.toml` of this folder when it is there.
        environ: Usually `os.environ`.

    Raises:
        ConfigError: If the file cannot be read or a value does not fit; never shows a value.
    """
    from_file, from_env = _read_toml(config), _from_env(environ)
    if unknown := list(_unknown_paths(Settings, from_file, ())):
        named = "; ".join(_as_setting(path, near) for path, near in unknown)
        raise ConfigError(f"unknown setting in {str(config or CONFIG_FILE)!r}: {named}")
    if unknown := list(_unknown_paths(Settings, from_env, ())):
        named = "; ".join(_as_variable(path, near) for path, near in unknown)
        raise ConfigError(f"unknown setting in the environment: {named}")
    settings = validate(Settings, _overlay(from_file, from_env), "fetchgram")
    settings.note_origins({SettingOrigin.FILE: from_file, SettingOrigin.ENVIRONMENT: from_env})
    return settings


def validate(kind: type[S], data: Mapping[str, Any], where: str) -> S:
    """Build settings, or say which key is wrong and why.

    Args:
        kind: The model.
        data: What was read.
        where: How the error names the section, as in `plugin.youtube`.

    Raises:
        ConfigError: If a value is missing or does not fit; the value itself is never shown.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_describe(where, dict(problem)) for problem in error.errors(include_input=False, include_url=False)]
        raise ConfigError("; ".join(lines)) from None


def unknown_keys(kind: type[SettingsModel], data: Mapping[str, Any]) -> list[str]:
    """Name the keys that the model does not know, each with the nearest one that it does."""
    found = [(key, _nearest(key, kind)) for key in data if key not in kind.model_fields]
    return [f"{key!r}, did you mean {near!r}?" if near else f"{key!r}" for key, near in found]


def _describe(where: str, problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    path = f"{where}.{key}" if where != "fetchgram" else key
    told = str(problem["msg"]).removeprefix("Value error, ")  # what a validator of ours says is a sentence already
    return f"setting {path!r} ({CONFIG_FILE} or {_variable(path.split('.'))}): {told}"


def _nearest(key: str, kind: type[SettingsModel]) -> str | None:
    return next(iter(difflib.get_close_matches(key, kind.model_fields, n=1)), None)


def _variable(path: Sequence[str]) -> str:
    return ENV_PREFIX + "__".join(path).upper()


def _as_setting(path: tuple[str, ...], near: str | None) -> str:
    section = f" in [{'.'.join(path[:-1])}]" if path[:-1] else ""
    return f"{path[-1]!r}{section}" + (f", did you mean {near!r}?" if near else "")


def _as_variable(path: tuple[str, ...], near: str | None) -> str:
    return _variable(path) + (f", did you mean {_variable((*path[:-1], near))}?" if near else "")


def _read_toml(config: Path | None) -> dict[str, Any]:
    path = config or Path(CONFIG_FILE)
    if config is None and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the configuration {str(path)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {str(path)!r} is not valid TOML: {error}") from error


def _from_env(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sorted(environ.items()):
        path = name.removeprefix(ENV_PREFIX).lower().split("__")
        if not name.startswith(ENV_PREFIX) or path[0] in _NOT_SETTINGS:
            continue
        section = found
        for part in path[:-1]:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                raise ConfigError(f"the environment variable {name!r} contradicts another one")
        section[path[-1]] = value
    return found


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _overlay(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _unknown_paths(
    kind: type[SettingsModel], data: Mapping[str, Any], where: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Find keys that no model knows, each with the nearest one that it does; plugins' own are the loader's affair."""
    for key, value in data.items():
        if key not in kind.model_fields:
            yield (*where, key), _nearest(key, kind)
        elif isinstance(value, Mapping):
            for path, inner in _sections(kind, key, value, where):
                yield from _unknown_paths(inner, value if path == (*where, key) else value[path[-1]], path)


def _sections(
    kind: type[SettingsModel], key: str, value: Mapping[str, Any], where: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], type[SettingsModel]]]:
    inner = kind.model_fields[key].annotation
    if isinstance(inner, type) and issubclass(inner, SettingsModel):
        yield (*where, key), inner
    elif kind is Settings and key == "bots":
        for name, bot in value.items():
            if isinstance(bot, Mapping):
                yield (*where, key, name), BotSettings
