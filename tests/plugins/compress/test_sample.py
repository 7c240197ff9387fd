"""A piece of a film tells how the rest will be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import FfmpegError, Input, MediaInfo, Watch
from fetchgram.testing import FakeMediaTools
from fetchgram_compress.engine import Engine
from fetchgram_compress.plan import plan
from fetchgram_compress.sample import Sample, has_notes
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.speed import Speed
from fetchgram_compress.wishes import Wish

from .conftest import FILM, names_in

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def test_a_piece_tells_how_large_a_film_gets_and_leaves_nothing(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path, wish = corpus.into(tmp_path, "talk.mp4"), Wish(height_px=180)
    guessed, _ = engine.plan(await engine._media.inspect(path), wish)
    said, time_s = await engine.predict(path, wish, tmp_path)
    assert names_in(tmp_path) == ["source.mp4"]
    made = await engine.make(path, wish, tmp_path, "result", lambda _: None)
    assert said.size_bytes == pytest.approx(made.info.size_bytes, rel=0.3)
    assert abs(said.size_bytes - made.info.size_bytes) < abs(guessed.size_bytes - made.info.size_bytes)
    assert time_s > 0


async def test_a_size_that_is_met_exactly_needs_no_piece_to_be_told(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path = corpus.into(tmp_path, "talk.mp4")
    said, _ = await engine.predict(path, Wish(max_bytes=150_000), tmp_path)
    assert 140_000 < said.size_bytes <= 150_000


@pytest.mark.parametrize(("name", "wish"), [("moment.mp4", Wish(height_px=64)), ("fast.mp4", Wish(max_bytes=10**8))])
async def test_what_has_no_piece_to_spare_is_told_as_on_the_menu(
    engine: Engine, corpus: Corpus, tmp_path: Path, name: str, wish: Wish
) -> None:
    path = corpus.into(tmp_path, name)
    assert await engine.predict(path, wish, tmp_path) == engine.plan(await engine._media.inspect(path), wish)


async def test_what_a_piece_took_is_stretched_to_the_whole() -> None:
    seen = Sample(start_s=1.0, pace=0.5, first_bytes=1000, bytes_per_s=100)
    large, free = plan(FILM, Wish(max_bytes=60_000_000)), plan(FILM, Wish(height_px=360))
    assert has_notes(large, "libx264")
    assert not has_notes(large, "h264_nvenc")
    assert not has_notes(free, "libx264")
    assert seen.time_s(free) == pytest.approx(1.0 + 0.5 * 300, rel=0.15)
    assert seen.size_bytes(free) == 31 * 1000 + 300 * 100 + 128 * 125 * 300


async def test_a_piece_is_told_also_of_a_size_at_which_its_first_picture_alone_is_too_large(
    engine: Engine, corpus: Corpus, tmp_path: Path
) -> None:
    path, wish = corpus.into(tmp_path, "talk.mp4"), Wish(max_bytes=30_000)
    said, time_s = await engine.predict(path, wish, tmp_path)
    assert said.size_bytes <= 30_000
    assert time_s != engine.plan(await engine._media.inspect(path), wish)[1]
    assert names_in(tmp_path) == ["source.mp4"]


class Refuses(FakeMediaTools):
    """An x264 to which every bitrate is too low, from the first or the second piece on."""

    def __init__(self, *, from_piece: int) -> None:
        self.pieces = 0
        self._from_piece = from_piece

    async def inspect(self, path: Path) -> MediaInfo:
        return FILM

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        self.pieces += 1

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
        if self.pieces >= self._from_piece:
            raise FfmpegError("failed", "x264 [error]: requested bitrate is too low. estimated minimum is 9 kbps")
        await asyncio.to_thread(output.write_bytes, b"\0" * 1000)


@pytest.mark.parametrize("piece", [1, 2])
async def test_what_no_bitrate_is_enough_for_is_told_as_on_the_menu(tmp_path: Path, piece: int) -> None:
    media, wish = Refuses(from_piece=piece), Wish(max_bytes=60_000_000)
    engine = Engine(media, CompressSettings(), Speed())
    assert await engine.predict(tmp_path / "film.mp4", wish, tmp_path) == engine.plan(FILM, wish)
    assert media.pieces == 2
    assert names_in(tmp_path) == []
