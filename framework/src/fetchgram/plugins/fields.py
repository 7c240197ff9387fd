"""A plugin's settings as people may look at and change them, read from its pydantic model."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from pydantic import ByteSize, SecretBytes, SecretStr, ValidationError

from fetchgram.errors import ConfigError
from fetchgram.model import Json, text
from fetchgram.model.plugins import PluginSetting, SettingKind
from fetchgram.settings import SettingsModel, split_list

_PLAIN = (str, int, float, ByteSize)
_KINDS: Mapping[object, SettingKind] = {
    bool: SettingKind.FLAG,
    ByteSize: SettingKind.SIZE,
    int: SettingKind.NUMBER,
    float: SettingKind.NUMBER,
    SecretStr: SettingKind.SECRET,
    SecretBytes: SettingKind.SECRET,
    str: SettingKind.TEXT,
}


def settings_of(kind: type[SettingsModel], own: SettingsModel, changed: Collection[str]) -> tuple[PluginSetting, ...]:
    """Describe all settings of a plugin, in their order.

    Args:
        kind: Its model.
        own: What holds.
        changed: Names of those that an admin changed.
    """
    schema, values = kind.model_json_schema()["properties"], own.model_dump(mode="json")
    defaults = kind.model_construct().model_dump(mode="json", warnings=False)
    return tuple(
        _setting(kind, name, schema[name], values[name], defaults.get(name), is_changed=name in changed)
        for name in kind.model_fields
    )


def is_secret(kind: type[SettingsModel], name: str) -> bool:
    """Whether a setting must never be shown."""
    field = kind.model_fields.get(name)
    return field is not None and _kind_of(field.annotation) is SettingKind.SECRET


def validated(
    kind: type[SettingsModel],
    given: Mapping[str, Any],
    name: str,
    typed: str | bool | None,  # noqa: FBT001  # a setting may be one
) -> Json:
    """Check a new value against the whole model and return it as JSON.

    Args:
        kind: The plugin's model.
        given: All settings that are given now.
        name: Of the setting.
        typed: What a person typed or picked; `None` for no value.

    Raises:
        ConfigError: If it does not fit; told in one sentence, without the value.
    """
    field = kind.model_fields.get(name)
    if field is None or _kind_of(field.annotation) is SettingKind.FIXED:
        told = text("error-setting-fixed", setting=name)
        raise ConfigError(f"{name!r} can be set in the configuration only", told=told)
    shape = _kind_of(field.annotation)
    value = split_list(typed) if shape is SettingKind.LIST else typed
    try:
        own = kind.model_validate({**given, name: value})
    except ValidationError as error:
        reason = _reason(error, name)
        raise ConfigError(f"{name!r}: {reason}", told=text("error-setting", setting=name, reason=reason)) from None
    return typed if shape is SettingKind.SECRET else cast("Json", own.model_dump(mode="json")[name])


def _setting(
    kind: type[SettingsModel], name: str, schema: Mapping[str, Any], value: Json, default: Json, *, is_changed: bool
) -> PluginSetting:
    annotation = kind.model_fields[name].annotation
    shape = _kind_of(annotation)
    hidden = shape is SettingKind.SECRET
    if shape is SettingKind.LIST and ByteSize in typing.get_args(_without_none(annotation)):
        value, default = _as_sizes(value), _as_sizes(default)
    return PluginSetting(
        name=name,
        description=kind.model_fields[name].description or "",
        kind=shape,
        value=value is not None if hidden else value,
        default=None if hidden else default,
        choices=_choices(annotation),
        minimum=_bound(schema, "minimum", "exclusiveMinimum"),
        maximum=_bound(schema, "maximum", "exclusiveMaximum"),
        optional=type(None) in typing.get_args(annotation),
        changed=is_changed,
    )


def _as_sizes(values: Json) -> Json:
    """Return sizes in a form in which they can be typed again."""
    sizes = values if isinstance(values, list) else []
    return [ByteSize(size).human_readable(decimal=True) for size in sizes if isinstance(size, int)]


def _kind_of(annotation: object) -> SettingKind:
    inner = _without_none(annotation)
    if _choices(inner):
        return SettingKind.CHOICE
    known = next((kind for plain, kind in _KINDS.items() if inner is plain), None)
    if known is not None:
        return known
    items = [item for item in typing.get_args(inner) if item is not Ellipsis]
    is_row = typing.get_origin(inner) in (tuple, list, set, frozenset, Sequence)
    return SettingKind.LIST if is_row and items and all(item in _PLAIN for item in items) else SettingKind.FIXED


def _choices(annotation: object) -> tuple[str, ...]:
    inner = _without_none(annotation)
    if typing.get_origin(inner) is typing.Literal:
        return tuple(str(value) for value in typing.get_args(inner))
    return tuple(str(each.value) for each in inner) if isinstance(inner, type) and issubclass(inner, Enum) else ()


def _without_none(annotation: object) -> object:
    """Return `X` of `X | None`; other unions have no form for people."""
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return annotation
    rest = [part for part in typing.get_args(annotation) if part is not type(None)]
    return rest[0] if len(rest) == 1 else annotation


def _bound(schema: Mapping[str, Any], *names: str) -> float | None:
    return next((float(part[name]) for part in _parts(schema) for name in names if name in part), None)


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    yield from schema.get("anyOf", ())


def _reason(error: ValidationError, name: str) -> str:
    """Return what pydantic says of this setting first, else of the whole; never shows a value."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    mine = [problem for problem in problems if problem["loc"][:1] == (name,)] or problems
    told = mine[0]["msg"].removeprefix("Value error, ")
    return told[:1].lower() + told[1:]
