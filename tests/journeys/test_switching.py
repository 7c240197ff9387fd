"""An owner switches sites off and on and changes their settings while people use the bot; a restart changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot, ready
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

OFF = "“ytdlp” is switched off here for the moment"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switched(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot whose plugins are switched."""
    async with open_live_bot(clips_folder, tmp_path_factory.mktemp("switched"), more=UNHURRIED) as live:
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def olga(switched: LiveBot) -> Guest:
    return Guest(switched, switched.stage.person)


@pytest.fixture
def bob(switched: LiveBot) -> Guest:
    return Guest(switched, switched.newcomer("Bob"))


async def opens(olga: Guest, *labels: str) -> Message:
    """Call for the plugins and tap through to a screen."""
    known = len(olga.messages())
    olga.says("/plugins")
    await until(lambda: len(olga.messages()) > known, olga.story)
    panel = olga.messages()[-1]
    for label in labels:
        panel = await taps(olga, panel, label)
    return panel


async def taps(olga: Guest, panel: Message, label: str) -> Message:
    """Tap a button and return the screen that it leads to."""
    before = len(olga.history(panel))
    await olga.taps(panel, label)
    await until(lambda: len(olga.history(panel)) > before, olga.story)
    return next(message for message in olga.messages() if message.message_id == panel.message_id)


def commands(live: LiveBot) -> int:
    return sum(line.get("event") == "plugin.changed" for line in live.log_lines())


async def test_off_is_told_kindly_what_runs_ends_and_on_works_again(olga: Guest, bob: Guest, switched: LiveBot) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=600&switch=1")
    await bob.taps(card, "360p")
    await bob.sees("⬇️ Downloading")
    off = await opens(olga, "ytdlp", "Switch off")
    assert "It is switched off." in off.text
    bob.says(f"{bob.site}/watch/colours?switch=2")
    await bob.sees(OFF)
    await bob.gets("video")  # what ran, on the plugin that it began with
    on = await taps(olga, off, "Switch on")
    assert "It works." in on.text
    again = await bob.asks_for(f"{bob.site}/watch/colours?switch=3")
    await bob.taps(again, "360p")
    await bob.gets("video", 2)


async def test_a_restart_changes_nothing(olga: Guest, bob: Guest, switched: LiveBot) -> None:
    await opens(olga, "ytdlp", "Switch off")
    await switched.process.stop()
    await switched.process.start()
    await ready(switched.stage, switched.process, log=switched.log)
    bob.says(f"{bob.site}/watch/colours?switch=5")
    await bob.sees(OFF)
    await opens(olga, "ytdlp", "Switch on")
    await bob.asks_for(f"{bob.site}/watch/colours?switch=5")


async def test_a_setting_is_typed_and_a_bad_one_is_refused_with_the_reason(olga: Guest, bob: Guest) -> None:
    panel = await opens(olga, "ytdlp", "Settings", "max height")
    await taps(olga, panel, "Change")
    olga.says("10")
    await olga.sees("stays as it was: input should be greater than or equal to 144")
    await bob.asks_for(f"{bob.site}/watch/colours?switch=5")  # the old one goes on
    olga.says("144")
    changed = await olga.sees("Now: 144 px ✏️")
    card = await bob.asks_for(f"{bob.site}/watch/colours?switch=4")
    assert not any("360p" in button.label for button in card.buttons)
    await taps(olga, changed, "Back to the configuration")


async def test_a_secret_leaves_the_chat(olga: Guest, switched: LiveBot) -> None:
    panel = await opens(olga, "youtube", "Settings", "Older", "po tokens")
    await taps(olga, panel, "Change")
    typed = olga.says("web.gvs+hunter2hunter2")
    await olga.sees("Now: 🔑 set")
    await olga.sees_vanish(typed)
    assert all("hunter2" not in message.text for message in olga.messages())
    assert "hunter2" not in switched.log.read_text(encoding="utf-8")
