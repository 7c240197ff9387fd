"""The breaker of the core over the real plugin: its own failures pause it, Instagram's refusals do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fetchgram.api import FetchgramError, Link
from fetchgram.clock import SystemClock
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.status import PluginState
from fetchgram.settings import PluginsSettings
from fetchgram.settings import Settings as CoreSettings
from fetchgram_instagram.plugin import Plugin

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

BROKEN = "reel/Cchanged003/"


async def test_what_neither_engine_understands_pauses_the_plugin_in_the_end(
    bench: Any, link_to: Callable[[str], Link]
) -> None:
    settings = PluginsSettings(breaker_failures=2, hook_timeout_s=90)
    loaded = load(CoreSettings(), lambda _name, _own: bench.context, entry_points=[], builtins=(Plugin,))
    breaker = Breaker(settings, SystemClock())
    hooks = Hooks(loaded, breaker, settings, SystemClock())
    told, states = [], []
    for path in (BROKEN, "p/Cdeleted001/", BROKEN, BROKEN, BROKEN):
        with pytest.raises(FetchgramError) as caught:
            await hooks.probe(link_to(path))
        told.append(caught.value.text.key)
        states.append(breaker.state("instagram"))
    works, paused = PluginState.ACTIVE, PluginState.PAUSED
    assert list(zip(told, states, strict=True)) == [
        ("instagram-broken", works),
        ("instagram-gone", works),  # an answer of a plugin that works
        ("instagram-broken", works),
        ("instagram-broken", paused),
        ("error-plugin-paused", paused),
    ]
    assert bench.asked("/api/graphql") == 4, "nobody asks for a plugin that is paused"
