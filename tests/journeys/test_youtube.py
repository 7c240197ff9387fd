"""YouTube as a person sees it in the chat: one journey for each kind of answer, over the emulated web."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from fetchgram_sandbox.live_bot import LiveBot

from .conftest import Guest

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WATCH = "https://www.youtube.com/watch?v="
COOKIES = "".join(
    f"{domain}\tTRUE\t/\tTRUE\t4102444800\t{name}\tsecret-{name}\n"
    for domain, name in ((".youtube.com", "LOGIN_INFO"), (".youtube.com", "SAPISID"), ("bank.example", "sid"))
)


async def test_a_youtube_link_becomes_a_video_that_is_as_large_as_the_button_said(bob: Guest) -> None:
    refused = bob.live.stage.web.refused
    card = await bob.asks_for(f"{WATCH}colourtest1")
    assert card.text.splitlines()[:3] == ["The big colour test", "👤 Sandbox Band", "⏱ 0:06"]
    labels = [button.label for button in card.buttons]
    assert [label.partition(" · ")[0] for label in labels] == [
        "⭐ Best",
        "🚫 🎬 720p",
        "🎬 360p",
        "🎬 144p",
        "🎵 Audio AAC 128 kbit/s",
        "🎵 Audio OPUS 128 kbit/s",
        "🎵 Audio MP3 192 kbit/s",
        "🖼 Thumbnail",
        "⚙️ Options",
        "✖️ Cancel",
    ]
    await bob.taps(card, "360p")
    video = await bob.gets("video")
    assert (video.width_px, video.height_px, video.duration_s) == (640, 360, 6)
    assert video.thumbnail is not None
    assert f"{video.size_bytes / 1_000_000:.1f} MB" in card.button("360p").label
    assert bob.live.stage.web.refused == refused


async def test_a_short_arrives_upright(bob: Guest) -> None:
    card = await bob.asks_for("https://www.youtube.com/shorts/vertical001")
    await bob.taps(card, "360p")
    video = await bob.gets("video")
    assert (video.width_px, video.height_px) == (360, 640)


async def test_sound_arrives_as_mp3_with_title_and_artist(bob: Guest) -> None:
    card = await bob.asks_for("https://youtu.be/colourtest1?t=1")
    await bob.taps(card, "MP3")
    song = await bob.gets("audio")
    assert (song.mime, song.duration_s) == ("audio/mpeg", 6)
    assert (song.title, song.performer) == ("The big colour test", "Sandbox Band")
    with av.open(str(song.path)) as file:
        assert (file.metadata["title"], file.metadata["artist"]) == ("The big colour test", "Sandbox Band")
        assert [cover.codec_context.width for cover in file.streams.video] == [480]  # YouTube's picture as it is


async def test_a_part_with_subtitles_is_put_together_on_buttons(bob: Guest) -> None:
    card = await bob.asks_for("https://www.youtube.com/embed/colourtest1")
    await bob.taps(card, "Options")
    await bob.taps(await bob.sees_button("Only a part"), "Only a part")
    await bob.sees("From when to when?")
    bob.says("0:02-0:04")
    screen = await bob.sees_button("Only a part: 0:02–0:04")
    await bob.taps(screen, "Subtitles as a file")
    screen = await bob.sees(lambda m: any(button.label == "de" for button in m.buttons))
    await bob.taps(screen, "▫️ 📄 Subtitles as a file")
    screen = await bob.sees_button("Subtitles as a file: en")
    await bob.taps(screen, "Done")
    await bob.taps(await bob.sees_button("Start"), "Start")
    video, subtitles = await bob.gets("video"), await bob.gets("document")
    assert video.duration_s == 2
    assert subtitles.name == "The big colour test.en.srt"


async def test_the_card_says_which_choices_do_not_play_everywhere(bob: Guest) -> None:
    card = await bob.asks_for(f"{WATCH}everything1")
    assert "Older phones may not play AV1, VP9, HDR." in card.text
    labels = [button.label.partition(" · ")[0] for button in card.buttons]
    assert labels[:6] == ["⭐ Best", "🚫 🎬 4320p60 AV1", "🚫 🎬 2160p60 VP9", "🚫 🎬 2160p60 HDR VP9", "🚫 🎬 1440p60 VP9", "🚫 🎬 1080p60"]  # fmt: skip  # noqa: E501


async def test_best_is_what_plays_on_every_phone_and_the_taller_ones_say_what_they_need(bob: Guest) -> None:
    card = await bob.asks_for(f"{WATCH}newcodecs01")
    labels = [button.label.partition(" · ")[0] for button in card.buttons]
    assert labels[:4] == ["⭐ Best for every phone", "🎬 480p VP9", "🎬 360p", "🎬 144p"]
    assert "Older phones may not play VP9." in card.text
    await bob.taps(card, "Best for every phone")
    assert (await bob.gets("video")).height_px == 360


async def test_of_a_playlist_all_that_can_be_had_arrives(bob: Guest) -> None:
    bob.says("https://www.youtube.com/playlist?list=PLsandbox00000mixed")
    picker = await bob.sees_button("☑️ All")
    assert "Some cannot be had" in picker.text
    assert any("1. The big colour test" in button.label for button in picker.buttons)
    await bob.taps(picker, "☑️ All")
    await bob.taps(await bob.sees_button("Get 3 items"), "480p")
    await bob.taps(await bob.sees_button("up to 480p"), "Get 3 items")
    await bob.gets("video", 2)
    told = await bob.sees("✅ 2 of 3 arrived")
    assert "1 failed" in told.text
    assert "only people whom its owner invited" in told.text


async def test_a_video_in_a_list_offers_the_whole_list(bob: Guest) -> None:
    card = await bob.asks_for(f"{WATCH}colourtest1&list=PLsandbox000000two&index=1")
    await bob.taps(card, "The whole list")
    picker = await bob.sees_button("2. A short")
    assert "Two videos" in picker.text


@pytest.mark.parametrize(
    ("video_id", "sentence"),
    [
        ("privateone1", "This video is private: only people whom its owner invited can see it."),
        ("agegated001", "YouTube shows this video only to adults who are logged in, and I am not."),
        ("membersonl1", "This video is only for paying members of the channel."),
        ("geoblocked1", "The owner of this video does not show it in the country where I am."),
        ("removed0001", "This is not on YouTube any more."),
        ("terminated1", "YouTube has closed the account that this video belonged to."),
        ("livestream1", "This is live right now."),
        ("premiere001", "This begins at 20"),
        ("botcheck001", "YouTube does not let me in right now"),
        ("ratelimit01", "YouTube says that I ask too often. Please try again in 2:00."),
    ],
)
async def test_each_refusal_is_a_sentence_of_its_own(bob: Guest, video_id: str, sentence: str) -> None:
    sent = bob.says(f"{WATCH}{video_id}")
    told = await bob.sees(lambda m: "❌" in m.text and m.reply_to_id == sent.message_id)
    assert sentence in told.text, bob.story()


async def test_the_youtube_plugin_answers_before_the_one_for_any_site(bob: Guest) -> None:
    bob.says(f"{WATCH}removed0001&again=1")
    await bob.sees("not on YouTube any more")
    failed = [line for line in bob.live.log_lines() if line.get("event") == "request.failed"]
    assert failed[-1]["plugin"] == "youtube"


async def test_an_admin_sends_cookies_that_work_at_once_and_are_seen_nowhere(live: LiveBot, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES)
    alice = Guest(live, live.stage.person)
    alice.says("/youtube_cookies")
    state = await alice.sees_button("Send new ones")
    await alice.taps(state, "Send new ones")
    await alice.sees("in Netscape format")
    sent = await alice.person.send_file(cookies)
    told = await alice.sees("I use these cookies from now on")
    assert "2 cookies were understood, 1 of other sites were left out" in told.text
    await alice.sees_vanish(sent)
    try:
        card = await alice.asks_for(f"{WATCH}agegated001&cookies=1")
        await alice.taps(card, "Cancel")
    finally:
        alice.says("/youtube_cookies")
        await alice.taps(await alice.sees_button("Forget them"), "Forget them")
        await alice.sees("There are no cookies of YouTube")
    said = "\n".join(text for message in alice.messages() for text in alice.history(message))
    assert "secret" not in said + live.log.read_text()


async def test_nobody_but_admins_hears_of_cookies_and_not_in_groups(live: LiveBot, bob: Guest) -> None:
    bob.says("/youtube_cookies")
    alice = live.stage.person
    group = live.stage.world.new_chat("Cookies", [alice.user, bob.person.user])
    shared = Guest(live, alice, group)
    shared.says("/youtube_cookies")
    await shared.sees("Please ask me in a private chat.")
    assert not any("🍪" in message.text for message in bob.messages())
