"""Files and wishes at the edges of what there is: each of these was wrong once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest

from fetchgram.api import ContentUnavailable, FfmpegError, TooLarge
from fetchgram_compress.engine import Engine
from fetchgram_compress.wishes import Form, Wish

from .conftest import FILM, began_s, look

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    ("wish", "late_s"),
    [
        (Wish(max_bytes=60_000), 0.8),
        (Wish(max_bytes=60_000, audio_kbps=48), 0.8),
        (Wish(max_bytes=60_000, cut_s=(0.4, 2.4)), 0.4),
    ],
)
async def test_a_sound_that_begins_later_than_its_picture_still_does(
    engine: Engine, corpus: Corpus, tmp_path: Path, wish: Wish, late_s: float
) -> None:
    made = await engine.make(corpus.into(tmp_path, "late_sound.mp4"), wish, tmp_path, "result", lambda _: None)
    picture_s, sound_s = began_s(made.path)
    assert sound_s - picture_s == pytest.approx(
        late_s, abs=0.06
    )  # some frames of AAC, which begins with one of silence


@pytest.mark.parametrize("wish", [Wish(), Wish(max_bytes=30_000)])
async def test_a_stretch_behind_the_end_of_the_sound_comes_without_one(
    engine: Engine, corpus: Corpus, tmp_path: Path, wish: Wish
) -> None:
    path, wish = corpus.into(tmp_path, "early_end.mp4"), replace(wish, cut_s=(1.0, 2.0))
    made = await engine.make(path, wish, tmp_path, "result", lambda _: None)
    assert (made.info.audio_codec, look(made.path).frames) == (None, 25)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(everywhere=True),
        Wish(max_bytes=9_000, mute=True),
        Wish(form=Form.PICTURE, format="jpeg"),
        Wish(form=Form.SOUND, format="mp3"),
    ],
)
async def test_a_stretch_between_the_last_picture_and_the_end_is_told_as_empty(
    engine: Engine, corpus: Corpus, tmp_path: Path, wish: Wish
) -> None:
    path, wish = corpus.into(tmp_path, "early_end.mp4"), replace(wish, cut_s=(2.99, 4.0))
    with pytest.raises(FfmpegError) as caught:
        await engine.make(path, wish, tmp_path, "result", lambda _: None)
    assert caught.value.text.key == "compress-empty-cut"


async def test_a_file_that_cannot_be_read_is_told_without_a_word_of_links(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "empty.mp4")
    for looked in (engine.look(path), engine.make(path, Wish(mute=True), tmp_path, "result", lambda _: None)):
        with pytest.raises(ContentUnavailable) as caught:
            await looked
        assert caught.value.text.key == "compress-unreadable"


@pytest.mark.parametrize(
    ("name", "wish"),
    [("tiny.jpg", Wish(max_bytes=200)), ("song.mp3", Wish(form=Form.SOUND, format="m4a", max_bytes=3_000))],
)
async def test_the_size_that_is_told_as_the_smallest_is_met(
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, wish: Wish
) -> None:
    path = corpus.into(tmp_path, name)
    with pytest.raises(TooLarge) as caught:
        await engine.make(path, wish, tmp_path, "result", lambda _: None)
    told = cast("int", caught.value.text.params["smallest"])
    assert told % 1_000 == 0 or told < 1_000  # as it is shown
    made = await engine.make(path, replace(wish, max_bytes=told), tmp_path, "result", lambda _: None)
    assert made.path.stat().st_size <= told


async def test_a_file_that_may_stay_is_itself_the_smallest(engine: Engine) -> None:
    blip = replace(FILM, kind="audio", container="mp3", duration_s=0.05, size_bytes=852, audio_codec="mp3")
    with pytest.raises(TooLarge) as caught:
        engine.plan(blip, Wish(max_bytes=500))
    assert caught.value.limit_bytes == blip.size_bytes
    with pytest.raises(TooLarge) as caught:
        engine.plan(blip, Wish(form=Form.SOUND, format="wav", max_bytes=500))
    assert caught.value.limit_bytes > blip.size_bytes


@pytest.mark.parametrize(
    ("turn_deg", "white"),
    [
        (90, ["top left", "top right"]),
        (180, ["top right", "bottom right"]),
        (270, ["bottom left", "bottom right"]),
    ],
)
async def test_a_film_is_turned_clockwise_with_square_pixels(
    engine: Engine, corpus: Corpus, tmp_path: Path, turn_deg: int, white: list[str]
) -> None:
    path = corpus.into(tmp_path, "oblong.mp4")
    made = await engine.make(path, Wish(turn_deg=turn_deg), tmp_path, "result", lambda _: None)
    with av.open(str(made.path)) as film:
        (stream,) = film.streams.video
        frame = next(film.decode(stream))
    assert {frame.width, frame.height} == {64, 66}  # of 50 x 64 at 4:3, which would be 66.7
    assert stream.sample_aspect_ratio == Fraction(1)
    assert white_corners(frame) == white


def white_corners(frame: av.VideoFrame) -> list[str]:
    plane = frame.reformat(format="gray").planes[0]
    right, bottom, pixels = frame.width - 5, frame.height - 5, bytes(plane)
    at = {"top left": (4, 4), "top right": (right, 4), "bottom left": (4, bottom), "bottom right": (right, bottom)}
    return [corner for corner, (x, y) in at.items() if pixels[y * plane.line_size + x] > 200]


@pytest.mark.parametrize("wish", [Wish(codec="hevc"), Wish(max_bytes=60_000)])
async def test_an_interlaced_film_is_made_whole(engine: Engine, corpus: Corpus, tmp_path: Path, wish: Wish) -> None:
    path = corpus.into(tmp_path, "interlaced.mp4")
    made = await engine.make(path, wish, tmp_path, "result", lambda _: None)
    assert (look(made.path).frames, made.info.height_px) == (50, 108)
    assert combed(made.path) < combed(path) / 2


def combed(path: Path) -> float:
    """Return how much lines differ from the next ones, beside those of the same half of the frame."""
    with av.open(str(path)) as film:
        pictures = np.array([frame.to_ndarray(format="gray") for frame in film.decode(video=0)], dtype=np.float64)
    next_one, same_half = (np.abs(pictures[:, step:] - pictures[:, :-step]).mean() for step in (1, 2))
    return float(next_one / same_half)
