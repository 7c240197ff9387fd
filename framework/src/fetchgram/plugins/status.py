"""What is known of each plugin: one row per plugin, the same everywhere it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pluggy

from fetchgram.model.plugins import PluginState
from fetchgram.settings import Settings, SettingsModel

if TYPE_CHECKING:
    from fetchgram.plugins.sources import Source
    from fetchgram.ports import Context

__all__ = ["Loaded", "PluginState", "PluginStatus"]


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
        changed: Whether an admin changed anything about it at run time.
        pending: Whether what was changed holds after a restart only.
        builtin: Whether it is a part of the core, which cannot be switched off.
    """

    name: str
    version: str
    distribution: str
    state: PluginState
    hooks: tuple[str, ...] = ()
    error: str | None = None
    changed: bool = False
    pending: bool = False
    builtin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of loading; never changed, another one takes its place.

    Args:
        manager: Holds the plugins that are active, in pluggy's order.
        plugins: The active ones by name.
        statuses: A row for each plugin that was found: built-in ones first, then by name.
        settings: The own settings of the active ones.
        warnings: What in the settings fits no plugin.
        given: The settings of everything from which they were built.
        sources: Where each comes from, in the order of loading.
        contexts: What the active ones were given.
        off: Those that an admin switched off, with the class of each that knows its links: it is still asked whose
            a link is, so that people hear why.
    """

    manager: pluggy.PluginManager
    plugins: Mapping[str, object]
    statuses: tuple[PluginStatus, ...]
    settings: Mapping[str, SettingsModel] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    given: Settings = field(default_factory=Settings)
    sources: Mapping[str, Source] = field(default_factory=dict)
    contexts: Mapping[str, Context | None] = field(default_factory=dict)
    off: Mapping[str, type | None] = field(default_factory=dict)
