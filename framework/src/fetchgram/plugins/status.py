"""What is known of each plugin: one row per plugin, the same everywhere it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pluggy

from fetchgram.settings import SettingsModel


class PluginState(StrEnum):
    """How a plugin is."""

    ACTIVE = "active"
    DISABLED = "disabled"
    FAILED = "failed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """One row of the plugin report.

    Args:
        name: Of the plugin, which is the name of its entry point.
        version: Of its distribution; empty when unknown.
        distribution: Where it comes from; empty when unknown.
        state: How it is.
        hooks: Hooks that it implements, sorted; empty unless it was loaded.
        error: Why it failed or is paused.
    """

    name: str
    version: str
    distribution: str
    state: PluginState
    hooks: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of loading.

    Args:
        manager: Holds the plugins that are active, in pluggy's order.
        plugins: The active ones by name.
        statuses: A row for each plugin that was found: built-in ones first, then by name.
        settings: The own settings of the active ones.
        warnings: What in the settings fits no plugin.
    """

    manager: pluggy.PluginManager
    plugins: Mapping[str, object]
    statuses: tuple[PluginStatus, ...]
    settings: Mapping[str, SettingsModel] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
