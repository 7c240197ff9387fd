"""How fast a film is encoded, and how large it gets: seen from a piece of it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from fetchgram.api import FfmpegError, MediaInfo, MediaTools, Watch
from fetchgram_compress import arguments
from fetchgram_compress.budget import TOO_LOW
from fetchgram_compress.formats import VIDEOS
from fetchgram_compress.tracks import Plan

_LONGEST_S = 3.0
_MOST_OF_FILM = 1 / 3
_FEW = 2
"""Frames of the piece that shows what a start costs; the other one shows the rest."""
_KEY_S = 10.0
"""x264 and its kin begin anew after 250 frames at the latest."""
_OF_PIECE, _BESIDES_S = 0.86, 0.05
"""What a film takes of the time of its pieces, as measured: at first not all threads of an encoder are at work; and
besides that, for two looks at files."""
_TIMES_ITS_BITRATE = (1, 4, 16)
"""A bitrate is for the whole: a piece begins with a picture that needs more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a piece of a film tells.

    Args:
        start_s: What the starts of ffmpeg cost.
        pace: Seconds that all passes take for a second of the film.
        first_bytes: What a group of pictures begins with.
        bytes_per_s: What the picture takes otherwise.
    """

    start_s: float
    pace: float
    first_bytes: float
    bytes_per_s: float

    def time_s(self, plan: Plan) -> float:
        """Return how long the plan takes."""
        return _BESIDES_S + _OF_PIECE * (self.start_s + self.pace * plan.duration_s)

    def size_bytes(self, plan: Plan) -> int:
        """Return how large a plan gets whose size follows from its quality."""
        begun = 1 + int(plan.duration_s / _KEY_S)
        sound = (plan.sound.kbps or 0) * 125 * plan.duration_s if plan.sound is not None else 0.0
        return int(self.first_bytes * begun + self.bytes_per_s * plan.duration_s + sound)


async def sample(
    media: MediaTools, source: MediaInfo, path: Path, plan: Plan, encoder: str, workdir: Path
) -> Sample | None:
    """Encode two pieces from the middle of a film, a few frames and some seconds.

    Args:
        media: Runs ffmpeg.
        source: What the film is.
        path: The film, in `workdir`.
        plan: What is to be done with its picture.
        encoder: ffmpeg's name.
        workdir: Holds the pieces and their notes while they are weighed.

    Returns:
        What they tell; `None` of a film that is too short for it, or whose pieces x264 refuses.
    """
    fps = plan.video.fps if plan.video is not None else 0.0
    long_s = min(_LONGEST_S, plan.duration_s * _MOST_OF_FILM)
    short_s = _FEW / fps if fps else long_s
    if long_s < 4 * short_s:
        return None
    began_s = (plan.cut_s[0] if plan.cut_s else 0.0) + (plan.duration_s - long_s) / 2
    bench = _Bench(media, source, path, encoder, workdir)
    few = await bench.piece(_cut(plan, began_s, short_s), times=min(_KEY_S, plan.duration_s) / short_s)
    more = await bench.piece(_cut(plan, began_s, long_s))
    if few is None or more is None:
        return None
    (few_s, few_bytes), (more_s, more_bytes) = few, more
    pace = max(0.0, more_s - few_s) / (long_s - short_s)
    bytes_per_s = max(0.0, more_bytes - few_bytes) / (long_s - short_s)
    return Sample(max(0.0, few_s - pace * short_s), pace, few_bytes, bytes_per_s)


def _cut(plan: Plan, began_s: float, length_s: float) -> Plan:
    return replace(plan, sound=None, cut_s=(began_s, began_s + length_s), duration_s=length_s)


def has_notes(plan: Plan, encoder: str) -> bool:
    """Whether the plan takes a first pass with this encoder."""
    form = VIDEOS.get(plan.video.codec or "") if plan.video is not None else None
    return form is not None and plan.max_bytes is not None and form.passes > 1 and encoder == form.encoders[0]


@dataclass(frozen=True, slots=True)
class _Bench:
    """Encodes pieces of one film as the whole will be."""

    media: MediaTools
    source: MediaInfo
    path: Path
    encoder: str
    workdir: Path

    async def piece(self, piece: Plan, *, times: float = 1.0) -> tuple[float, int] | None:
        """Return the seconds that a piece took, and its size in bytes; `times` its bitrate, if it has one."""
        place = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self.workdir))
        try:
            notes = place / "notes" if has_notes(piece, self.encoder) else None
            noted_s = await self._notes(piece, notes) if notes is not None else 0.0
            output = place / f"piece{piece.suffix}"
            made_s = await self._encode(_richer(piece, times), notes, output)
            return None if made_s is None else (noted_s + made_s, (await asyncio.to_thread(output.stat)).st_size)
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _notes(self, piece: Plan, notes: Path) -> float:
        began_s, words = time.monotonic(), arguments.silent(piece, self.source, self.encoder)
        inputs = [arguments.source_of(piece, self.path)]
        await self.media.first_pass(words, inputs=inputs, notes=notes, workdir=self.workdir, watch=Watch())
        return time.monotonic() - began_s

    async def _encode(self, piece: Plan, notes: Path | None, output: Path) -> float | None:
        """Encode at the plan's bitrate, or the first of its multiples that is enough for so few frames."""
        inputs = [arguments.source_of(piece, self.path)]
        for times in _TIMES_ITS_BITRATE:
            began_s, words = time.monotonic(), arguments.beside(_richer(piece, times), self.source, self.encoder)
            try:
                await self.media.run(
                    words, inputs=inputs, output=output, workdir=self.workdir, watch=Watch(), notes=notes
                )
            except FfmpegError as error:
                if TOO_LOW not in error.stderr_tail:
                    raise
            else:
                return time.monotonic() - began_s
        return None


def _richer(piece: Plan, times: float) -> Plan:
    track = piece.video
    if track is None or track.kbps is None:
        return piece
    return replace(piece, video=replace(track, kbps=track.kbps * times))
