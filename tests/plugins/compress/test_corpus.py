"""Every kind of file, every option: what was promised is what comes out.

`make test` takes each file with some options and each option with some files; `make corpus` takes them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import ContentUnavailable, FfmpegError, MediaInfo
from fetchgram_compress.engine import Engine, Made, NothingOfTheKind
from fetchgram_compress.formats import PICTURES, SOUNDS
from fetchgram_compress.tracks import Work
from fetchgram_compress.wishes import Form, Wish

from .conftest import Seen, look

if TYPE_CHECKING:
    from .conftest import Corpus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

FILMS = (
    *("head.mp4", "screen.mp4", "noise.mp4", "animation.mp4", "upright.mp4", "smooth.mp4", "bright.mp4", "uneven.mkv"),
    *("two_sounds.mkv", "odd.avi", "clip.webm", "clip.ts", "clip.mov", "turned.mp4", "second.mp4", "half_hour.mp4"),
    *("moving.gif", "hole.ts", "truncated.mkv"),
)
DAMAGED = ("hole.ts", "truncated.mkv")
SONGS = ("song.mp3", "covered.mp3", "song.m4a", "voice.ogg", "covered.opus")
PICTURE = "picture.png"
TELLING = (("clip.ts", "cut"), ("half_hour.mp4", "fit"), (PICTURE, "several"), ("bright.mp4", "begin"))
"""Pairs that were wrong once."""
BROKEN = ("truncated.mp4", "noise.bin.mp4", "empty.mp4")
SHARE = 60
"""Of a hundred parts of a size."""
WISHES = {
    "fit": Wish(max_bytes=SHARE),
    "phone": Wish(everywhere=True),
    "hevc": Wish(codec="hevc"),
    "av1": Wish(codec="av1"),
    "small": Wish(height_px=80),
    "slow": Wish(fps=12.0),
    **{name: Wish(form=Form.SOUND, format=name) for name in SOUNDS},
    "quiet": Wish(audio_kbps=48),
    "note": Wish(form=Form.NOTE),
    "gif": Wish(form=Form.ANIMATION),
    "mute": Wish(mute=True),
    "cut": Wish(cut_s=(0.3, 0.8)),
    "begin": Wish(cut_s=(0.0, 0.5)),
    "turn": Wish(turn_deg=90),
    **{name: Wish(form=Form.PICTURE, format=name) for name in PICTURES},
    "several": Wish(everywhere=True, cut_s=(0.2, 0.9), turn_deg=270, height_px=64, fps=10.0, mute=True),
}
"""Sizes and times are parts of the file's own."""
A_FRAME = 1.05
"""±1 frame, and how its rate is rounded."""


def chosen() -> Iterator[tuple[str, str]]:
    """Return all pairs, or of each file and each option some: the steps are coprime, so that neighbours differ."""
    names, files = list(WISHES), (*FILMS, *SONGS, PICTURE)
    if os.environ.get("FETCHGRAM_CORPUS") == "whole":
        yield from ((file, name) for file in files for name in names)
        return
    yield from TELLING
    for number, file in enumerate(files):
        yield from ((file, names[(5 * number + 11 * step) % len(names)]) for step in range(2))


@pytest.mark.parametrize(("file", "option"), list(dict.fromkeys(chosen())))
async def test_what_is_promised_comes_out(
    engine: Engine, corpus: Corpus, tmp_path: Path, file: str, option: str
) -> None:
    path, wish = corpus.into(tmp_path, file), WISHES[option]
    before, was = await engine._media.inspect(path), look(path)
    if wish.max_bytes is not None:
        wish = replace(wish, max_bytes=before.size_bytes * SHARE // 100)
    if wish.cut_s is not None:
        whole_s = before.duration_s or 1.0
        wish = replace(wish, cut_s=(wish.cut_s[0] * whole_s, wish.cut_s[1] * whole_s))
    if not is_possible(before, wish):
        with pytest.raises(NothingOfTheKind):
            await engine.make(path, wish, tmp_path, "result", lambda _: None)
        return
    try:
        made = await engine.make(path, wish, tmp_path, "result", lambda _: None)
    except FfmpegError as error:
        assert (file in DAMAGED, error.kind) == (True, "output")  # noqa: PT017  # damage may take what was wished
        return
    Promise(before, was, wish, made, look(made.path), file in DAMAGED).holds()


def is_possible(before: MediaInfo, wish: Wish) -> bool:
    if wish.form is Form.SOUND:
        return before.audio_codec is not None
    if wish.form in (Form.NOTE, Form.ANIMATION):
        return before.kind in ("video", "animation")
    return wish.form is not Form.PICTURE or before.width_px is not None


@dataclass(frozen=True)
class Promise:
    """A file, what was wished of it, and what came out."""

    before: MediaInfo
    was: Seen
    wish: Wish
    made: Made
    seen: Seen
    is_damaged: bool

    def holds(self) -> None:
        assert self.made.info.size_bytes == self.made.path.stat().st_size
        if self.wish.max_bytes is not None:
            assert 0 < self.made.info.size_bytes <= self.wish.max_bytes
        if self.wish.form is Form.PICTURE or self.before.kind == "photo":
            self._is_a_picture()
        elif self.wish.form is Form.SOUND or self.before.kind == "audio":
            self._is_a_sound()
        else:
            self._is_a_film()

    def _is_a_picture(self) -> None:
        name = self.wish.format or "png"
        assert (self.made.info.mime, self.seen.frames) == (f"image/{name}", 1)
        assert self.made.info.kind == "photo"

    def _is_a_sound(self) -> None:
        wish, info = self.wish, self.made.info
        codec = SOUNDS[wish.format].codec if wish.format else self.before.audio_codec
        assert (self.seen.video, self.seen.audio) == (None, codec)
        assert info.starts_fast or self.made.path.suffix != ".m4a" or self.made.plan.work is Work.LEAVE
        assert self.seen.audio_s == pytest.approx(self._length(self.was.audio_s), abs=0.12)  # two frames of MP3 and AAC
        if self.made.plan.work is not Work.LEAVE and wish.max_bytes is None:
            shows_something = self.before.has_cover or self.before.width_px is not None
            assert info.has_cover == (shows_something and self.made.path.suffix in (".mp3", ".m4a", ".flac", ".opus"))
        if wish.format == "voice":
            assert self.seen.channels == 1

    def _is_a_film(self) -> None:
        wish, plan, info = self.wish, self.made.plan, self.made.info
        is_silent = wish.mute or wish.form is Form.ANIMATION or self.before.audio_codec is None
        if plan.work is Work.LEAVE:
            assert self.made.path.suffix != ".mp4" or self.seen == self.was
            return
        assert (info.container, info.starts_fast) == ("mov", True)
        assert info.audio_tracks == (0 if is_silent else 1)
        assert self.seen.audio in ((None,) if is_silent else ("aac", "mp3"))
        assert self.seen.video == (wish.codec or ("h264" if plan.work is Work.VIDEO else self.before.video_codec))
        if not self.is_damaged:
            assert self.seen.span_s == pytest.approx(self._length(self.was.span_s), abs=A_FRAME * self._frame_s())
        self._is_shown_right()
        if wish.everywhere:
            assert (self.seen.pixel_format, info.hdr, (info.level or 0) <= 41) == ("yuv420p", False, True)

    def _is_shown_right(self) -> None:
        wish, info, before = self.wish, self.made.info, self.before
        width, height = info.width_px or 0, info.height_px or 0
        if wish.form is Form.NOTE:
            assert width == height
            return
        turned = (before.height_px, before.width_px) if wish.turn_deg % 180 else (before.width_px, before.height_px)
        assert width / height == pytest.approx((turned[0] or 0) / (turned[1] or 1), rel=0.05)
        if wish.height_px is not None:
            assert min(width, height) <= wish.height_px
        if wish.fps is not None:
            assert self.seen.fps <= wish.fps + 0.5

    def _length(self, whole_s: float) -> float:
        most_s = 60.0 if self.wish.form is Form.NOTE else whole_s
        if self.wish.cut_s is None:
            return min(whole_s, most_s)
        start_s, end_s = self.wish.cut_s
        return min(end_s, whole_s) - start_s

    def _frame_s(self) -> float:
        """Return the longest frame of the two."""
        return 1 / min(self.seen.fps or 1.0, self.was.fps or 1.0)


@pytest.mark.parametrize("file", BROKEN)
async def test_what_cannot_be_read_is_told(engine: Engine, corpus: Corpus, tmp_path: Path, file: str) -> None:
    path = corpus.into(tmp_path, file)
    with pytest.raises(ContentUnavailable):
        await engine.make(path, Wish(everywhere=True), tmp_path, "result", lambda _: None)
