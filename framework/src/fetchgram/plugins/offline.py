"""The plugins without anything around them: enough for the command line to name them and their commands."""

from __future__ import annotations

from collections.abc import Sequence

from fetchgram.clock import SystemClock
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Overrides
from fetchgram.settings import Settings


def offline_hooks(settings: Settings, *, builtins: Sequence[type] = (), overrides: Overrides | None = None) -> Hooks:
    """Load the plugins with no context; what a command needs it opens itself.

    Args:
        settings: Which are switched off, and their own settings.
        builtins: The core's own, where they matter.
        overrides: What admins changed, where that matters.
    """
    clock = SystemClock()
    loaded = load(settings, lambda _name, _settings: None, builtins=builtins, overrides=overrides)
    return Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
