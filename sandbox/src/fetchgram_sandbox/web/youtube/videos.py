"""What is on the emulated YouTube: videos, each for one kind of answer, lists of them, and a large channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from fetchgram_sandbox.web.youtube.refusals import REFUSALS, Refusal
from fetchgram_sandbox.web.youtube.streams import (
    AAC,
    BOTH,
    CLIP_S,
    LADDER,
    NEWER,
    OPUS,
    SMALL,
    UPRIGHT,
    USUAL,
    WIDE,
    Stream,
    spoken,
)

CHANNEL_ID = "UCsandbox000000000000000"
HANDLE = "@sandbox"
CHANNEL_TITLE = "Sandbox Band"
CHANNEL_VIDEOS = 5000
CHANNEL_SHORTS = 40
_NUMBERED = re.compile(r"(?P<letter>[vst])(?P<number>\d{10})")
"""Videos, shorts, and videos that come slowly, as many as somebody asks for."""
_SERIES = re.compile(r"PLsandbox-(?P<letter>[vst])-(?P<first>\d{5})-(?P<count>\d{3})")
"""Playlists of them: which ones, from which number on, how many."""
_SLOW_KBPS = 4000
_LARGE_BYTES = 25_000_000
_SHORT = "vertical001"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named stretch of a video, until the next one."""

    title: str
    start_s: int


@dataclass(frozen=True, slots=True)
class Caption:
    """Subtitles in one language, written by somebody or by a machine."""

    language: str
    name: str
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video.

    Args:
        id: Eleven characters.
        title: As shown.
        streams: Formats with picture or sound.
        both: A format with picture and sound in one file.
        kbps: How fast its media are sent; 0: as fast as it goes.
        duration_s: Seconds.
        chapters: Named stretches.
        captions: Subtitles.
        refusal: What the player says instead of playing it.
        is_live: Whether it is being broadcast.
        begins_at: When a premiere begins.
    """

    id: str
    title: str
    streams: tuple[Stream, ...] = USUAL
    both: Stream | None = BOTH
    kbps: int = 0
    duration_s: int = CLIP_S
    chapters: tuple[Chapter, ...] = ()
    captions: tuple[Caption, ...] = ()
    refusal: Refusal | None = None
    is_live: bool = False
    begins_at: datetime | None = None

    def find(self, itag: int, language: str | None) -> Stream | None:
        """Return the stream of a number, and of a language where there are several."""
        found = (*self.streams, *((self.both,) if self.both else ()))
        return next((each for each in found if each.itag == itag and each.language == language), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """A playlist, or one tab of a channel.

    Args:
        id: Of the playlist, or `videos`, `shorts`.
        title: As shown.
        ids: Of its videos, in order.
    """

    id: str
    title: str
    ids: tuple[str, ...]


def _numbered(letter: str, count: int, *, first: int = 1) -> tuple[str, ...]:
    return tuple(f"{letter}{number:010d}" for number in range(first, first + count))


_CHAPTERS = (Chapter("Colours", 0), Chapter("More colours", 2), Chapter("The end", 4))
_CAPTIONS = (
    Caption("en", "English"),
    Caption("de", "German"),
    Caption("en", "English (auto-generated)", automatic=True),
)
_VIDEOS = (
    Video(id="colourtest1", title="The big colour test", chapters=_CHAPTERS, captions=_CAPTIONS),
    Video(id="slowvideo01", title="The colour test, slowly", kbps=1500),
    Video(id="newcodecs01", title="Best in a newer codec", streams=NEWER, both=None),
    Video(id="everything1", title="From 144p to 8K", streams=LADDER),
    Video(
        id="largevideo1",
        title="A large video",
        streams=(*SMALL[:2], replace(SMALL[2], size_bytes=_LARGE_BYTES), AAC, OPUS),
    ),
    Video(id=_SHORT, title="A short", streams=UPRIGHT, both=None),
    Video(
        id="twospoken01",
        title="Spoken in two languages",
        streams=(*SMALL, spoken(140, "en", 440, original=True), spoken(140, "es", 880, original=False)),
        both=None,
    ),
    Video(id="widescreen1", title="A wide film", streams=WIDE, both=None),
    Video(
        id="onlyauto001",
        title="Subtitles by a machine",
        captions=(Caption("en", "English (auto-generated)", automatic=True),),
    ),
    Video(id="livestream1", title="A live stream", streams=(), both=None, is_live=True),
    *(Video(id=id_, title=f"Refused: {id_}", refusal=refusal) for id_, refusal in REFUSALS.items()),
)
PREMIERE = "premiere001"
SPONSORS: Mapping[str, tuple[tuple[float, float], ...]] = MappingProxyType({"colourtest1": ((1.5, 3.0),)})
"""Stretches, in seconds, that SponsorBlock marks in each video."""
CLIPS: Mapping[str, tuple[str, int, int]] = MappingProxyType({"UgkxSandboxClip0001": ("colourtest1", 2000, 5000)})
"""Video and stretch, in milliseconds, of each clip."""
LISTINGS: Mapping[str, Listing] = MappingProxyType(
    {
        each.id: each
        for each in (
            Listing("PLsandbox000000two", "Two videos", ("colourtest1", _SHORT)),
            Listing("PLsandbox00000fifty", "Fifty videos", _numbered("v", 50)),
            Listing("PLsandbox00000mixed", "Some cannot be had", ("colourtest1", "privateone1", "slowvideo01")),
            Listing("videos", "Videos", _numbered("v", CHANNEL_VIDEOS)),
            Listing("shorts", "Shorts", _numbered("s", CHANNEL_SHORTS)),
        )
    }
)
"""By id."""


def find(video_id: str, now: datetime | None = None) -> Video | None:
    """Return a video; the numbered ones of the channel are made as they are asked for."""
    if video_id == PREMIERE:
        begins_at = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=5)
        return Video(id=PREMIERE, title="A premiere", refusal=REFUSALS["upcoming001"], begins_at=begins_at)
    known = next((video for video in _VIDEOS if video.id == video_id), None)
    numbered = _NUMBERED.fullmatch(video_id)
    if known is not None or numbered is None:
        return known
    number = int(numbered["number"])
    if numbered["letter"] == "s":
        return Video(id=video_id, title=f"Short {number}", streams=UPRIGHT, both=None)
    return Video(id=video_id, title=f"Video {number}", kbps=_SLOW_KBPS if numbered["letter"] == "t" else 0)


def find_list(list_id: str) -> Listing | None:
    """Return a playlist, or a tab of the channel; a playlist of numbered videos is made as it is asked for."""
    series = _SERIES.fullmatch(list_id)
    if series is None:
        return LISTINGS.get(list_id)
    first, count = int(series["first"]), int(series["count"])
    ids = _numbered(series["letter"], count, first=first)
    return Listing(list_id, f"{count} videos from {first}", ids)
