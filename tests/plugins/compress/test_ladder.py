from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram_compress.ladder import MOST_BLOCKS, MOST_BLOCKS_PER_S, Frame, even, fitting, rungs

from .conftest import PATIENT

frames = st.builds(
    Frame,
    width_px=st.integers(1, 4000).map(lambda n: 2 * n),
    height_px=st.integers(1, 4000).map(lambda n: 2 * n),
    fps=st.floats(1, 120),
)


@PATIENT
@given(frames)
def test_each_rung_is_smaller_than_the_one_before_and_of_the_same_shape(frame: Frame) -> None:
    steps = list(rungs(frame))
    assert steps[0] == frame
    for above, below in itertools.pairwise(steps):
        assert below.pixels_per_s < above.pixels_per_s
        assert (below.width_px % 2, below.height_px % 2) == (0, 0)
        assert below.fps <= frame.fps
        assert abs(below.width_px - frame.width_px * below.short_px / frame.short_px) <= 2 * max(
            1.0, frame.width_px / frame.short_px
        )


@PATIENT
@given(frames)
def test_level_41_is_kept(frame: Frame) -> None:
    fitted = frame.for_level_41()
    blocks = -(-fitted.width_px // 16) * -(-fitted.height_px // 16)
    if frame.width_px < 20 * frame.height_px and frame.height_px < 20 * frame.width_px:
        assert blocks <= MOST_BLOCKS
        assert blocks * fitted.fps <= MOST_BLOCKS_PER_S * 1.02


def test_common_films_pass_level_41_as_they_are() -> None:
    for frame in (Frame(1920, 1080, 30.0), Frame(1280, 720, 60.0), Frame(1080, 1920, 25.0)):
        assert frame.for_level_41() == frame


def test_1080p_at_60_frames_goes_to_30() -> None:
    assert Frame(1920, 1080, 60.0).for_level_41() == Frame(1920, 1080, 30.0)


@pytest.mark.parametrize(
    ("fps", "most", "expected"), [(60, 30, 30), (50, 30, 25), (25, 30, 25), (29.97, 30, 29.97), (60, 24, 24)]
)
def test_a_rate_is_halved_where_that_is_close(fps: float, most: float, expected: float) -> None:
    assert Frame(2, 2, fps).slowed(most).fps == pytest.approx(expected)


def test_the_resolution_goes_down_before_the_picture_gets_ugly() -> None:
    frame = Frame(1920, 1080, 30.0)
    heights = []
    for kbps in (4000, 1500, 800, 400, 150, 40):
        rung = fitting(frame, kbps * 1000, 0.03)
        heights.append(rung.height_px if rung else None)
    assert heights == [1080, 720, 540, 432, 288, 144]


@PATIENT
@given(frames, st.floats(1_000, 100_000_000), st.floats(0, 10_000_000))
def test_more_bits_never_mean_less_picture(frame: Frame, bits_per_s: float, more: float) -> None:
    less, most = fitting(frame, bits_per_s, 0.03), fitting(frame, bits_per_s + more, 0.03)
    if less is not None:
        assert most is not None
        assert most.pixels_per_s >= less.pixels_per_s


@PATIENT
@given(st.floats(0, 10_000))
def test_sides_are_even_and_never_nothing(length: float) -> None:
    assert even(length) >= 2
    assert even(length) % 2 == 0
