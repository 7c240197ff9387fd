"""A link becomes a smaller file, a sound or a round message: chosen on the menu, made by ffmpeg, in the chat."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from fetchgram_sandbox.browser import open_page
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot
from fetchgram_sandbox.objects import Message

from .conftest import PATIENCE_S, Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

PRESET = """
[plugin.compress.presets.family]
label = "For the family"
height_px = 144
mute = true
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def press(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot with the plugin compress."""
    folder = tmp_path_factory.mktemp("press")
    async with open_live_bot(clips_folder, folder, more=UNHURRIED + PRESET) as live:
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def bob(press: LiveBot) -> Guest:
    return Guest(press, press.newcomer("Bob"))


async def opens(bob: Guest, card: Message, *labels: str) -> Message:
    """Tap from screen to screen of the options; returns the last one."""
    screen = card
    await bob.taps(screen, "Options")
    screen = await bob.sees_button("Start")
    for label in labels:
        await bob.taps(screen, label)
        screen = await bob.sees_button("Done")
    return screen


async def test_a_typed_size_is_met_and_said_before(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=1")
    screen = await opens(bob, card, "Smaller")
    assert any("H.265 · ≈" in button.label and "· +0:" in button.label for button in screen.buttons)
    await bob.taps(screen, "Another size")
    await bob.sees("How large may it be")
    bob.says("300 kB")
    screen = await bob.sees_button("✅ ✏️ Another size")
    await bob.taps(screen, "Start")
    video = await bob.gets("video")
    assert 200_000 < video.size_bytes <= 300_000
    assert (video.mime, video.duration_s) == ("video/mp4", 6)
    assert video.thumbnail is not None
    await bob.sees_vanish(card)
    told = bob.history(card)
    assert any("Processing" in text and "%" in text for text in told), told
    assert len([m for m in bob.messages() if m.file is not None]) == 1


async def test_only_the_sound_of_a_part_is_one_wish(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=2")
    screen = await opens(bob, card, "Edit")
    await bob.taps(screen, "Cut")
    await bob.sees("From when to when")
    bob.says("0:01-0:03")
    screen = await bob.sees_button("✅ ✂️ Cut")
    await bob.taps(screen, "Sound only")
    screen = await bob.sees_button("Voice message")
    await bob.taps(screen, "Voice message")
    screen = await bob.sees_button("✅ 🎙 Voice message")
    await bob.taps(screen, "Start")
    voice = await bob.gets("voice")
    assert (voice.mime, voice.duration_s) == ("audio/ogg", 2)


async def test_a_preset_of_the_operator_is_a_button(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=3")
    screen = await opens(bob, card, "Ready-made")
    await bob.taps(screen, "For the family")
    screen = await bob.sees_button("✅ ⭐ For the family")
    await bob.taps(screen, "Start")
    assert (await bob.gets("video")).height_px == 144


async def test_the_menu_and_the_result_as_the_person_sees_them(press: LiveBot, tmp_path: Path) -> None:
    async with open_page(f"{press.stage.api.url}/") as tab:
        tab.page.set_default_timeout(PATIENCE_S * 1000)
        keys = tab.page.locator(".keyboard .key")
        await tab.send(f"{press.stage.site.url}/watch/colours?press=7")
        await tab.tap("Options")
        for group in ("Ready-made", "Smaller", "Sound only", "Resolution", "Turn into", "Edit"):
            await keys.filter(has_text=group).last.wait_for()
        await tab.tap("Resolution")
        await keys.filter(has_text=re.compile(r"📐 240p · ≈ \d+.* [kM]B · \+\d+:\d\d$")).last.wait_for()
        await tab.tap("240p")
        await keys.filter(has_text="✅ 📐 240p").last.wait_for()
        await tab.page.get_by_text("After that about").last.wait_for()
        await tab.page.screenshot(path=tmp_path / "menu.png")
        await tab.tap("Start")
        assert await tab.play_video() == (426, 240)
        await tab.page.screenshot(path=tmp_path / "result.png")
        await tab.page.locator("input[type=file]").set_input_files(press.stage.site.clip("clip-360.mp4"))
        await tab.page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
        await tab.tap("Turn into")
        await keys.filter(has_text=re.compile(r"Round video message · ≈ \d+ kB · \+0:\d\d$")).last.wait_for()
        assert tab.problems == []


async def test_a_size_that_is_out_of_reach_is_told_with_the_smallest(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=4")
    screen = await opens(bob, card, "Smaller")
    await bob.taps(screen, "Another size")
    await bob.sees("How large may it be")
    bob.says("2 kB")
    screen = await bob.sees_button("✅ ✏️ Another size")
    await bob.taps(screen, "Start")
    told = await bob.sees("It does not get that small")
    assert told.message_id == card.message_id
    assert "is the least" in told.text
    await bob.taps(told, "Choose again")
    assert (await bob.sees_button("Options")).message_id == card.message_id


async def test_a_bot_that_is_killed_while_it_encodes_goes_on(bob: Guest, press: LiveBot) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=5")
    screen = await opens(bob, card, "Smaller")
    await bob.taps(screen, "H.265")
    screen = await bob.sees_button("✅ 🗜 H.265")
    await bob.taps(screen, "Start")
    await until(lambda: any("Processing" in text and "%" in text for text in bob.history(card)), bob.story)
    seen = len(press.stage.site.requests)
    children = psutil.Process(press.process.pid).children(recursive=True)
    os.kill(press.process.pid, signal.SIGKILL)
    await press.process.wait()
    await until(lambda: not any(is_alive(child) for child in children), lambda: children)
    await press.process.start()
    video = await bob.gets("video")
    assert video.duration_s == 6
    await bob.sees_vanish(card)
    assert len([m for m in bob.messages() if m.file is not None]) == 1
    assert [r for r in press.stage.site.requests[seen:] if r.path.startswith("/media/clip")] == []


async def test_a_cancel_while_it_encodes_ends_it(bob: Guest, press: LiveBot) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?press=6")
    screen = await opens(bob, card, "Smaller")
    await bob.taps(screen, "H.265")
    screen = await bob.sees_button("✅ 🗜 H.265")
    await bob.taps(screen, "Start")
    await until(lambda: any("Processing" in text and "%" in text for text in bob.history(card)), bob.story)
    await bob.taps(await bob.sees_button("Cancel"), "Cancel")
    await bob.sees("Cancelled")
    bot = psutil.Process(press.process.pid)
    await until(lambda: not encodes(bot))
    assert not bob.files("video")


async def test_limits_of_the_operator_hold_and_are_told(clips_folder: Path, tmp_path: Path) -> None:
    strict = f"{UNHURRIED}\n[work]\ntranscodes = 1\n[plugin.compress]\ncpu_s = 1\n"
    async with open_live_bot(clips_folder, tmp_path, more=strict) as live:
        guests = [Guest(live, live.newcomer(name)) for name in ("Ann", "Ben", "Cleo")]
        bot, most = psutil.Process(live.process.pid), 0
        for number, guest in enumerate(guests):
            screen = await opens(guest, await guest.asks_for(f"{guest.site}/watch/colours?strict={number}"), "Smaller")
            await guest.taps(screen, "H.265")
            await guest.taps(await guest.sees_button("✅ 🗜 H.265"), "Start")

        def all_are_told() -> bool:
            nonlocal most
            most = max(most, encodes(bot))
            return all("This took too long, so I stopped." in guest.story() for guest in guests)

        await until(all_are_told, lambda: [guest.story() for guest in guests])
        assert most == 1
        assert not any(guest.files("video") for guest in guests)


def encodes(bot: psutil.Process) -> int:
    """Count the ffmpegs at work."""
    count = 0
    for child in bot.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends while we look
            count += "ffmpeg" in child.name() and is_alive(child)
    return count


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
