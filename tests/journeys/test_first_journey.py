"""A link becomes a playable file in the chat: the main journey, with every stage that a person sees."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fetchgram_sandbox.objects import Entity, Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def test_a_link_becomes_a_playable_video_on_one_status_message(bob: Guest) -> None:
    bob.says(f"{bob.site}/watch/colours?kbps=2500&journey=1")
    ack = await bob.sees("Having a look")
    card = await bob.sees_card()
    assert card.message_id == ack.message_id
    assert card.file is not None
    assert card.file.kind == "photo"
    assert card.text.splitlines() == ["The big colour test", "👤 Sandbox Band", "⏱ 0:06", "📨 sent by the bot"]
    labels = [button.label for button in card.buttons]
    assert [label.split(" · ")[0] for label in labels] == [
        "⭐ Best", "🎬 720p", "🎬 360p", "🎬 144p", "🎵 Audio", "⚙️ Options", "✖️ Cancel",
    ]  # fmt: skip

    assert await bob.taps(card, "720p") == "Got it!"
    video = await bob.gets("video")

    assert (video.width_px, video.height_px, video.duration_s) == (1280, 720, 6)
    assert video.mime == "video/mp4"
    assert video.thumbnail is not None
    arrived = f"{round(video.size_bytes / 1000)} kB"
    assert arrived in labels[1]
    await bob.sees_vanish(card)
    told = bob.history(card)
    live = [text for text in told if "%" in text]
    assert len(live) >= 2, told
    assert all(re.search(rf"[█░]{{12}} \d+%\n[\d.]+ .?B of {arrived}", text) for text in live), live
    assert any("/s" in text for text in live)
    assert len(told) < 30
    assert len(bob.messages()) == 1


async def test_the_same_link_of_a_second_person_comes_from_the_cache(bob: Guest, guest: Callable[..., Guest]) -> None:
    link = f"{bob.site}/watch/colours?journey=cache"
    await bob.taps(await bob.asks_for(link), "360p")
    first = await bob.gets("video")
    carol = guest()
    card = await carol.asks_for(link)
    assert "⚡ at once" in card.button("360p").label
    fetched = _fetches(bob, "clip-360.mp4")
    await carol.taps(card, "360p")
    second = await carol.gets("video")
    assert [m.text for m in carol.messages() if m.file is second] == ["The big colour test"]
    await carol.sees_vanish(card)
    assert second.number == first.number
    assert _fetches(bob, "clip-360.mp4") == fetched
    assert not any("Downloading" in text for text in carol.history(card))


async def test_several_links_in_one_message_get_a_card_each(bob: Guest) -> None:
    sent = bob.says(f"{bob.site}/media/picture.jpg?journey=many and {bob.site}/media/song.m4a?journey=many")
    await until(lambda: len(_cards(bob)) == 2, bob.story)
    cards = _cards(bob)
    assert {card.reply_to_id for card in cards} == {sent.message_id}
    for card in cards:
        await bob.taps(card, card.buttons[0].label)
    await bob.gets("photo")
    await bob.gets("audio")


async def test_a_link_in_a_caption_gets_a_card(bob: Guest) -> None:
    picture = bob.live.stage.site.clip("picture.jpg")
    sent = await bob.person.send_file(picture, "photo", caption=f"what is {bob.site}/watch/song?journey=caption ?")
    card = await bob.sees_card(sent)
    assert card.text.splitlines()[0] == "Test tone"


async def test_a_link_behind_a_text_gets_a_card(bob: Guest) -> None:
    link = Entity("text_link", 0, 4, extra=(("url", f"{bob.site}/watch/song?journey=behind"),))
    card = await bob.sees_card(bob.person.say("this", entities=(link,)))
    assert card.text.splitlines()[0] == "Test tone"


async def test_start_says_hello_and_help_says_how(bob: Guest) -> None:
    bob.says("/start")
    hello = await bob.sees("Send me a link")
    assert [entity.type for entity in hello.entities][:1] == ["bold"]
    bob.says("/help")
    await bob.sees("How it works")


async def test_words_without_a_link_are_answered_with_what_to_do(bob: Guest) -> None:
    bob.says("good morning")
    await bob.sees("Send me a link")


def _cards(bob: Guest) -> list[Message]:
    return [message for message in bob.messages() if len(message.buttons) > 1]


def _fetches(bob: Guest, name: str) -> int:
    return sum(request.path == f"/media/{name}" for request in bob.live.stage.site.requests)
