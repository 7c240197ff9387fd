"""Subtitles of the emulated YouTube: `GET /api/timedtext`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fetchgram_sandbox.web.youtube.videos import Video

MIMES: Mapping[str, str] = MappingProxyType({"vtt": "text/vtt", "srt": "application/x-subrip"})
"""Kinds that are served."""
_LINES = 3


def subtitles_of(video: Video, language: str, kind: str) -> str:
    """Return one line for every two seconds, as `vtt` (WebVTT) or `srt`."""
    point = "." if kind == "vtt" else ","
    head = "WEBVTT\n\n" if kind == "vtt" else ""
    return head + "\n".join(
        f"{number + 1}\n00:00:{2 * number:02}{point}000 --> 00:00:{2 * number + 2:02}{point}000\n"
        f"{language} line {number + 1} of {video.title}\n"
        for number in range(_LINES)
    )
