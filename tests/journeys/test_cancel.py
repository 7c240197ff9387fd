"""A person can cancel at every stage, and what was cancelled does not arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def cancels(bob: Guest, message: Message) -> None:
    assert await bob.taps(message, "Cancel") == "Cancelled"
    await until(lambda: "✖️ Cancelled" in bob.history(message)[-1], bob.story)
    assert not next(m for m in bob.messages() if m.message_id == message.message_id).buttons


async def test_while_the_link_is_looked_at(bob: Guest) -> None:
    bob.says(f"{bob.site}/bad/silent.mp4?cancel=1")
    await cancels(bob, await bob.sees("Having a look"))


async def test_at_the_card(bob: Guest) -> None:
    await cancels(bob, await bob.asks_for(f"{bob.site}/watch/colours?cancel=2"))


async def test_in_line_and_in_the_download(bob: Guest) -> None:
    first = await bob.asks_for(f"{bob.site}/watch/colours?kbps=100&cancel=3")
    second = await bob.asks_for(f"{bob.site}/watch/song?kbps=100&cancel=3")
    await bob.taps(first, "720p")
    await until(lambda: any("%" in text for text in bob.history(first)), bob.story)
    await bob.taps(second, "Audio")
    await until(lambda: any("next in line" in text for text in bob.history(second)), bob.story)
    await cancels(bob, second)
    await cancels(bob, first)
    await until(lambda: not workdirs(bob), lambda: workdirs(bob))
    assert not bob.files("video")
    assert not bob.files("audio")


async def test_while_it_is_sent(bob: Guest) -> None:
    calls = bob.live.stage.world.faults
    calls.add(Fault("sendVideo", "delay", seconds=5))
    card = await bob.asks_for(f"{bob.site}/watch/colours?cancel=4")
    await bob.taps(card, "144p")
    await until(lambda: any("Sending" in t or "taking it in" in t for t in bob.history(card)), bob.story)
    await cancels(bob, card)
    calls.clear()


async def test_what_was_cancelled_can_be_asked_for_again(bob: Guest) -> None:
    link = f"{bob.site}/watch/colours?cancel=5"
    await cancels(bob, await bob.asks_for(link))
    await bob.taps(await bob.asks_for(link), "144p")
    await bob.gets("video")


def workdirs(bob: Guest) -> list[Path]:
    return [path for path in (bob.live.data_dir / "work").glob("*") if path.is_dir()]
