"""Marks of stretches that are no part of what a video is about: from SponsorBlock, where an operator wishes for them.

The public database (<https://sponsor.ajay.app/>, CC BY-NC-SA 4.0) is asked by the first letters of a hash, so that it
does not learn which video is meant (<https://wiki.sponsor.ajay.app/w/API_Docs#GET_/api/skipSegments/:sha256HashPrefix>).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog

from fetchgram.api import FetchgramError, Network

log = structlog.get_logger()

CATEGORIES = ("sponsor", "selfpromo", "interaction", "intro", "outro", "preview", "music_offtopic", "filler")
_API = "https://sponsor.ajay.app/api/skipSegments"
_PREFIX_LETTERS = 4
_MOST_BYTES = 1_000_000
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch, in seconds from the start, and what is in it."""

    start_s: float
    end_s: float
    category: str


async def marks_of(network: Network, video_id: str) -> tuple[Mark, ...]:
    """Return the marks of a video in their order; none when there are none, or nobody answers."""
    prefix = hashlib.sha256(video_id.encode()).hexdigest()[:_PREFIX_LETTERS]
    url = f"{_API}/{prefix}?service=YouTube&categories={json.dumps(CATEGORIES, separators=(',', ':'))}"
    try:
        answer = await network.fetch(url, max_bytes=_MOST_BYTES, timeout_s=_TIMEOUT_S)
    except FetchgramError as error:
        log.info("youtube.no_marks", error=str(error))
        return ()
    if answer.status != HTTPStatus.OK:  # 404 says that there are none
        return ()
    return tuple(sorted(_read(answer.body, video_id), key=lambda mark: mark.start_s))


def _read(body: bytes, video_id: str) -> Iterator[Mark]:
    """Read what is well formed: anybody may write into that database."""
    try:
        found = json.loads(body)
    except ValueError:
        return
    for video in found if isinstance(found, list) else ():
        segments = video.get("segments") if isinstance(video, Mapping) and video.get("videoID") == video_id else None
        yield from (mark for each in segments or () if (mark := _mark(each)) is not None)


def _mark(segment: object) -> Mark | None:
    if not isinstance(segment, Mapping) or segment.get("category") not in CATEGORIES:
        return None
    match segment.get("segment"):
        case [int() | float() as start, int() | float() as end] if 0 <= start < end:
            return Mark(float(start), float(end), str(segment["category"]))
        case _:
            return None
