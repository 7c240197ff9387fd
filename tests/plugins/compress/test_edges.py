"""Files and wishes at the edges of what there is: each of these was wrong once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from fetchgram_compress.engine import Engine
from fetchgram_compress.wishes import Wish

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
    assert sound_s - picture_s == pytest.approx(late_s, abs=0.06)  # some frames of AAC, which begins with one of silence


def began_s(path: Path) -> tuple[float, float]:
    with av.open(str(path)) as film:
        found = [next(film.decode(stream)).time for stream in (film.streams.video[0], film.streams.audio[0])]
    return found[0] or 0.0, found[1] or 0.0
