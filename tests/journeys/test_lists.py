"""A list becomes files: picked on buttons, told on one status message, whole after kill -9 in the middle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.model import DeliveryState, RequestState
from fetchgram.storage.items import Item
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until
from .test_kill import Killer, request_of, second_look

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

MANY = 50


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot that is killed, and goes on with what it left."""
    async with open_live_bot(clips_folder, tmp_path_factory.mktemp("lists"), more=UNHURRIED) as live:
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def bob(mortal: LiveBot) -> Guest:
    return Guest(mortal, mortal.newcomer("Bob"))


@pytest.fixture
def killer(mortal: LiveBot) -> Killer:
    return Killer(mortal)


async def test_a_list_of_fifty_is_whole_after_two_deaths_and_nothing_comes_twice(bob: Guest, killer: Killer) -> None:
    card = await opens(bob, f"{bob.site}/list/{MANY + 10}?gone=7&journey=50")
    await bob.taps(card, "▶️")
    await bob.taps(card, "10. Clip 10")
    killer.strike()
    await killer.restart()
    await bob.taps(card, "12. Clip 12")
    picked = [button.label for button in now(bob, card).buttons if button.label.startswith("☑️ 1")]
    assert picked == ["☑️ 10. Clip 10 · 0:06", "☑️ 12. Clip 12 · 0:06"]
    assert await bob.taps(card, "All") == f"{MANY} items at a time are the most."

    assert await bob.taps(card, f"Get {MANY} items") == "Got it!"
    await bob.gets("video", 12)
    killer.strike()
    before = Counter(item.state for item in await items_of(bob))
    assert before[DeliveryState.DELIVERED] >= 8
    assert before[DeliveryState.WAITING] > 0
    await killer.restart()

    # An item that is uncertain says "arrived" too.
    await until(lambda: f"of {MANY} arrived" in now(bob, card).text, bob.story)
    after = Counter(item.state for item in await items_of(bob))
    assert after[DeliveryState.FAILED] == 1
    # What was on its way in the moment of the death is told as uncertain, and not sent again: at most one file of a
    # list is on its way.
    assert after[DeliveryState.UNCERTAIN] <= 1
    assert after[DeliveryState.DELIVERED] == MANY - 1 - after[DeliveryState.UNCERTAIN]
    titles = Counter(message.text for message in bob.messages() if message.file is not None)
    assert set(titles.values()) == {1}, titles
    assert len(titles) >= after[DeliveryState.DELIVERED]
    told = now(bob, card).text
    assert f"{after[DeliveryState.DELIVERED]} of {MANY} arrived · 1 failed" in told
    assert re.search(r"❌ 7\. Clip 7 · This is not there any more\.", told), told
    assert len([message for message in bob.messages() if message.file is None]) == 1
    assert max(len(text) for text in bob.history(card)) < 1000


async def test_a_youtube_playlist_of_fifty_goes_on_after_a_death_with_each_item_as_it_was(
    bob: Guest, killer: Killer
) -> None:
    card = await opens(bob, f"https://www.youtube.com/playlist?list=PLsandbox-v-00001-{MANY:03d}")
    await bob.taps(card, "480p")
    await bob.taps(card, "All")
    await bob.taps(card, f"Get {MANY} items")
    await bob.gets("video", 12)
    killer.strike()
    before = {item.position: item.state for item in await items_of(bob)}
    assert DeliveryState.WAITING in before.values()
    await killer.restart()
    await until(lambda: f"of {MANY} arrived" in now(bob, card).text, bob.story)
    after = {item.position: item.state for item in await items_of(bob)}
    arrived = [place for place, state in before.items() if state is DeliveryState.DELIVERED]
    assert all(after[place] is DeliveryState.DELIVERED for place in arrived)
    counted = Counter(after.values())
    assert counted[DeliveryState.DELIVERED] + counted[DeliveryState.UNCERTAIN] == MANY
    assert counted[DeliveryState.UNCERTAIN] <= 1  # at most one file of a list was on its way in that moment
    titles = Counter(message.text.splitlines()[0] for message in bob.messages() if message.file is not None)
    assert set(titles.values()) == {1}, titles


async def test_the_failed_ones_come_again_with_a_tap_and_alone(bob: Guest) -> None:
    link = f"{bob.site}/list/4?gone=2&journey=again"
    card = await opens(bob, link)
    await bob.taps(card, "All")
    await bob.taps(card, "Audio")
    await bob.taps(card, "Get 4 items")
    await bob.sees_button("Try the failed one again")
    assert "3 of 4 arrived · 1 failed" in now(bob, card).text
    await bob.gets("audio", 3)
    bob.live.stage.site.is_healed = True
    try:
        await bob.taps(card, "Try the failed one again")
        await until(lambda: "4 of 4 arrived" in now(bob, card).text, bob.story)
    finally:
        bob.live.stage.site.is_healed = False
    await bob.gets("audio", 4)
    assert not now(bob, card).buttons
    assert (await request_of(bob)).state is RequestState.DONE


async def test_somebody_else_cannot_press_in_a_group(mortal: LiveBot) -> None:
    ann, carol = mortal.newcomer("Ann"), mortal.newcomer("Carol")
    group = mortal.stage.world.new_chat("Films", [ann.user, carol.user])
    theirs = Guest(mortal, ann, group)
    card = await opens(theirs, f"/get {theirs.site}/list/4?journey=group")
    foreign = Guest(mortal, carol, group)
    assert await foreign.taps(card, "1. Clip 1") == "These buttons belong to somebody else."
    assert "picked" not in now(theirs, card).text
    await theirs.taps(card, "Cancel")


async def test_a_youtube_playlist_becomes_files_in_one_quality_and_says_what_cannot_be_had(bob: Guest) -> None:
    card = await opens(bob, "https://www.youtube.com/playlist?list=PLsandbox00000mixed")
    await bob.taps(card, "480p")
    await bob.taps(card, "All")
    await bob.taps(card, "Get 3 items · 🎬 up to 480p")
    await until(lambda: "2 of 3 arrived · 1 failed" in now(bob, card).text, bob.story)
    assert re.search(r"✅ 1\. .* · 🎬 (360|480)p", now(bob, card).text), now(bob, card).text
    assert "❌ 2. " in now(bob, card).text
    assert all((file.height_px or 0) <= 480 for file in bob.files("video"))
    assert bob.live.stage.web.refused == ()


async def test_a_video_of_a_youtube_playlist_leads_to_the_whole_and_back(bob: Guest) -> None:
    bob.says("https://www.youtube.com/watch?v=colourtest1&list=PLsandbox000000two")
    card = await bob.sees_button("The whole list")
    await bob.taps(card, "The whole list")
    assert "📋 Two videos" in now(bob, card).text
    await bob.taps(card, "Back")
    await bob.sees_button("The whole list")
    assert "📋" not in now(bob, card).text
    await bob.taps(card, "Cancel")


async def opens(guest: Guest, link: str) -> Message:
    guest.says(link)
    return await guest.sees_button("Numbers")


def now(guest: Guest, message: Message) -> Message:
    (found,) = [each for each in guest.messages() if each.message_id == message.message_id]
    return found


async def items_of(guest: Guest) -> list[Item]:
    request = await request_of(guest)
    async with second_look(guest) as session:
        return await session.items.of_request(request.id)
