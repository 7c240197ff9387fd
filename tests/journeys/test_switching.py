"""An owner switches sites off and on and changes their settings while people use the bot; a restart changes nothing."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.cli.run_bot import RESTART
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
    return await called(olga, "/plugins", *labels)


async def called(olga: Guest, command: str, *labels: str) -> Message:
    """Call a command and tap through from its screen to another one."""
    known = len(olga.messages())
    olga.says(command)
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
    panel = await opens(olga, "youtube", "Settings", "Next", "po tokens")
    await taps(olga, panel, "Change")
    typed = olga.says("web.gvs+hunter2hunter2")
    await olga.sees("Now: 🔑 set")
    await olga.sees_vanish(typed)
    assert all("hunter2" not in message.text for message in olga.messages())
    assert "hunter2" not in switched.log.read_text(encoding="utf-8")


async def test_while_the_bot_is_closed_people_read_why(olga: Guest, bob: Guest) -> None:
    panel = await called(olga, "/admin", "Maintenance", "Close")
    olga.says("Back at noon.")
    closed = await olga.sees("They read: “Back at noon.”")
    bob.says(f"{bob.site}/watch/colours?switch=6")
    assert "Back at noon." in (await bob.sees("I am being looked after")).text
    await olga.asks_for(f"{olga.site}/watch/colours?switch=7")  # admins still may
    await taps(olga, closed, "Open")
    await bob.asks_for(f"{bob.site}/watch/colours?switch=6")
    assert panel.message_id != closed.message_id


async def test_health_is_green_and_a_backup_has_the_people_in_it(
    olga: Guest, bob: Guest, switched: LiveBot, tmp_path: Path
) -> None:
    bob.says("/start")
    await bob.sees("Send me a link")
    shown = await called(olga, "/health")
    assert "🟢 loop" in shown.text
    assert "🟢 database answers" in shown.text
    panel = await called(olga, "/admin", "Maintenance")
    await olga.taps(panel, "Copy")
    sent = await olga.gets("document")
    shutil.copy(sent.path, tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        names = {name for (name,) in copy.execute("SELECT first_name FROM people")}
        secrets = copy.execute("SELECT count(*) FROM overrides WHERE key LIKE 'secret:%'").fetchone()
    assert "Bob" in names
    assert secrets == (0,)


async def test_a_restart_that_was_asked_for_ends_in_order(olga: Guest, bob: Guest, switched: LiveBot) -> None:
    panel = await called(olga, "/admin", "Maintenance", "Restart")
    await olga.taps(panel, "Restart")
    async with asyncio.timeout(60):
        assert await switched.process.wait() == RESTART
    await switched.process.start()
    await ready(switched.stage, switched.process, log=switched.log)
    await bob.asks_for(f"{bob.site}/watch/colours?switch=8")  # and it does not end again
