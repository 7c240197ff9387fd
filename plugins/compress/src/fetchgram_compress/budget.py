"""How many bits there are for what, under a size."""

from __future__ import annotations

import math
from dataclasses import dataclass

_MARGIN, _FRAMES = 0.008, 0.6
"""Kept free: the part that x264's second pass misses its bitrate by, and a part of a frame, since the last ones
cannot be paid back (benchmarks/bench_compress_sizes.py)."""
_MOST_MARGIN = 0.05
FRAME_BYTES = 12
"""Of an MP4's index for each frame: `stsz` 4 bytes and `ctts` 8 (ISO/IEC 14496-12, 8.7.3 and 8.6.1)."""
HEAD_BYTES = 1700
"""Everything else: boxes, tags, parameter sets, the encoder's note on its settings."""
SOUND_FRAME_S = 1024 / 48_000
"""Of AAC (ISO/IEC 14496-3): each frame has 4 bytes in the index."""
SOUND_SHARE = 0.15
"""Most that the sound takes of a size that is small for the picture."""
_SURE = 0.95
"""Of what is left to the sound: its encoder misses a bitrate by some percent, and a small picture would pay."""
SOUND_KBPS = (160, 128, 96, 64, 48, 32)
LEAST_SOUND_KBPS = 24
TOO_LOW = "requested bitrate is too low"
"""x264's word (`encoder/ratecontrol.c`) where what the frames cost at the least is above the bitrate."""
LEAST_KBPS = 1.0
"""Of the picture: ffmpeg hands x264 whole kbit/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A size to stay under.

    Args:
        max_bytes: The size.
        duration_s: Of the result.
        fps: Of the result.
        index_bytes: What it takes beside its streams; `None` keeps as much as it can be.
    """

    max_bytes: int
    duration_s: float
    fps: float
    index_bytes: int | None = None

    @property
    def usable_bytes(self) -> float:
        """What is left for sound and picture."""
        index = index_bytes(self.duration_s, self.fps) if self.index_bytes is None else self.index_bytes
        return self.max_bytes * (1 - _margin(self.duration_s, self.fps)) - index

    def sound_kbps(self, most_kbps: int, picture_kbps: float = math.inf) -> int:
        """Return a bitrate for the sound that leaves most to the picture, and what that cannot use to the sound.

        Args:
            most_kbps: Of the sound: more makes it no better.
            picture_kbps: Of the picture; the same.
        """
        room_kbps = max(0.0, self.usable_bytes) * 8 / 1000 / self.duration_s
        share_kbps = min(room_kbps * SOUND_SHARE, most_kbps)
        usual_kbps = next((kbps for kbps in SOUND_KBPS if kbps <= share_kbps), LEAST_SOUND_KBPS)
        return int(max(usual_kbps, min((room_kbps - picture_kbps) * _SURE, most_kbps)))

    def video_kbps(self, sound_bytes: float) -> float:
        """Return what the picture may take beside a sound of this size; negative when there is no room."""
        return (self.usable_bytes - sound_bytes) * 8 / 1000 / self.duration_s


def index_bytes(duration_s: float, fps: float) -> float:
    """Return what an MP4 with one picture takes beside its streams."""
    return HEAD_BYTES + FRAME_BYTES * fps * duration_s


def sound_bytes(kbps: float, duration_s: float) -> float:
    """Return what sound takes in an MP4, its index included."""
    return kbps * 125 * duration_s + 4 * duration_s / SOUND_FRAME_S


def smallest_bytes(duration_s: float, fps: float, video_kbps: float, sound_kbps: float) -> int:
    """Return the size whose budget is just these bitrates: `Budget` the other way round."""
    streams = video_kbps * 125 * duration_s + (sound_bytes(sound_kbps, duration_s) if sound_kbps else 0)
    return int((streams + index_bytes(duration_s, fps)) / (1 - _margin(duration_s, fps))) + 1


def _margin(duration_s: float, fps: float) -> float:
    return min(_MOST_MARGIN, _MARGIN + _FRAMES / max(1.0, duration_s * fps))
