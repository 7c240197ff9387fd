"""What x264 notes of each frame in its first pass, and keeps to in the second one."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from fetchgram_compress.budget import HEAD_BYTES

_FRAME = re.compile(rb"^in:(\d+) out:(\d+) type:(\w) dur:(\d+)", re.MULTILINE)
_SUFFIX = "-0.log"
_SIZE_BYTES, _RUN_BYTES, _KEY_BYTES = 4, 8, 4
"""ISO/IEC 14496-12: `stsz` (8.7.3) has an entry for each frame, `ctts` (8.6.1) for each run of the same way between the
place of a frame and its time, `stss` (8.6.2) for each that stands for itself."""


def index_bytes(notes: Path) -> int | None:
    """Return what an MP4 takes beside its streams; `None` where frames are not of one length, as their times count too.

    Args:
        notes: As `MediaTools.first_pass` was given them.
    """
    frames: list[tuple[int, int, bytes, bytes]] = sorted(
        (int(stored), int(shown), kind, length)
        for shown, stored, kind, length in _FRAME.findall(notes.with_name(notes.name + _SUFFIX).read_bytes())
    )
    if len({length for *_, length in frames}) != 1:
        return None
    runs = sum(1 for _ in groupby(shown - stored for stored, shown, *_ in frames))
    keys = sum(kind == b"I" for *_, kind, _length in frames)
    return HEAD_BYTES + _SIZE_BYTES * len(frames) + _RUN_BYTES * runs + _KEY_BYTES * keys
