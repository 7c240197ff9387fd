"""How fast a film is encoded, and how large it gets: seen from a piece of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path

from fetchgram.api import MediaInfo, MediaTools, Watch
from fetchgram_compress import arguments
from fetchgram_compress.formats import VIDEOS
from fetchgram_compress.tracks import Plan

_LONGEST_S = 2.0
_MOST_OF_FILM = 1 / 3
_FEW = 2
"""Frames of the piece that shows what a start costs; the other one shows the rest."""
_KEY_S = 10.0
"""x264 and its kin begin anew after 250 frames at the latest."""
_PASSES = {True: 0.6, False: 1.2}
"""What both passes take of the pace of a piece, for large pictures and small ones, as measured. A piece is hardly
longer than what the encoder looks ahead, so fewer cores are at work on it."""
_LOOK_S = 0.1
"""A look at the result."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a piece of a film tells.

    Args:
        start_s: What each start of ffmpeg costs.
        pace: Seconds that one pass takes for a second of the film.
        first_bytes: What a group of pictures begins with.
        bytes_per_s: What the picture takes otherwise.
    """

    start_s: float
    pace: float
    first_bytes: float
    bytes_per_s: float

    def time_s(self, plan: Plan, *, has_notes: bool) -> float:
        """Return how long the plan takes."""
        track = plan.video
        if not has_notes or track is None:
            return _LOOK_S + self.start_s + self.pace * plan.duration_s
        return _LOOK_S + 2 * self.start_s + self.pace * plan.duration_s * _PASSES[arguments.is_large(track)]

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
        workdir: Holds the pieces while they are weighed.

    Returns:
        What they tell; `None` of a film that is too short for it.
    """
    fps = plan.video.fps if plan.video is not None else 0.0
    long_s = min(_LONGEST_S, plan.duration_s * _MOST_OF_FILM)
    short_s = _FEW / fps if fps else long_s
    if long_s < 4 * short_s:
        return None
    began_s = (plan.cut_s[0] if plan.cut_s else 0.0) + (plan.duration_s - long_s) / 2
    seen = []
    for length_s in (short_s, long_s):
        piece = replace(plan, sound=None, cut_s=(began_s, began_s + length_s), duration_s=length_s)
        seen.append(await _piece(media, source, path, piece, encoder, workdir))
    (few_s, few_bytes), (more_s, more_bytes) = seen
    pace = max(0.0, more_s - few_s) / (long_s - short_s)
    bytes_per_s = max(0.0, more_bytes - few_bytes) / (long_s - short_s)
    return Sample(max(0.0, few_s - pace * short_s), pace, few_bytes, bytes_per_s)


def has_notes(plan: Plan, encoder: str) -> bool:
    """Whether the plan takes a first pass with this encoder."""
    form = VIDEOS.get(plan.video.codec or "") if plan.video is not None else None
    return form is not None and plan.max_bytes is not None and form.passes > 1 and encoder == form.encoders[0]


async def _piece(
    media: MediaTools, source: MediaInfo, path: Path, piece: Plan, encoder: str, workdir: Path
) -> tuple[float, int]:
    output, began_s = workdir / f"sample{piece.suffix}", time.monotonic()
    try:
        await media.run(
            arguments.beside(piece, source, encoder),
            inputs=[arguments.source_of(piece, path)],
            output=output,
            workdir=workdir,
            watch=Watch(),
        )
        return time.monotonic() - began_s, (await asyncio.to_thread(output.stat)).st_size
    finally:
        await asyncio.to_thread(output.unlink, missing_ok=True)
