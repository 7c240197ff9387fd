"""A file that a person sends gets the same options as one behind a link."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import av
import pytest

from fetchgram.workers.ffmpeg import find_ffmpeg

from .conftest import Guest

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


def clip(bob: Guest, name: str) -> Path:
    return bob.live.stage.site.clip(name)


async def test_a_sent_film_becomes_a_song(bob: Guest) -> None:
    sent = await bob.person.send_file(clip(bob, "clip-360.mp4"), "video", name="Holiday.mp4")
    screen = await bob.sees_card(sent)
    assert "Holiday" in screen.text
    assert not any(label in button.label for button in screen.buttons for label in ("🔘", "Back"))
    await bob.taps(screen, "Sound only")
    screen = await bob.sees_button("MP3")
    await bob.taps(screen, "MP3")
    screen = await bob.sees_button("✅ 🎵 MP3")
    await bob.taps(screen, "Start")
    song = await bob.gets("audio")
    assert (song.mime, song.name, song.title) == ("audio/mpeg", "Holiday.mp3", "Holiday")
    assert song.thumbnail is not None
    with av.open(str(song.path)) as file:
        assert file.metadata["title"] == "Holiday"
        assert [(cover.codec_context.width, cover.codec_context.height) for cover in file.streams.video] == [(640, 360)]
    await bob.sees_vanish(screen)


async def test_a_start_without_a_wish_is_asked_for_one(bob: Guest) -> None:
    sent = await bob.person.send_file(clip(bob, "clip-144.mp4"), "video")
    screen = await bob.sees_card(sent)
    assert "what you want" in await bob.taps(screen, "Start")


async def test_a_sent_picture_changes_its_kind(bob: Guest) -> None:
    sent = await bob.person.send_file(clip(bob, "picture.jpg"), "photo")
    screen = await bob.sees_card(sent)
    assert re.match(r"🖼 Picture \d+ × \d+ · ", screen.text), screen.text
    assert any("WebP · ≈" in button.label for button in screen.buttons)
    await bob.taps(screen, "PNG")
    screen = await bob.sees_button("✅ 🖼 As PNG")
    await bob.taps(screen, "Start")
    await bob.gets("photo")


async def test_a_sent_gif_is_an_animation_and_becomes_a_small_one(bob: Guest, tmp_path: Path) -> None:
    moving = tmp_path / "wave.gif"
    words = ("-loglevel", "error", "-i", clip(bob, "clip-144.mp4"), "-t", "1", "-r", "5", moving)
    process = await asyncio.create_subprocess_exec(find_ffmpeg(), *map(str, words))
    assert await process.wait() == 0
    sent = await bob.person.send_file(moving, "document")
    screen = await bob.sees_card(sent)
    assert not [button.label for button in screen.buttons if "Sound only" in button.label]
    await bob.taps(screen, "Turn into")
    screen = await bob.sees_button("The GIF as MP4")
    await bob.taps(screen, "The GIF as MP4")
    screen = await bob.sees_button("✅ 🎞 The GIF as MP4")
    await bob.taps(screen, "Start")
    made = await bob.gets("animation")
    assert (made.mime, made.name) == ("video/mp4", "wave.mp4")
    assert made.size_bytes < moving.stat().st_size


async def test_a_file_that_telegram_does_not_hand_out_is_told(bob: Guest, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    large.write_bytes(clip(bob, "clip-144.mp4").read_bytes() + bytes(21_000_000))
    await bob.person.send_file(large, "video")
    told = await bob.sees("20 MB is the most")
    assert not told.buttons, "another try would end in the same way"


async def test_a_document_that_is_no_media_is_answered_as_before(bob: Guest, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing to see")
    await bob.person.send_file(notes, "document")
    await bob.sees("Send me a link")
