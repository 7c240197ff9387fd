"""Links and what is behind them: `Link`, `Probe`, `Page`, `Choice`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fetchgram.model.codec import Word
from fetchgram.model.text import Text


class LinkKind(StrEnum):
    """What kind of thing a link leads to."""

    VIDEO = "video"
    SHORT = "short"
    LIVE = "live"
    PLAYLIST = "playlist"
    CHANNEL = "channel"
    CLIP = "clip"
    POST = "post"
    REEL = "reel"
    STORY = "story"
    HIGHLIGHT = "highlight"
    PROFILE = "profile"
    MEDIA = "media"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Word):
    """A claimed URL.

    Args:
        plugin: Name of the plugin that claimed it and owns all further calls.
        kind: What it leads to.
        media_id: The site's own id, canonical: equal media have equal ids.
        url: Canonical URL, tracking stripped.
        hints: Wishes that the URL carries (`t`, `img_index`); never part of a cache key.
        within: The list that a watch+list link is part of.
        sure: False when it was claimed only because nobody else did: answered in private chats or on command,
            not in groups.
    """

    plugin: str
    kind: LinkKind
    media_id: str
    url: str
    hints: Mapping[str, str] = field(default_factory=dict, hash=False)
    within: str | None = None
    sure: bool = True


class ChoiceKind(StrEnum):
    """What a choice brings."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    ALBUM = "album"
    THUMBNAIL = "thumbnail"
    FILE = "file"


class Certainty(StrEnum):
    """How far a size can be trusted."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Word):
    """One button: a normalised wish, never a site's format id; `download` resolves it again.

    Args:
        kind: What arrives.
        items: Items of a post, empty for all.
        height_px: Height of the video: of an upright one the shorter side, as in "720p"; of an image its height.
        width_px: The other side, where it is known.
        fps: Frames per second, where it sets this choice apart.
        hdr: Whether it is high dynamic range.
        codec: Video codec (or audio codec of an audio choice): `h264`, `hevc`, `vp9`, `av1`, `aac`, `opus`, `mp3`.
        container: `mp4`, `webm`, `m4a`, `mp3`, `jpg`.
        language: Audio language (BCP 47) where there are several.
        silent: Whether it is known to have no sound.
        bitrate_kbps: Audio bitrate of an audio choice.
        size_bytes: Size of what will arrive, all files together.
        largest_bytes: Size of the largest file where there are several: routes limit files, not albums.
        certainty: How far the sizes can be trusted.
        at_most: A wish for each item of a list, the best up to this; made exact when the item's turn comes.
    """

    kind: ChoiceKind
    items: tuple[str, ...] = ()
    height_px: int | None = None
    width_px: int | None = None
    fps: int | None = None
    hdr: bool = False
    codec: str | None = None
    container: str | None = None
    language: str | None = None
    silent: bool = False
    bitrate_kbps: int | None = None
    size_bytes: int | None = None
    largest_bytes: int | None = None
    certainty: Certainty = Certainty.UNKNOWN
    at_most: bool = False

    @property
    def file_bytes(self) -> int | None:
        """Size of the largest file: what a route must take."""
        return self.size_bytes if self.largest_bytes is None else self.largest_bytes

    @property
    def plays_everywhere(self) -> bool:
        """Whether any phone plays it in a chat, as far as is known: of videos, H.264 in MP4 without HDR.

        Telegram sends MPEG-4 as videos (core.telegram.org/bots/api#sendvideo); other codecs need a phone that has them.
        """
        if self.kind is not ChoiceKind.VIDEO:
            return True
        return self.codec in (None, "h264") and self.container in (None, "mp4") and not self.hdr


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages(Word):
    """Languages on offer (BCP 47): manual subtitles, automatic ones, audio tracks."""

    subtitles: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter(Word):
    """A named stretch of a video, in seconds from its start."""

    title: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Word):
    """What is behind a link.

    Args:
        link: The link, possibly with a better `media_id` or `kind` than `detect` could know.
        title: Foreign text.
        choices: Best first; never empty unless `link.kind` is a list.
        author: Who published it.
        duration_s: Seconds.
        thumbnail_url: Picture of the card; fetched through the guarded network only.
        languages: Subtitle and audio languages.
        chapters: Named stretches.
        notice: What the person must know before choosing.
    """

    link: Link
    title: str
    choices: tuple[Choice, ...] = ()
    author: str | None = None
    duration_s: float | None = None
    thumbnail_url: str | None = None
    languages: Languages = field(default_factory=Languages)
    chapters: tuple[Chapter, ...] = ()
    notice: Text | None = None

    @property
    def is_list(self) -> bool:
        """Whether there is nothing to choose but the items."""
        return not self.choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Word):
    """One item of a list, as the list itself tells it (nothing is probed)."""

    link: Link
    title: str
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Word):
    """Entries of a playlist, channel, profile or post and where the next ones begin."""

    entries: tuple[Entry, ...]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Word):
    """A list as a person picks from it; the entries seen so far rest in the database.

    Args:
        link: The list; the request's own link may be one video of it.
        title: Foreign text.
        wish: One quality for all items.
        author: Who made the list.
        total: Items, where the site tells.
        next_cursor: Where the entries begin that nobody has turned to yet; `None` when all are seen.
        page: The page that is shown, from 0.
    """

    link: Link
    title: str
    wish: Choice
    author: str | None = None
    total: int | None = None
    next_cursor: str | None = None
    page: int = 0
