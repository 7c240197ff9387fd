"""Files and where they arrive: `Media`, `Growing`, `Destination`, `Receipt`, `Route`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, TypeAlias

from fetchgram.model.codec import Word
from fetchgram.model.text import Text


class MediaKind(StrEnum):
    """How a file is shown in a chat; a text is no file there, but a message of words."""

    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO_NOTE = "video_note"
    ANIMATION = "animation"
    PHOTO = "photo"
    DOCUMENT = "document"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(Word):
    """A finished local file.

    Args:
        path: Inside the job's workdir.
        kind: How it is to be shown.
        mime: Of the content, not of the name.
        size_bytes: On disk.
        duration_s: Of video and audio.
        width_px: As shown (rotation applied).
        height_px: As shown.
        thumbnail: JPEG of at most 320 px and 200 kB.
        picture: What the thumbnail was made of, in full size and of any format; for the cover of a song.
        file_name: What the person sees; no path in it.
        title: Shown of audio; of a film it names the song that its sound may become.
        performer: The same.
        caption: Plain foreign text; `telegram` makes entities. Of a text, its words, which the file holds too.
    """

    path: Path
    kind: MediaKind
    mime: str
    size_bytes: int
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    thumbnail: Path | None = None
    picture: Path | None = None
    file_name: str | None = None
    title: str | None = None
    performer: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class KeyMoment:
    """A moment at which a film may be cut without encoding, and the bytes of all streams before it."""

    at_s: float
    bytes_before: int


class Growing(Protocol):
    """A file still being written; never stored."""

    @property
    def ready_bytes(self) -> int:
        """Bytes from the start that will not change any more."""
        ...

    async def read(self, offset: int, n: int) -> bytes:
        """Read up to `n` ready bytes at `offset`."""
        ...

    async def wait(self) -> None:
        """Return when there is more, or when it is finished."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat(Word):
    """A Telegram chat of one bot."""

    TAGGED: ClassVar[bool] = True

    bot_id: int
    chat: int
    topic: int | None = None
    reply_to: int | None = None
    business: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline(Word):
    """A message that was sent in inline mode."""

    TAGGED: ClassVar[bool] = True

    bot_id: int
    inline_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Word):
    """A folder on this machine (`fetchgram get`)."""

    TAGGED: ClassVar[bool] = True

    path: Path


Destination: TypeAlias = Chat | Inline | Folder


@dataclass(frozen=True, slots=True, kw_only=True)
class FileId(Word):
    """A file that Telegram keeps: sendable again by this bot, as this kind only.

    Args:
        kind: As what it was sent.
        file_id: For this bot.
        unique_id: The same for all bots.
        caption: What stood below it: an id brings everything along but that. A text is its words, and has no ids.
    """

    kind: MediaKind
    file_id: str
    unique_id: str
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Word):
    """Where it arrived.

    Args:
        route: Name of the route that was taken.
        message_ids: In the destination chat; empty when unknown.
        file_ids: What the cache may send again, in the order of the media; empty when it must not.
        paths: For a folder.
        size_bytes: Of all that arrived.
        link: For a route that leaves a link.
    """

    route: str
    message_ids: tuple[int, ...] = ()
    file_ids: tuple[FileId, ...] = ()
    paths: tuple[Path, ...] = ()
    size_bytes: int = 0
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Word):
    """A way out to a destination.

    Args:
        plugin: Who delivers on it.
        name: `cache`, `botapi`, `mtproto`, `relay`, `split`, `folder`.
        order: Low is tried first.
        max_bytes: Largest file per media kind; a kind that is missing does not pass.
        down: Why it cannot be used now; `None` when it is up.
    """

    plugin: str
    name: str
    order: int
    max_bytes: Mapping[str, int] = field(default_factory=dict, hash=False)
    down: Text | None = None

    def takes(self, kind: MediaKind, size_bytes: int | None) -> bool:
        """Whether a file of this kind and size (unknown: `None`) may pass."""
        limit = self.max_bytes.get(kind.value)
        return self.down is None and limit is not None and (size_bytes is None or size_bytes <= limit)
