"""Every kind of thing behind a link arrives as what it is."""

from __future__ import annotations

import pytest

from .conftest import Guest

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def test_a_song_arrives_as_audio_with_title_performer_and_cover(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/song?kinds=1")
    await bob.taps(card, "Audio")
    song = await bob.gets("audio")
    assert song.title == "Test tone"
    assert song.performer == "Sandbox Band"
    assert song.duration_s == 6
    assert song.thumbnail is not None


async def test_only_the_sound_of_a_video_can_be_had(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kinds=sound")
    await bob.taps(card, "Audio")
    song = await bob.gets("audio")
    assert song.duration_s == 6
    assert song.mime.startswith("audio/")


async def test_a_picture_arrives_as_a_photo(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/media/picture.jpg?kinds=1")
    await bob.taps(card, "Picture")
    photo = await bob.gets("photo")
    assert (photo.width_px, photo.height_px) == (1280, 720)


@pytest.mark.parametrize("page", ["stream", "dash"])
async def test_a_stream_in_pieces_arrives_as_one_playable_video(bob: Guest, page: str) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/{page}?kinds=1")
    await bob.taps(card, "360p")
    video = await bob.gets("video")
    assert (video.width_px, video.height_px) == (640, 360)
    assert video.duration_s in {6, 7}
    assert video.mime == "video/mp4"
    assert video.thumbnail is not None
    await bob.sees_vanish(card)


async def test_a_direct_link_to_a_video_file_arrives(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/media/clip-144.mp4?kinds=1")
    await bob.taps(card, card.buttons[0].label)
    assert (await bob.gets("video")).height_px == 144
