"""Checks requests and answers against Telegram's published description of the Bot API."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import cast

from fetchgram_sandbox.objects import Json

VARIABLE = "FETCHGRAM_BOTAPI_SPEC"
_ARRAY_OF = "Array of "
_SIMPLE: Mapping[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
}
# Parameters of Bot API 10.2 and 10.3 (ephemeral messages) that a description of 10.1 cannot know.
_NEWER_PARAMETERS = frozenset({"ephemeral_message_parameters", "receiver_user_id", "callback_query_id"})
# A right that Bot API 10.3 made mandatory in answers.
_NEWER_FIELDS = frozenset({"can_send_welcome_messages"})


class Description:
    """The published methods and types, and what was found to disagree with them.

    Args:
        source: `{"methods": {name: {"fields", "returns"}}, "types": {name: {"fields", "subtypes"}}}`.
    """

    def __init__(self, source: Json) -> None:
        self._methods = cast("dict[str, Json]", source["methods"])
        self._types = cast("dict[str, Json]", source["types"])

    @classmethod
    def from_environment(cls) -> Description | None:
        """Load the file that `FETCHGRAM_BOTAPI_SPEC` names; without it nothing is checked."""
        path = os.environ.get(VARIABLE)
        return cls(json.loads(Path(path).read_text(encoding="utf-8"))) if path else None

    def request_problems(self, method: str, names: Collection[str]) -> list[str]:
        """Return what is wrong with the parameter names of a call."""
        known = self._methods.get(method)
        if known is None:
            return [f"{method} is no method of the published description"]
        fields = {str(field["name"]): bool(field["required"]) for field in _fields(known)}
        unknown = sorted(set(names) - fields.keys() - _NEWER_PARAMETERS)
        missing = sorted(name for name, is_required in fields.items() if is_required and name not in names)
        return [f"{method}: unknown parameter {name!r}" for name in unknown] + [
            f"{method}: required parameter {name!r} is missing" for name in missing
        ]

    def response_problems(self, method: str, value: object) -> list[str]:
        """Return what is wrong with the result of a call."""
        known = self._methods.get(method)
        if known is None:
            return []
        return _best([self._match(kind, value, method) for kind in cast("list[str]", known["returns"])])

    def object_problems(self, kind: str, value: object) -> list[str]:
        """Return what is wrong with an object of a published type."""
        return self._match(kind, value, kind)

    def _match(self, kind: str, value: object, where: str) -> list[str]:
        if kind.startswith(_ARRAY_OF):
            return self._match_array(kind.removeprefix(_ARRAY_OF), value, where)
        if kind in _SIMPLE:
            fits = isinstance(value, _SIMPLE[kind]) and (bool in _SIMPLE[kind] or not isinstance(value, bool))
            return [] if fits else [f"{where}: {value!r} is no {kind}"]
        published = self._types[kind]
        if subtypes := cast("list[str] | None", published.get("subtypes")):
            return _best([self._match(subtype, value, where) for subtype in subtypes])
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no {kind}"]
        return self._match_fields(kind, _fields(published), value, where)

    def _match_array(self, kind: str, value: object, where: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no array"]
        return [problem for index, item in enumerate(value) for problem in self._match(kind, item, f"{where}[{index}]")]

    def _match_fields(self, kind: str, fields: list[Json], value: Json, where: str) -> list[str]:
        known = {str(field["name"]): field for field in fields}
        problems = [
            f"{where}.{name}: not a field of {kind}"
            for name in value
            if name not in known and name not in _NEWER_FIELDS
        ]
        for name, field in known.items():
            if name in value:
                alternatives = cast("list[str]", field["types"])
                problems += _best([self._match(option, value[name], f"{where}.{name}") for option in alternatives])
            elif field["required"]:
                problems.append(f"{where}: {kind} lacks {name}")
        return problems


def _fields(published: Json) -> list[Json]:
    return cast("list[Json]", published.get("fields") or [])


def _best(alternatives: list[list[str]]) -> list[str]:
    return min(alternatives, key=len) if alternatives else []
