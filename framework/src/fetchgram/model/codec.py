"""The JSON form of the words: versioned, typed, and kind to fields that a newer version wrote."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import ClassVar, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What crosses a process or rests in the database."""

VERSION = 1
_VERSION_KEY = "$v"
_TAG_KEY = "$is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Base of everything that travels; `unknown` keeps the fields of a newer version through a round trip."""

    TAGGED: ClassVar[bool] = False
    """Whether the JSON form names its class, as members of a union must."""

    unknown: Mapping[str, Json] = field(default_factory=dict, repr=False, hash=False)


W = TypeVar("W")


def encode(word: Word) -> dict[str, Json]:
    """Turn a word into a JSON object that `decode` reads back."""
    return {_VERSION_KEY: VERSION, **_encode_word(word)}


def decode(kind: type[W], data: Mapping[str, Json]) -> W:
    """Build a word (or a member of a union of words) from its JSON object.

    Raises:
        ValueError: If the object is of a later, incompatible version or does not fit the type.
    """
    version = data.get(_VERSION_KEY, VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise ValueError(f"{kind!r} of version {version!r} cannot be read, {VERSION} is the newest known")
    return cast("W", _decode(kind, {key: value for key, value in data.items() if key != _VERSION_KEY}))


def _encode_word(word: Word) -> dict[str, Json]:
    known = {f.name: _encode(getattr(word, f.name)) for f in fields(word) if f.name != "unknown"}
    tag: dict[str, Json] = {_TAG_KEY: type(word).__name__} if word.TAGGED else {}
    return {**word.unknown, **tag, **known}


def _encode(value: object) -> Json:
    if isinstance(value, Word):
        return _encode_word(value)
    if isinstance(value, Enum):
        return cast("Json", value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return _encode_plain(value)


def _encode_plain(value: object) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _encode(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_encode(item) for item in value]
    raise ValueError(f"{type(value).__name__!r} has no JSON form")


def _decode(hint: object, value: Json) -> object:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"a list was expected, not {value!r}")
        return tuple(_decode(get_args(hint)[0], item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise ValueError(f"an object was expected, not {value!r}")
        return {key: _decode(get_args(hint)[1], item) for key, item in value.items()}
    return _decode_scalar(hint, value)


def _decode_scalar(hint: object, value: Json) -> object:
    if isinstance(hint, type) and is_dataclass(hint):
        return _decode_word(hint, value)
    if isinstance(hint, type) and issubclass(hint, datetime):
        return datetime.fromisoformat(str(value))
    if isinstance(hint, type) and issubclass(hint, Enum | Path):
        return hint(value)  # type: ignore[arg-type]  # Enum and Path both take the JSON value
    if hint is float and isinstance(value, int):
        return float(value)
    if isinstance(hint, type) and hint is not object and not isinstance(value, hint):
        raise ValueError(f"{hint.__name__} was expected, not {value!r}")
    return value


def _decode_union(options: tuple[object, ...], value: Json) -> object:
    if value is None and types.NoneType in options:
        return None
    rest = [option for option in options if option is not types.NoneType]
    if isinstance(value, dict) and _TAG_KEY in value:
        tagged = {option.__name__: option for option in rest if isinstance(option, type)}
        if value[_TAG_KEY] not in tagged:
            raise ValueError(f"{value[_TAG_KEY]!r} is none of {', '.join(sorted(tagged))}")
        return _decode(tagged[str(value[_TAG_KEY])], value)
    for option in rest:
        if not isinstance(option, type) or is_dataclass(option) or isinstance(value, option):
            return _decode(option, value)
    return _decode(rest[0], value)


def _decode_word(kind: type, value: Json) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"an object for {kind.__name__} was expected, not {value!r}")
    hints = _hints(kind)
    known = {name: _decode(hints[name], item) for name, item in value.items() if name in hints}
    unknown = {name: item for name, item in value.items() if name not in hints and name != _TAG_KEY}
    try:
        return kind(**known, unknown=unknown)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} cannot be read: {error}") from error


@cache
def _hints(kind: type) -> dict[str, object]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind) if f.name != "unknown"}
