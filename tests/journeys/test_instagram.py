"""Instagram as a person sees it in the chat: one journey for each kind of answer, over the emulated web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby

import pytest

from fetchgram_instagram.session_files import SessionFiles
from fetchgram_sandbox.web.instagram.accounts import some_accounts
from fetchgram_sandbox.web.instagram.posts import HIGHLIGHT_ID, text_of

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(150)]

HOME = "https://www.instagram.com"


async def test_an_instagram_picture_arrives_with_text_author_and_link(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/p/Cpicture001/?igsh=tracking")
    assert card.text.splitlines()[:2] == ["A picture of colours #test", "👤 sandbox.band"]
    await bob.taps(card, "Picture")
    photo = await bob.gets("photo")
    assert (photo.width_px, photo.height_px) == (640, 800)
    (told,) = [message.text for message in bob.messages() if message.file is photo]
    assert told == f"A picture of colours #test\n\nsandbox.band\n{HOME}/p/Cpicture001/"
    assert bob.live.stage.web.refused == ()


async def test_a_reel_arrives_upright_with_its_cover(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/reel/Creel000001/")
    labels = [button.label.partition(" · ")[0] for button in card.buttons]
    assert labels[:3] == ["🎬 360p", "🎵 Audio", "🖼 Thumbnail"]
    await bob.taps(card, "360p")
    video = await bob.gets("video")
    assert (video.width_px, video.height_px) == (360, 640)
    assert video.thumbnail is not None


async def test_a_carousel_of_fourteen_arrives_in_order_as_albums_with_one_caption(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/p/Cmany000014/")
    await bob.taps(card, "Album")
    await until(lambda: len(bob.files("photo")) + len(bob.files("video")) == 14, bob.story)
    arrived = [message for message in bob.messages() if message.file is not None and message.album_id is not None]
    assert [message.file.width_px for message in arrived if message.file] == [320 + 2 * place for place in range(14)]
    assert [len(list(album)) for _, album in groupby(arrived, lambda message: message.album_id)] == [10, 4]
    assert [bool(message.text) for message in arrived] == [True] + [False] * 13


async def test_the_rest_of_a_long_text_follows_as_an_answer_also_from_the_cache(
    bob: Guest, guest: Callable[..., Guest]
) -> None:
    await gets_the_whole_text(bob)
    await until(lambda: routes_of(bob)[-1] == "botapi", bob.story)
    await gets_the_whole_text(carol := guest())
    await until(lambda: routes_of(carol)[-1] == "cache", carol.story)


async def gets_the_whole_text(person: Guest) -> None:
    card = await person.asks_for(f"{HOME}/p/Clongtext01/")
    await person.taps(card, "Options")
    await person.taps(await person.sees_button("▫️ 📝 The rest of the text too"), "The rest of the text too")
    await person.taps(await person.sees_button("✅ 📝 The rest of the text too"), "Start")
    photo = await person.gets("photo")
    rest = await person.sees(lambda message: message.text.startswith("…"))
    (shown,) = [message for message in person.messages() if message.file is photo]
    begin, _, below = shown.text.partition("…")
    assert below == f"\n\nsandbox.band\n{HOME}/p/Clongtext01/"
    assert f"{begin} {rest.text.removeprefix('…')}" == text_of("Clongtext01").strip()
    assert rest.reply_to_id == shown.message_id


def routes_of(person: Guest) -> list[str]:
    """Return the ways of everything that has arrived so far, whoever it was for."""
    return [str(line["route"]) for line in person.live.log_lines() if line["event"] == "job.delivered"]


async def test_an_album_of_more_bytes_than_a_file_may_have_can_be_had(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/p/Cheavy00001/")
    (label,) = [button.label for button in card.buttons if "Album" in button.label]
    assert "2." in label, "all of it is more than the 2 MB that a file may have here"
    assert "🚫" not in label
    await bob.taps(card, "Album")
    await bob.gets("photo", 3)


async def test_one_item_of_a_carousel_is_picked(bob: Guest) -> None:
    await bob.taps(await bob.asks_for(f"{HOME}/p/Cmixed00001/"), "The whole list")
    await bob.taps(await bob.sees_button("3. 📷"), "3. 📷")
    await bob.taps(await bob.sees_button("Get one item"), "Get one item")
    assert (await bob.gets("photo")).width_px == 602
    assert bob.files("video") == []


async def test_the_item_that_was_looked_at_is_a_button_also_by_a_mirror_that_is_listed(bob: Guest) -> None:
    card = await bob.asks_for("https://www.ddinstagram.com/p/Cmixed00001/?img_index=2")
    await bob.taps(card, "360p")
    video = await bob.gets("video")
    assert (video.width_px, video.height_px) == (360, 450)
    assert bob.files("photo") == []


async def test_the_picture_of_a_profile_comes_in_full_size(bob: Guest) -> None:
    await bob.taps(await bob.asks_for(f"{HOME}/sandbox.band/"), "Picture")
    assert (await bob.gets("photo")).width_px == 320


async def test_with_a_session_stories_and_highlights_arrive(bob: Guest) -> None:
    with session_of(bob, "sandbox.one"):
        await bob.taps(await bob.asks_for(f"{HOME}/stories/sandbox.band/"), "Album")
        await bob.gets("photo")
        assert (await bob.gets("video")).height_px == 644
        await bob.taps(await bob.asks_for(f"{HOME}/stories/highlights/{HIGHLIGHT_ID}/"), "The whole list")
        await bob.taps(await bob.sees_button("3. 📷"), "3. 📷")
        await bob.taps(await bob.sees_button("Get one item"), "Get one item")
        assert (await bob.gets("photo", 2)).width_px == 368


async def test_the_latest_posts_of_a_profile_are_picked(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/sandbox.band/")
    assert card.text.splitlines()[0] == "Sandbox Band (sandbox.band)"
    await bob.taps(card, "The whole list")
    await bob.taps(await bob.sees_button("2. Cpost000002"), "2. Cpost000002")
    await bob.taps(await bob.sees_button("☑️ 2. Cpost000002"), "4. Cpost000004")
    await bob.taps(await bob.sees_button("Get 2 items"), "Get 2 items")
    await bob.gets("photo", 2)
    captions = {message.text.partition("\n")[0] for message in bob.messages() if message.file in bob.files("photo")}
    assert captions == {"Post 2", "Post 4"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("p/Cprivate001/", "This belongs to a private account"),
        ("p/Cdeleted001/", "This is not on Instagram any more"),
        ("reel/Cregion0001/", "This is not shown in the country where I am"),
        ("stories/sandbox.friends/", "Instagram shows this only to people with an account"),
    ],
)
async def test_each_refusal_is_one_sentence(bob: Guest, path: str, words: str) -> None:
    bob.says(f"{HOME}/{path}")
    await bob.sees(words)


async def test_a_film_that_instaloader_cannot_read_arrives_all_the_same(bob: Guest) -> None:
    card = await bob.asks_for(f"{HOME}/reel/Cchanged001/")
    await bob.taps(card, "360p")
    assert (await bob.gets("video")).height_px == 640
    engines = [line["engine"] for line in bob.live.log_lines() if line["event"] == "instagram.fallback"]
    assert engines == ["yt-dlp", "yt-dlp"]


async def test_what_nobody_can_read_is_one_sentence_and_counts_against_the_plugin(bob: Guest) -> None:
    bob.says(f"{HOME}/reel/Cchanged003/")
    await bob.sees("Instagram has changed something that I do not understand yet")
    failed = [line for line in bob.live.log_lines() if line["event"] == "request.failed"]
    assert (failed[-1]["plugin"], "PluginError" in str(failed[-1]["error"])) == ("instagram", True)


async def test_a_job_that_neither_engine_can_do_fails_with_one_sentence_and_the_next_one_arrives(bob: Guest) -> None:
    await bob.taps(await bob.asks_for(f"{HOME}/sandbox.news/"), "The whole list")
    await bob.taps(await bob.sees_button("1. Cchanged003"), "1. Cchanged003")
    await bob.taps(await bob.sees_button("☑️ 1. Cchanged003"), "2. Cpost000001")
    await bob.taps(await bob.sees_button("Get 2 items"), "Get 2 items")
    await bob.gets("photo")
    told = await bob.sees("Instagram has changed something that I do not understand yet")
    assert told.text.count("Instagram has changed something") == 1
    failed = [line for line in bob.live.log_lines() if line["event"] == "job.failed"]
    assert (failed[-1]["plugin"], "PluginError" in str(failed[-1]["error"])) == ("instagram", True)


async def test_owners_hear_once_that_a_session_has_ended_and_nobody_reads_what_is_in_it(bob: Guest) -> None:
    with session_of(bob, "sandbox.checked") as secret:
        bob.says(f"{HOME}/reel/Cagelimit01/")
        await bob.sees("I have none that works")
        owner = bob.live.stage.person
        told = await owner.wait_for(lambda message: "sandbox.checked" in message.text, 90)
        assert "wants its owner to confirm who they are" in told.text
        bob.says(f"{HOME}/reel/Cagelimit01/?again=1")
        await bob.sees("adults who are logged in")
        assert sum("sandbox.checked" in message.text for message in owner.messages()) == 1
        world = bob.live.stage.world
        said = [message.text for chat in world.chats for message in world.messages(chat)]
        assert [text for text in said if secret in text] == []
        assert secret not in bob.live.log.read_text()


@contextmanager
def session_of(person: Guest, name: str) -> Iterator[str]:
    """Let the bot have the session of an account, as `fetchgram instagram login` leaves it; gives its secret."""
    sessions = SessionFiles(person.live.data_dir / "plugins" / "instagram" / "sessions")
    account = some_accounts()[name]
    sessions.keep(name, account.cookies)
    try:
        yield account.session_id
    finally:
        sessions.forget(name)
