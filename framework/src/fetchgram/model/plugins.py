"""What admins see of plugins and their settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fetchgram.model.codec import Json


class PluginState(StrEnum):
    """How a plugin is."""

    ACTIVE = "active"
    DISABLED = "disabled"
    FAILED = "failed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCard:
    """A plugin, as it is now.

    Args:
        name: Of its entry point.
        version: Of its distribution; empty when unknown.
        state: How it is.
        error: Why it failed or is paused.
        hooks: What it takes part in.
        changed: Whether an admin changed anything about it.
        pending: Whether what was changed holds after a restart only.
        builtin: Whether it is a part of the core, which cannot be switched off.
        replaceable: Whether changes hold at once.
        done: Wishes for its links that were fulfilled in the last day.
        failed: Those that were not.
    """

    name: str
    version: str
    state: PluginState
    error: str | None
    hooks: tuple[str, ...]
    changed: bool
    pending: bool
    builtin: bool
    replaceable: bool
    done: int = 0
    failed: int = 0


class SettingKind(StrEnum):
    """How a setting is changed."""

    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    SIZE = "size"
    TEXT = "text"
    LIST = "list"
    SECRET = "secret"  # noqa: S105  # the name of a kind
    FIXED = "fixed"
    """In the configuration only: paths of this machine, and what has no form in a line."""


class SettingOrigin(StrEnum):
    """Where a value was given."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSetting:
    """A setting of a plugin, or of the core.

    Args:
        name: Of the field.
        description: In English, as the plugin's author wrote it.
        kind: How it is changed.
        value: What holds now; of a secret only whether there is one.
        default: What the plugin says.
        choices: Of `choice`.
        minimum: Least number.
        maximum: Greatest number.
        optional: Whether it may be without a value.
        changed: Whether an admin changed it.
        origin: Where the value was given; of the core's only.
    """

    name: str
    description: str
    kind: SettingKind
    value: Json
    default: Json
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False
    changed: bool = False
    origin: SettingOrigin = SettingOrigin.DEFAULT

    @property
    def zero(self) -> str | None:
        """What 0 means, where the description ends by saying so, as in `Jobs in an hour; 0: any number.`."""
        meaning = re.search(r"\b0: (.+?)\.?$", self.description)
        return meaning[1] if meaning else None
