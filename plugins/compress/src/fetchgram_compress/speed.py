"""How fast this machine encodes: learned from what it has done, by codec and size."""

from __future__ import annotations

import json
from pathlib import Path

from fetchgram.api import MediaInfo
from fetchgram_compress.formats import TAKE_COVERS, VIDEOS
from fetchgram_compress.tracks import Plan, Work

_START_PX_PER_S = 25_000_000.0
"""Two slow cores with x264's veryfast, both passes: a first guess that the first film corrects."""
_SOUND_S, _SOUND_S_PER_S = 0.02, 250.0
"""A sound's start, and how much of it is encoded in a second."""
_COPY_S, _COPY_BYTES_PER_S = 0.04, 400_000_000.0
"""Starting ffmpeg and a look at the result; a file that has just come is read from memory."""
_TAGS_S, _COVER_S = 0.05, 0.1
"""Writing what a song says of itself, which copies it, and drawing its cover."""
_LEAST_S = 0.7
"""What encoding a picture takes besides its pixels."""
_NEWEST = 0.4
_LARGE_PX = 480
"""Of the shorter side: a pixel of a small picture costs more."""
_DECODING = 0.12
"""What decoding a pixel costs beside encoding one with H.264."""
_WORTH_LEARNING_S = 1.0


class Speed:
    """Predicts how long a plan takes.

    Args:
        path: Where what was learned is kept; `None` forgets it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._px_per_s = _read(path)

    def time_s(self, source: MediaInfo, plan: Plan) -> float:
        """Return the expected seconds."""
        if plan.work is Work.LEAVE:
            return 0.0
        if plan.work is Work.PICTURE:
            return _LEAST_S
        time_s = _COPY_S + source.size_bytes / _COPY_BYTES_PER_S
        if plan.sound is not None and plan.sound.format is not None:
            time_s += _SOUND_S + plan.duration_s / _SOUND_S_PER_S
        if plan.video is None:
            time_s += _TAGS_S + (_COVER_S if _gets_cover(source, plan) else 0.0)
        pixels = _pixels(source, plan)
        return time_s + (_LEAST_S + pixels / self._of(plan) if pixels else 0.0)

    def learn(self, source: MediaInfo, plan: Plan, took_s: float) -> None:
        """Remember how long it took; writes a small file."""
        pixels = _pixels(source, plan)
        if not pixels or took_s < _WORTH_LEARNING_S:
            return
        seen, known = pixels / (took_s - _LEAST_S / 2), self._of(plan)
        self._px_per_s[_key(plan)] = round(known + _NEWEST * (seen - known))
        if self._path is not None:
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(self._px_per_s), encoding="utf-8")
            part.replace(self._path)

    def _of(self, plan: Plan) -> float:
        """Return what is known of such work; of what was never done, what was seen of other work."""
        known = self._px_per_s
        if not known:
            return _START_PX_PER_S
        return known.get(_key(plan)) or sum(known.values()) / len(known)


def _key(plan: Plan) -> str:
    """Name the kind of work: the cost of a pixel depends on the encoder and on how it is set."""
    track = plan.video
    if track is None:
        return ""
    size = "large" if min(track.width_px, track.height_px) >= _LARGE_PX else "small"
    return f"{track.codec}-{size}-{'sized' if plan.exact else 'free'}"


def _gets_cover(source: MediaInfo, plan: Plan) -> bool:
    return plan.suffix in TAKE_COVERS and bool(source.has_cover or source.width_px)


def _pixels(source: MediaInfo, plan: Plan) -> float:
    """Return what there is to do, in pixels of H.264."""
    track = plan.video
    if track is None or track.codec is None or plan.work is not Work.VIDEO:
        return 0.0
    encoded = track.width_px * track.height_px * track.fps * VIDEOS[track.codec].cost
    passes = 2 if plan.exact else 1
    decoded = (source.width_px or 0) * (source.height_px or 0) * (source.fps or track.fps) * _DECODING * passes
    return (encoded * (1.0 if plan.exact else 0.75) + decoded) * plan.duration_s


def _read(path: Path | None) -> dict[str, float]:
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return {str(key): speed for key, value in found.items() if (speed := float(value)) > 0}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
