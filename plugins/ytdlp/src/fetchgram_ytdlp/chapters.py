"""Chapters as ffmpeg reads them (<https://ffmpeg.org/ffmpeg-formats.html#Metadata-2>), for players that show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fetchgram.api import Chapter

CONTAINERS = frozenset({".mp4", ".m4a", ".mkv", ".webm", ".mp3"})
"""Which can hold them."""
_SPECIAL = re.compile(r"([=;#\\\n])")


def metadata_of(chapters: Sequence[Chapter], section_s: tuple[float, float] | None) -> str:
    """Return the chapters of a file, or of a stretch cut out of it; empty when there are none."""
    return "".join((";FFMETADATA1\n", *map(_entry, found)) if (found := list(_within(chapters, section_s))) else ())


def _within(chapters: Sequence[Chapter], section_s: tuple[float, float] | None) -> Iterator[Chapter]:
    start_s, end_s = section_s or (0.0, float("inf"))
    for each in chapters:
        kept = replace(each, start_s=max(each.start_s, start_s) - start_s, end_s=min(each.end_s, end_s) - start_s)
        if kept.start_s < kept.end_s:
            yield kept


def _entry(chapter: Chapter) -> str:
    start_ms, end_ms = round(chapter.start_s * 1000), round(chapter.end_s * 1000)
    title = _SPECIAL.sub(r"\\\1", chapter.title.replace("\r", ""))
    return f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start_ms}\nEND={end_ms}\ntitle={title}\n"
