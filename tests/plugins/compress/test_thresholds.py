"""Where a plan changes: what is just within a limit, and what is just above it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fetchgram.api import MediaInfo
from fetchgram_compress.plan import plan
from fetchgram_compress.tracks import Work
from fetchgram_compress.wishes import Form, Wish

from .conftest import FILM


@pytest.mark.parametrize(
    ("source", "wish", "work"),
    [
        (replace(FILM, level=42), Wish(everywhere=True), Work.VIDEO),
        (FILM, Wish(height_px=1080), Work.LEAVE),
        (replace(FILM, fps=30.3), Wish(fps=30.0), Work.LEAVE),
        (replace(FILM, fps=31.0), Wish(fps=30.0), Work.VIDEO),
    ],
)
def test_a_picture_stays_up_to_its_limit_and_not_above(source: MediaInfo, wish: Wish, work: Work) -> None:
    assert plan(source, wish).work is work


def test_only_h264_gives_up_high_dynamic_range() -> None:
    bright = replace(FILM, video_codec="hevc", hdr=True, pixel_format="yuv420p10le", profile="Main 10")
    tracks = [plan(bright, Wish(codec=codec, height_px=720)).video for codec in ("h264", "hevc")]
    assert [track and track.to_sdr for track in tracks] == [True, False]


def test_a_sound_that_is_cut_is_encoded_beside_its_picture() -> None:
    sounds = [plan(FILM, Wish(height_px=720, cut_s=cut_s)).sound for cut_s in (None, (0.0, 9.0))]
    assert [sound and sound.format for sound in sounds] == [None, "m4a"]


def test_a_song_has_one_channel_where_it_came_with_one_or_gets_few_bits() -> None:
    song = replace(FILM, kind="audio", width_px=None, height_px=None, video_codec=None, audio_codec="flac")
    cases = [(1, 192), (2, 192), (6, 192), (2, 32)]
    found = [
        plan(replace(song, audio_channels=channels), Wish(form=Form.SOUND, format="mp3", audio_kbps=kbps)).sound
        for channels, kbps in cases
    ]
    assert [track and track.channels for track in found] == [1, 2, 2, 1]
