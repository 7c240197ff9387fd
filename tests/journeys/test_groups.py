"""In a group the bot answers what is surely meant for it, and only those who asked may tap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fetchgram_sandbox.objects import Chat

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest.fixture
def friends(bob: Guest) -> Chat:
    return bob.live.stage.world.new_chat("Friends", [bob.person.user])


@pytest.fixture
def bob_there(bob: Guest, friends: Chat) -> Guest:
    return Guest(bob.live, bob.person, friends)


async def test_a_media_file_is_answered_without_asking(bob_there: Guest) -> None:
    card = await bob_there.asks_for(f"look {bob_there.site}/media/clip-144.mp4?group=1")
    await bob_there.taps(card, card.buttons[0].label)
    await bob_there.gets("video")


async def test_an_unsure_link_is_left_alone_until_the_bot_is_asked(bob_there: Guest) -> None:
    unsure = bob_there.says(f"{bob_there.site}/watch/song?group=2")
    bob_there.says("/get", reply_to=unsure)
    card = await bob_there.sees_card()
    assert card.text.splitlines()[0] == "Test tone"
    assert card.reply_to_id != unsure.message_id
    assert len(bob_there.messages()) == 1


async def test_words_are_left_alone(bob_there: Guest) -> None:
    bob_there.says("good morning")
    card = await bob_there.asks_for(f"/get {bob_there.site}/watch/song?group=3")
    assert bob_there.messages() == [card]


async def test_a_stranger_cannot_tap_and_is_told_so(
    bob_there: Guest, guest: Callable[..., Guest], friends: Chat
) -> None:
    card = await bob_there.asks_for(f"/get {bob_there.site}/watch/colours?group=4&kbps=200")
    mallory = guest("Mallory", chat=friends)
    assert await mallory.taps(card, "720p") == "These buttons belong to somebody else."
    assert await mallory.taps(card, "Cancel") == "These buttons belong to somebody else."
    await bob_there.taps(card, "720p")
    await bob_there.sees("Downloading")
    assert await mallory.taps(card, "Cancel") == "These buttons belong to somebody else."
    await bob_there.taps(card, "Cancel")
    await until(lambda: "Cancelled" in bob_there.history(card)[-1], bob_there.story)
