"""What is to be done, over files that there are and files that there might be."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fetchgram.api import MediaInfo, MediaKind
from fetchgram_compress.budget import Budget
from fetchgram_compress.plan import plan, plans
from fetchgram_compress.tracks import Impossible, Plan, Unreachable, Work
from fetchgram_compress.wishes import Form, Wish

from .conftest import FILM, PATIENT

MB = 1_000_000
COSTS = list(Work)

films: st.SearchStrategy[MediaInfo] = st.builds(
    MediaInfo,
    kind=st.just("video"),
    mime=st.just("video/mp4"),
    size_bytes=st.integers(10_000, 4_000_000_000),
    container=st.sampled_from(["mov", "matroska", "avi", "mpegts"]),
    duration_s=st.floats(0.2, 20_000),
    width_px=st.integers(16, 4096),
    height_px=st.integers(16, 4096),
    rotation_deg=st.sampled_from([0, 90, 180, 270]),
    video_codec=st.sampled_from(["h264", "hevc", "vp9", "av1", "mpeg4", "vp8"]),
    video_kbps=st.none() | st.integers(10, 50_000),
    fps=st.none() | st.floats(1, 120),
    pixel_format=st.sampled_from(["yuv420p", "yuv420p10le", "yuv444p"]),
    profile=st.sampled_from(["High", "Main", "Constrained Baseline", "High 4:4:4 Predictive", None]),
    level=st.none() | st.integers(10, 62),
    hdr=st.booleans(),
    audio_codec=st.none() | st.sampled_from(["aac", "mp3", "opus", "ac3"]),
    audio_kbps=st.none() | st.integers(16, 640),
    audio_channels=st.none() | st.integers(1, 8),
    audio_tracks=st.integers(0, 3),
    starts_fast=st.booleans(),
)
film_wishes: st.SearchStrategy[Wish] = st.builds(
    Wish,
    form=st.sampled_from([Form.SAME, Form.NOTE, Form.ANIMATION]),
    codec=st.none() | st.sampled_from(["h264", "hevc", "av1"]),
    everywhere=st.booleans(),
    max_bytes=st.none() | st.integers(1_000, 2_000_000_000),
    height_px=st.none() | st.sampled_from([144, 480, 720, 1080]),
    fps=st.none() | st.sampled_from([15.0, 30.0]),
    audio_kbps=st.none() | st.sampled_from([32, 128]),
    mute=st.booleans(),
    turn_deg=st.sampled_from([0, 90, 180, 270]),
)


def found(source: MediaInfo, wish: Wish) -> list[Plan]:
    steps: list[Plan] = []
    with contextlib.suppress(Unreachable):
        steps.extend(plans(source, wish))
    return steps


def smallest(source: MediaInfo, wish: Wish) -> int | None:
    """Return what is said to be the smallest reachable size; `None` when the wish is met."""
    try:
        list(plans(source, wish))
    except Unreachable as error:
        return error.smallest_bytes
    return None


@PATIENT
@given(films, film_wishes)
def test_plans_come_cheapest_first_and_each_is_expected_to_fit(source: MediaInfo, wish: Wish) -> None:
    steps = found(source, wish)
    assert [step.work for step in steps] == sorted((step.work for step in steps), key=COSTS.index)
    for step in steps:
        assert wish.max_bytes is None or step.size_bytes <= wish.max_bytes


@PATIENT
@given(films, film_wishes)
def test_a_result_is_never_larger_faster_or_longer_than_its_source(source: MediaInfo, wish: Wish) -> None:
    for step in found(source, wish):
        assert step.duration_s <= (source.duration_s or 0) + 1e-9
        if step.video is None:
            continue
        shown = {source.width_px or 0, source.height_px or 0}
        assert max(step.video.width_px, step.video.height_px) <= max(shown) + 1
        assert step.video.fps <= (source.fps or 30) + 1e-9
        if step.video.codec is not None:
            assert (step.video.width_px % 2, step.video.height_px % 2) == (0, 0)
        if wish.height_px and step.video.codec is not None:
            assert min(step.video.width_px, step.video.height_px) <= max(wish.height_px, 2)
        assert (step.sound is not None) <= (source.audio_codec is not None)
        assert not (wish.mute and step.sound is not None and step.work is not Work.LEAVE)


NARROW = MediaInfo(
    kind="video",
    mime="video/mp4",
    size_bytes=10_000,
    duration_s=1.0,
    width_px=122,
    height_px=1712,
    video_codec="h264",
    audio_codec="aac",
)
"""There the sound that is usual at the smallest size leaves too little for the picture, and a smaller one does not."""


@PATIENT
@given(films, film_wishes.filter(lambda wish: wish.max_bytes is not None))
@example(NARROW, Wish(max_bytes=1000, turn_deg=90))
def test_what_is_said_to_be_the_smallest_is_reachable(source: MediaInfo, wish: Wish) -> None:
    least_bytes = smallest(source, wish)
    assume(least_bytes is not None)
    assert least_bytes is not None
    assume(source.video_kbps is None or source.video_kbps > 2000)  # a poor source cannot fill what is asked
    assert plan(source, replace(wish, max_bytes=least_bytes + 1)).size_bytes <= least_bytes + 1


@PATIENT
@given(films, st.integers(100_000, 500 * MB), st.integers(0, 500 * MB))
def test_more_room_never_means_less_picture(source: MediaInfo, max_bytes: int, more: int) -> None:
    def picture(size: int) -> float:
        try:
            *_, last = plans(source, Wish(max_bytes=size, codec="h264" if source.video_codec != "h264" else "hevc"))
        except Unreachable:
            return 0.0
        return last.video.width_px * last.video.height_px if last.video else 0.0

    assert picture(max_bytes + more) >= picture(max_bytes)


@PATIENT
@given(st.integers(100_000, 2_000 * MB), st.floats(1, 10_000), st.floats(1, 120))
def test_a_budget_adds_up_to_no_more_than_the_size(max_bytes: int, duration_s: float, fps: float) -> None:
    budget = Budget(max_bytes=max_bytes, duration_s=duration_s, fps=fps)
    assume(budget.usable_bytes > 0)
    sound = budget.sound_kbps(160) * 125 * duration_s
    kbps = budget.video_kbps(sound)
    assume(kbps > 0)
    assert kbps * 125 * duration_s + sound + 12 * fps * duration_s <= max_bytes


@pytest.mark.parametrize(("name", "is_exact"), [("mp3", True), ("m4a", True), ("opus", False), ("voice", False)])
def test_a_size_is_about_where_the_encoder_takes_a_bitrate_as_a_hint(name: str, *, is_exact: bool) -> None:
    song = replace(FILM, kind="audio", width_px=None, height_px=None, video_codec=None, audio_codec="vorbis")
    assert plan(song, Wish(form=Form.SOUND, format=name)).exact is is_exact


@pytest.mark.parametrize(
    "other", [{}, {"container": "matroska"}, {"container": "mpegts"}, {"audio_tracks": 2}, {"has_cover": True}]
)
def test_a_copy_takes_what_its_film_does_unless_that_holds_something_else(other: dict[str, object]) -> None:
    found = plan(replace(FILM, **other), Wish(mute=True))  # type: ignore[arg-type]  # fields of the row
    assert (found.work, found.exact) == (Work.COPY, not other)


def test_a_sound_gets_smaller_before_a_picture_is_touched_and_fills_the_size() -> None:
    limit = 985 * MB // 10
    found = plan(FILM, Wish(max_bytes=limit))
    assert (found.work, found.video.codec if found.video else "", found.exact) == (Work.SOUND, None, True)
    assert found.sound is not None
    assert 64 <= (found.sound.kbps or 0) < 128
    assert 0.99 * limit < found.size_bytes <= limit


def test_a_picture_that_stays_does_not_starve_its_sound() -> None:
    assert plan(FILM, Wish(max_bytes=94 * MB)).work is Work.VIDEO


def test_what_a_poor_picture_cannot_use_goes_to_the_sound() -> None:
    slides = replace(FILM, video_kbps=20, audio_kbps=192, size_bytes=8 * MB, video_codec="vp9", container="matroska")
    found = plan(slides, Wish(max_bytes=5 * MB))
    assert found.work is Work.VIDEO
    assert found.sound is not None
    assert 60 < (found.sound.kbps or 0) < 110
    assert 0.9 * 5 * MB < found.size_bytes <= 5 * MB


MATRIX = list(
    product(
        ["h264", "hevc"],
        ["aac", "mp3", None],
        ["mov", "mov late", "matroska", "mpegts", "flv"],
        [Wish(max_bytes=200 * MB), Wish(everywhere=True)],
    )
)


@pytest.mark.parametrize(("video", "audio", "container", "wish"), MATRIX)
def test_a_file_that_fits_and_plays_is_never_encoded_again(
    video: str, audio: str | None, container: str, wish: Wish
) -> None:
    name, _, late = container.partition(" ")
    source = replace(FILM, video_codec=video, audio_codec=audio, container=name, starts_fast=name == "mov" and not late)
    step = plan(source, wish)
    if wish.everywhere and video == "hevc":
        assert step.work is Work.VIDEO  # it does not play on every phone
        return
    assert step.work is (Work.LEAVE if container == "mov" else Work.COPY)


def test_a_file_that_fits_but_cannot_be_copied_into_an_mp4_is_left() -> None:
    source = replace(FILM, video_codec="vp9", audio_codec="opus", container="matroska", starts_fast=False)
    assert plan(source, Wish(max_bytes=200 * MB)).work is Work.LEAVE


def test_sound_alone_is_encoded_when_that_is_enough() -> None:
    loud = replace(FILM, size_bytes=20 * MB, duration_s=100.0, video_kbps=1200, audio_kbps=320, audio_codec="mp3")
    assert plan(loud, Wish(max_bytes=18 * MB)).work is Work.SOUND
    foreign = replace(FILM, audio_codec="opus")
    assert plan(foreign, Wish(everywhere=True)).work is Work.SOUND


def test_too_many_sounds_are_left_behind_before_anything_is_encoded() -> None:
    source = replace(FILM, size_bytes=150 * MB, audio_tracks=4)
    assert plan(source, Wish(max_bytes=110 * MB)).work is Work.COPY


def test_everywhere_means_level_41_8_bits_and_no_hdr() -> None:
    source = replace(FILM, video_codec="hevc", pixel_format="yuv420p10le", hdr=True, width_px=3840, height_px=2160)
    step = plan(source, Wish(everywhere=True))
    assert step.video is not None
    assert (step.video.codec, step.video.to_sdr, step.video.height_px) == ("h264", True, 1080)
    for more in ({"level": 52}, {"profile": "High 10"}, {"pixel_format": "yuv444p"}):
        changed: dict[str, Any] = more
        assert plan(replace(FILM, **changed), Wish(everywhere=True)).work is Work.VIDEO


def test_a_video_note_is_square_and_a_minute_at_most() -> None:
    step = plan(FILM, Wish(form=Form.NOTE))
    assert step.video is not None
    assert (step.video.width_px, step.video.height_px, step.video.square) == (480, 480, True)
    assert (step.duration_s, step.cut_s, step.kind) == (60.0, (0.0, 60.0), MediaKind.VIDEO_NOTE)
    late = plan(FILM, Wish(form=Form.NOTE, cut_s=(10.0, 200.0)))
    assert late.cut_s == (10.0, 70.0)


def test_an_animation_has_no_sound_and_is_copied_when_it_can_be() -> None:
    small = replace(FILM, width_px=640, height_px=360)
    assert (plan(small, Wish(form=Form.ANIMATION)).work, plan(FILM, Wish(form=Form.ANIMATION)).work) == (
        Work.COPY,
        Work.VIDEO,
    )
    assert plan(small, Wish(form=Form.ANIMATION)).sound is None


def test_a_cut_is_copied_only_where_it_hits_its_frames() -> None:
    in_order = replace(FILM, profile="Constrained Baseline")
    assert plan(in_order, Wish(cut_s=(0.0, 10.0))).work is Work.COPY
    assert plan(in_order, Wish(cut_s=(5.0, 10.0))).work is Work.VIDEO
    assert plan(FILM, Wish(cut_s=(0.0, 10.0))).work is Work.VIDEO
    with pytest.raises(Impossible):
        plan(FILM, Wish(cut_s=(400.0, 500.0)))


def test_a_turn_changes_the_sides() -> None:
    step = plan(FILM, Wish(turn_deg=90))
    assert step.video is not None
    assert (step.video.width_px, step.video.height_px) == (1080, 1920)


def test_a_newer_codec_is_expected_to_be_smaller() -> None:
    poor = replace(FILM, video_kbps=900, size_bytes=39 * MB)
    for codec in ("hevc", "av1"):
        assert plan(poor, Wish(codec=codec)).size_bytes < 0.8 * poor.size_bytes


def test_sound_of_a_silent_film_and_film_of_a_song_are_impossible() -> None:
    with pytest.raises(Impossible):
        plan(replace(FILM, audio_codec=None), Wish(form=Form.SOUND, format="mp3"))
    song = MediaInfo(
        kind="audio", mime="audio/mpeg", size_bytes=MB, audio_codec="mp3", duration_s=60.0, container="mp3"
    )
    with pytest.raises(Impossible):
        plan(song, Wish(form=Form.NOTE))
    with pytest.raises(Impossible):
        plan(MediaInfo(kind="document", mime="text/plain", size_bytes=1), Wish(max_bytes=1))


SONG = MediaInfo(
    kind="audio",
    mime="audio/mpeg",
    size_bytes=4_800_000,
    container="mp3",
    duration_s=200.0,
    audio_codec="mp3",
    audio_kbps=192,
    audio_channels=2,
    audio_tracks=1,
)


@pytest.mark.parametrize(
    ("wish", "work", "suffix", "kbps", "kind"),
    [
        (Wish(form=Form.SOUND, format="mp3"), Work.LEAVE, "", None, None),
        (Wish(form=Form.SOUND, format="m4a"), Work.SOUND, ".m4a", 160, MediaKind.AUDIO),
        (Wish(form=Form.SOUND, format="opus"), Work.SOUND, ".opus", 96, MediaKind.DOCUMENT),
        (Wish(form=Form.SOUND, format="flac"), Work.SOUND, ".flac", None, MediaKind.DOCUMENT),
        (Wish(form=Form.SOUND, format="voice"), Work.SOUND, ".ogg", 48, MediaKind.VOICE),
        (Wish(form=Form.SOUND, format="mp3", audio_kbps=64), Work.SOUND, ".mp3", 64, MediaKind.AUDIO),
        (Wish(max_bytes=5 * MB), Work.LEAVE, "", None, None),
        (Wish(max_bytes=2 * MB), Work.SOUND, ".mp3", 64, MediaKind.AUDIO),
        (Wish(form=Form.SOUND, format="mp3", max_bytes=1 * MB), Work.SOUND, ".mp3", 32, MediaKind.AUDIO),
    ],
)
def test_a_song(wish: Wish, work: Work, suffix: str, kbps: int | None, kind: MediaKind | None) -> None:
    step = plan(SONG, wish)
    assert (step.work, step.suffix, step.sound.kbps if step.sound else None, step.kind) == (work, suffix, kbps, kind)


def test_a_song_that_cannot_get_so_small_says_how_small_it_gets() -> None:
    with pytest.raises(Unreachable) as caught:
        plan(SONG, Wish(max_bytes=100_000))
    assert plan(SONG, Wish(max_bytes=caught.value.smallest_bytes)).size_bytes == caught.value.smallest_bytes


def test_the_sound_of_a_film_is_copied_where_its_kind_is_wished() -> None:
    assert plan(FILM, Wish(form=Form.SOUND, format="m4a")).work is Work.COPY
    assert plan(FILM, Wish(form=Form.SOUND, format="mp3")).work is Work.SOUND


PICTURE = MediaInfo(
    kind="photo", mime="image/png", size_bytes=3 * MB, container="png_pipe", width_px=2000, height_px=1500
)


def test_a_picture_is_left_turned_made_smaller_or_another_kind() -> None:
    assert plan(PICTURE, Wish(max_bytes=4 * MB)).work is Work.LEAVE
    turned = plan(PICTURE, Wish(turn_deg=90))
    assert turned.video is not None
    assert (turned.suffix, turned.video.width_px, turned.video.height_px) == (".png", 1500, 2000)
    upside_down = plan(PICTURE, Wish(turn_deg=180)).video
    assert upside_down is not None
    assert (upside_down.width_px, upside_down.height_px) == (2000, 1500)
    step = plan(PICTURE, Wish(form=Form.PICTURE, format="jpeg"))
    assert (step.suffix, step.kind) == (".jpg", MediaKind.PHOTO)
    tries = found(PICTURE, Wish(form=Form.PICTURE, format="webp", max_bytes=100_000))
    assert [each.size_bytes for each in tries[:5]] == sorted((each.size_bytes for each in tries[:5]), reverse=True)
    assert tries[-1].video is not None
    assert tries[-1].video.height_px == 144
