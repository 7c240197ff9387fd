"""Under a size, whatever the encoder makes of its bitrate, and without doing again what is done."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import Input, MediaInfo, MediaTools, Watch
from fetchgram.testing import FakeMediaTools
from fetchgram_compress import arguments
from fetchgram_compress.budget import Budget
from fetchgram_compress.engine import Engine
from fetchgram_compress.fit import Fitting
from fetchgram_compress.plan import plan, plans
from fetchgram_compress.tracks import Plan, Unreachable
from fetchgram_compress.wishes import Wish

from .conftest import FILM, began_s, look

if TYPE_CHECKING:
    from .conftest import Corpus

SOURCE = replace(FILM, size_bytes=20_000_000, duration_s=60.0)


class Scales(FakeMediaTools):
    """An encoder that misses its bitrate by what a test says, and remembers what it was asked for."""

    def __init__(self, miss: Callable[[int], float]) -> None:
        self.miss = miss
        self.sounds = 0
        self.firsts = 0
        self.notes = ""
        self.kbps: list[float] = []

    async def run(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        output: Path,
        workdir: Path,
        watch: Watch | None = None,
        notes: Path | None = None,
    ) -> None:
        if "-vn" in arguments:
            self.sounds += 1
            await asyncio.to_thread(output.write_bytes, b"\0" * 100_000)
            return
        self.kbps.append(float(arguments[list(arguments).index("-b:v") + 1].removesuffix("k")))
        size = int(self.kbps[-1] * 125 * 60 * self.miss(len(self.kbps))) + 100_000
        if watch is not None and watch.on_progress is not None:
            watch.on_progress(1.0)
        await asyncio.to_thread(output.write_bytes, b"\0" * size)

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        self.firsts += 1
        await asyncio.to_thread(notes.with_name(f"{notes.name}-0.log").write_text, self.notes)


@pytest.fixture
def ten_mb() -> Plan:
    return plan(SOURCE, Wish(max_bytes=10_000_000))


def fitting(scales: Scales, folder: Path, source: MediaInfo = SOURCE, encoder: str = "libx264") -> Fitting:
    return Fitting(scales, source, folder / "film.mp4", folder, encoder, Watch())


async def test_the_sound_is_weighed_before_the_picture_gets_its_bits(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda _: 1.0)
    assert await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None) == 1
    (kbps,) = scales.kbps
    assert 0.99 < (kbps * 125 * 60 + 12 * 30 * 60 + 100_000) / 10_000_000 < 0.996


async def test_an_encoder_that_takes_too_much_gets_less_and_no_new_first_pass(ten_mb: Plan, tmp_path: Path) -> None:
    scales, shares = Scales(lambda attempt: 1.3 if attempt == 1 else 1.02), list[float]()
    assert await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", shares.append) == 2
    assert (scales.firsts, scales.sounds) == (1, 1)
    assert (tmp_path / "o.mp4").stat().st_size <= 10_000_000
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_an_encoder_that_never_keeps_below_is_given_up_and_leaves_nothing(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda attempt: 3.0**attempt**2)
    with pytest.raises(Unreachable):
        await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert not (tmp_path / "o.mp4").exists()


async def test_what_an_earlier_attempt_finished_is_not_done_again(ten_mb: Plan, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(_attempt: int) -> float:
        raise Killed

    dying = Scales(die)
    with pytest.raises(Killed):
        await fitting(dying, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert (dying.sounds, dying.firsts) == (1, 1)
    again = Scales(lambda _: 1.0)
    await fitting(again, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert (again.sounds, again.firsts) == (0, 0)


async def test_another_film_or_wish_in_the_same_folder_starts_from_nothing(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda _: 1.0)
    await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    await fitting(scales, tmp_path).make(replace(ten_mb, cut_s=(1.0, 61.0)), tmp_path / "o.mp4", lambda _: None)
    await fitting(scales, tmp_path, replace(SOURCE, size_bytes=1)).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert scales.firsts == 3


async def test_an_encoder_without_notes_takes_one_pass(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda _: 1.0)
    await fitting(scales, tmp_path, encoder="h264_nvenc").make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert scales.firsts == 0


@pytest.mark.asyncio(loop_scope="session")
async def test_a_first_pass_begins_at_a_middling_quantiser_whatever_the_bitrate(
    tools: MediaTools, corpus: Corpus, tmp_path: Path
) -> None:
    film = corpus.into(tmp_path, "talk.mp4")
    source = await tools.inspect(film)
    for max_bytes in (40_000, 400_000):
        *_, found = plans(source, Wish(max_bytes=max_bytes))
        words = arguments.silent(found, source, "libx264")
        await tools.first_pass(words, inputs=[film], notes=tmp_path / "notes", workdir=tmp_path)
        frames = re.findall(r" q:([\d.]+) ", (tmp_path / "notes-0.log").read_text())
        assert float(frames[0]) == pytest.approx(25, abs=1)


@pytest.mark.parametrize(
    ("kinds", "shown", "runs"), [("IPPP", (0, 1, 2, 3), 1), ("IPbB", (0, 3, 1, 2), 3), ("IPIP", (0, 1, 2, 3), 1)]
)
async def test_the_index_is_weighed_by_what_was_noted(
    ten_mb: Plan, tmp_path: Path, kinds: str, shown: Sequence[int], runs: int
) -> None:
    scales = Scales(lambda _: 1.0)
    scales.notes = "".join(
        f"in:{at} out:{place} type:{kind} dur:2 cpbdur:2 q:25.00\n"
        for place, (at, kind) in enumerate(zip(shown, kinds, strict=True))
    )
    await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    known = Budget(
        max_bytes=10_000_000, duration_s=60.0, fps=30.0, index_bytes=1700 + 4 * 4 + 8 * runs + 4 * kinds.count("I")
    )
    assert scales.kbps == [int(known.video_kbps(100_000))]


async def test_an_index_of_frames_of_uneven_length_gets_the_most_that_it_can_take(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda _: 1.0)
    scales.notes = "in:0 out:0 type:I dur:2 cpbdur:2 q:25.00\nin:1 out:1 type:P dur:5 cpbdur:5 q:25.00\n"
    await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None)
    assert scales.kbps == [int(Budget(max_bytes=10_000_000, duration_s=60.0, fps=30.0).video_kbps(100_000))]


@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_picture_takes_too_much_is_taken_from_its_sound(
    engine: Engine, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram_compress.budget._MARGIN", -0.015)  # the encoder meets more than there is
    film = corpus.into(tmp_path, "talk.mp4")
    made = await engine.make(film, Wish(max_bytes=400_000), tmp_path, "result", lambda _: None)
    asked = made.plan.sound.kbps if made.plan.sound is not None else None
    assert (made.attempts, made.info.audio_codec, made.info.video_codec) == (1, "aac", "h264")
    assert 390_000 < made.path.stat().st_size <= 400_000
    assert (made.info.audio_kbps or 0) < (asked or 0) * 0.95
    assert look(made.path).span_s == pytest.approx(3.0, abs=0.05)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_sound_that_gives_something_keeps_its_time(
    engine: Engine, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram_compress.budget._MARGIN", -0.25)  # its sound is a quarter longer than its picture
    film = corpus.into(tmp_path, "late_sound.mp4")
    made = await engine.make(film, Wish(max_bytes=60_000), tmp_path, "result", lambda _: None)
    picture_s, sound_s = began_s(made.path)
    assert (made.attempts, (tmp_path / "result-picture.mp4").exists()) == (1, True)
    assert sound_s - picture_s == pytest.approx(0.8, abs=0.06)


async def test_a_sound_gives_only_a_part_of_itself(ten_mb: Plan, tmp_path: Path) -> None:
    scales = Scales(lambda attempt: 1.02 if attempt == 1 else 1.0)
    assert await fitting(scales, tmp_path).make(ten_mb, tmp_path / "o.mp4", lambda _: None) == 2
