"""The words of a plan: what is done to a file, and what its result is like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fetchgram.api import MediaInfo, MediaKind
from fetchgram_compress.wishes import Wish

_STEREO_KBPS = 48
"""Below this, one channel sounds better than two."""


class Work(StrEnum):
    """How much is done, the cheapest first."""

    LEAVE = "leave"
    COPY = "copy"
    SOUND = "sound"
    VIDEO = "video"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTrack:
    """The moving picture of the result.

    Args:
        codec: Name in `formats.VIDEOS`; `None` copies the stream.
        width_px: As shown.
        height_px: As shown.
        fps: Frames a second of the result.
        is_slower: Whether frames are to be left out.
        kbps: Bitrate, when a size is to be met.
        crf: Quality otherwise.
        square: Whether a square is cut out of the middle first.
        to_sdr: Whether high dynamic range is to be mapped down.
    """

    codec: str | None
    width_px: int
    height_px: int
    fps: float
    is_slower: bool = False
    kbps: float | None = None
    crf: int | None = None
    square: bool = False
    to_sdr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """The sound of the result.

    Args:
        format: Name in `formats.SOUNDS`; `None` copies the stream.
        kbps: Bitrate, unless it is lossless or copied.
        channels: `None` leaves them.
    """

    format: str | None
    kbps: int | None = None
    channels: int | None = None


def aac(kbps: int) -> SoundTrack:
    """Return the sound of an MP4."""
    return SoundTrack(format="m4a", kbps=kbps, channels=1 if kbps < _STEREO_KBPS else 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done.

    Args:
        work: How much.
        suffix: Of the result.
        kind: How the result is shown; `None` leaves it.
        video: Its moving picture.
        sound: Its sound.
        picture: Quality options of a still picture.
        cut_s: The stretch that is kept.
        turn_deg: Clockwise.
        duration_s: Of the result.
        size_bytes: Expected.
        exact: Whether the size is known to within 3 %, not only "about".
        max_bytes: Largest result.
    """

    work: Work
    suffix: str
    kind: MediaKind | None = None
    video: VideoTrack | None = None
    sound: SoundTrack | None = None
    picture: tuple[str, ...] = ()
    cut_s: tuple[float, float] | None = None
    turn_deg: int = 0
    duration_s: float = 0.0
    size_bytes: int
    exact: bool = False
    max_bytes: int | None = None


class Unreachable(Exception):
    """No plan meets the size.

    Args:
        smallest_bytes: The smallest that is reachable.
    """

    def __init__(self, smallest_bytes: int) -> None:
        super().__init__(f"{smallest_bytes} bytes is the smallest")
        self.smallest_bytes = smallest_bytes


class Impossible(Exception):
    """The file has nothing that the wish could be about: sound of a silent film, film of a song."""


class BehindTheEnd(Impossible):
    """The stretch that is to be kept begins where the file is over."""


def duration_of(source: MediaInfo, wish: Wish) -> float:
    """Return how long the result is.

    Raises:
        BehindTheEnd: If the stretch that is to be kept lies behind the end.
    """
    whole_s = source.duration_s or 0.0
    if wish.cut_s is None:
        return whole_s
    start_s, end_s = wish.cut_s
    if whole_s and start_s >= whole_s:
        raise BehindTheEnd
    return (min(end_s, whole_s) if whole_s else end_s) - start_s
