"""Files that people send: looked at by what their message says, fetched by getFile or, when large, over MTProto."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import GetFile
from aiogram.types import Animation, Audio, Document, Message, PhotoSize, Video, VideoNote, Voice
from aiohttp import ClientError

from fetchgram.errors import ContentUnavailable, Reason, TemporarilyUnavailable, TooLarge
from fetchgram.model import (
    Certainty,
    Choice,
    ChoiceKind,
    Job,
    Link,
    LinkKind,
    Media,
    MediaKind,
    Probe,
    Request,
    text,
)
from fetchgram.ports import MediaInfo, MediaTools, Sink
from fetchgram.settings import MB, LimitsSettings
from fetchgram.telegram.failures import describe, redact
from fetchgram.telegram.flood import Line
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.uploads import safe_name

PLUGIN = "telegram"
SCHEME = "telegram:"
"""Begins the url of what is no url: a file that was sent."""
MOST_BYTES = 20 * MB
"""core.telegram.org/bots/api#getfile: "bots can download files of up to 20MB in size"."""
_PATIENCE_S = 60.0
_SILENCE_S = 60
_CHUNK_BYTES = 256 * 1024

_AS_SENT = {
    ("video", "animation"): MediaKind.ANIMATION,
    ("video", "video_note"): MediaKind.VIDEO_NOTE,
    ("audio", "voice"): MediaKind.VOICE,
}
"""Films and sounds that a chat shows otherwise; the content alone does not tell."""

OnProgress: TypeAlias = Callable[[int, int | None], None]
File: TypeAlias = Animation | Audio | Document | Video | VideoNote | Voice | PhotoSize
_SUFFIXES = {
    "video": ".mp4",
    "animation": ".mp4",
    "video_note": ".mp4",
    "photo": ".jpg",
    "voice": ".ogg",
    "audio": ".mp3",
}
_CHOICES = {
    "video": ChoiceKind.VIDEO,
    "animation": ChoiceKind.VIDEO,
    "video_note": ChoiceKind.VIDEO,
    "audio": ChoiceKind.AUDIO,
    "voice": ChoiceKind.AUDIO,
    "photo": ChoiceKind.IMAGE,
}
_TITLES = {ChoiceKind.VIDEO: "🎬", ChoiceKind.AUDIO: "🎵", ChoiceKind.IMAGE: "🖼"}
"""Of files without a name."""
NAMELESS = frozenset(_TITLES.values())
_BY_MIME = {"image/gif": "animation", "video": "video", "audio": "audio", "image": "photo"}


def link_of(message: Message, bot_id: int) -> Link | None:
    """Return the film, song or picture of a message as a link; `None` when it has none.

    All that the message says of it travels in the hints: the id is this bot's, and no cache key.
    """
    found = file_of(message)
    if found is None:
        return None
    kind, file = found
    if kind not in _CHOICES:
        return None
    hints = {
        "bot": str(bot_id),
        "file": file.file_id,
        "kind": kind,
        "size": str(file.file_size or ""),
        "name": str(getattr(file, "file_name", None) or ""),
        "duration": str(getattr(file, "duration", None) or ""),
    }
    unique = file.file_unique_id
    hints |= _sides(kind, file) | {name: str(getattr(file, name, None) or "") for name in ("title", "performer")}
    hints = {name: value for name, value in hints.items() if value}
    return Link(plugin=PLUGIN, kind=LinkKind.FILE, media_id=unique, url=f"{SCHEME}{unique}", hints=hints)


def is_sent_file(request: Request) -> bool:
    """Whether a wish is about a file that was sent."""
    return request.url.startswith(SCHEME)


def file_of(message: Message) -> tuple[str, File] | None:
    """Return the file of a message and how a chat would show it (`video`, `photo`, `document`, …), or `None`."""
    if message.photo:
        return "photo", message.photo[-1]
    # An animation comes with a `document` beside it, so the order matters.
    for kind in ("animation", "video", "audio", "voice", "video_note", "document"):
        file: File | None = getattr(message, kind)
        if file is not None:
            is_media = kind == "document" and file.mime_type is not None  # type: ignore[union-attr]  # documents have it
            mime = str(getattr(file, "mime_type", ""))
            known = _BY_MIME.get(mime, _BY_MIME.get(mime.partition("/")[0], kind))
            return (known if is_media else kind), file
    return None


def name_of(kind: str, file: File) -> str:
    """Return a name for a file that is safe on a disk and in a header; foreign text."""
    told = getattr(file, "file_name", None)
    return safe_name(told) if told else f"{kind}{_SUFFIXES.get(kind, '')}"


def _sides(kind: str, file: File) -> dict[str, str]:
    """Return width and height; a film's height is its shorter side: an upright one of 720 x 1280 is called 720p."""
    length = getattr(file, "length", None)
    width, height = getattr(file, "width", length), getattr(file, "height", length)
    if not width or not height:
        return {}
    if kind != "photo":
        width, height = max(width, height), min(width, height)
    return {"width": str(width), "height": str(height)}


@dataclass(frozen=True, slots=True)
class SentFiles:
    """Looks at and fetches files that people sent to our bots.

    Args:
        lines: The ways to Telegram, by bot id.
        media: Looks at files.
        gateways: MTProto, by bot id, for what the Bot API does not hand out.
        most_bytes: The largest file that is fetched at all.
        most_near_bytes: The largest that the Bot API server hands out.
    """

    lines: Mapping[int, Line]
    media: MediaTools
    gateways: Mapping[int, Gateway] = field(default_factory=dict)
    most_bytes: int = int(LimitsSettings().file_max)
    most_near_bytes: int = MOST_BYTES

    def probe(self, link: Link) -> Probe:
        """Say what the message told.

        Raises:
            TooLarge: If there is no way that hands it out, or it is more than we take.
        """
        hints = link.hints
        size_bytes = int(hints["size"]) if "size" in hints else None
        self._check_size(hints)
        kind = _CHOICES[hints["kind"]]
        container = Path(hints.get("name", "")).suffix.removeprefix(".").lower() or _SUFFIXES.get(hints["kind"], "")[1:]
        choice = Choice(
            kind=kind,
            height_px=int(hints["height"]) if "height" in hints else None,
            width_px=int(hints["width"]) if "width" in hints else None,
            container=container or None,
            silent=hints["kind"] == "animation",
            size_bytes=size_bytes,
            certainty=Certainty.UNKNOWN if size_bytes is None else Certainty.EXACT,
        )
        duration_s = float(hints["duration"]) if "duration" in hints else None
        return Probe(
            link=link,
            title=hints.get("title") or Path(hints.get("name", "")).stem or _TITLES[kind],
            author=hints.get("performer"),
            choices=(choice,),
            duration_s=duration_s,
            notice=text("telegram-your-file"),
        )

    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch the file from Telegram.

        Raises:
            ContentUnavailable: If Telegram does not have it any more.
            TooLarge: If there is no way that hands it out, or it is more than we take.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        hints = job.link.hints
        line = self.lines.get(int(hints["bot"]))
        if line is None:
            raise ContentUnavailable(Reason.GONE, "the bot that got the file is not here any more")
        path = workdir / f"sent{_suffix(hints)}"
        if not await asyncio.to_thread(path.exists):
            self._check_size(hints)
            await self._fetch(line, hints, path, sink)
        info = await self.media.inspect(path)
        return (_media_of(path, info, hints),)

    def _check_size(self, hints: Mapping[str, str]) -> None:
        size_bytes = _size_of(hints)
        if size_bytes > (most := self.most_near_bytes) and int(hints["bot"]) not in self.gateways:
            raise TooLarge(size_bytes, most, told=text("telegram-sent-too-large", limit=most))
        if size_bytes > self.most_bytes:
            raise TooLarge(size_bytes, self.most_bytes)

    async def _fetch(self, line: Line, hints: Mapping[str, str], path: Path, sink: Sink) -> None:
        size_bytes = _size_of(hints)
        if size_bytes <= self.most_near_bytes:
            await fetch(line, hints["file"], path, sink.progress, most_bytes=self.most_near_bytes)
            return
        part = path.with_name(f"{path.name}.part")
        await self.gateways[int(hints["bot"])].fetch(hints["file"], size_bytes, part, sink.progress)
        await asyncio.to_thread(part.replace, path)


def _size_of(hints: Mapping[str, str]) -> int:
    """Return what the message said; 0 where it said nothing, and then getFile is asked."""
    return int(hints.get("size", 0))


async def fetch(
    line: Line, file_id: str, path: Path, on_progress: OnProgress | None = None, *, most_bytes: int = MOST_BYTES
) -> None:
    """Write a file that Telegram keeps; it appears whole or not at all.

    Args:
        line: Of the bot that got it.
        file_id: As that bot was told.
        path: Where to.
        on_progress: Called with the bytes done, of how many.
        most_bytes: The largest that the server hands out.

    Raises:
        ContentUnavailable: If Telegram does not have it any more.
        TooLarge: If the Bot API does not hand it out.
        TemporarilyUnavailable: If Telegram cannot be reached.
    """
    try:
        found = await line(GetFile(file_id=file_id), patience_s=_PATIENCE_S)
    except TelegramBadRequest as error:
        raise _refused(error, most_bytes) from None
    except AiogramError as error:
        raise TemporarilyUnavailable(describe(error)) from None
    part = path.with_name(f"{path.name}.part")
    place = found.file_path or ""
    if Path(place).is_absolute():  # a Bot API server on this machine names its own file
        await asyncio.to_thread(shutil.copyfile, place, part)
    else:
        await _stream(line.bot, place, part, most_bytes=most_bytes, on_progress=_of(found.file_size, on_progress))
    await asyncio.to_thread(part.replace, path)


def _of(size_bytes: int | None, on_progress: OnProgress | None) -> Callable[[int], None]:
    return lambda done: on_progress(done, size_bytes) if on_progress is not None else None


async def _stream(bot: Bot, place: str, part: Path, *, most_bytes: int, on_progress: Callable[[int], None]) -> None:
    url, session = bot.session.api.file_url(bot.token, place), bot.session
    done = 0
    try:
        with part.open("wb") as file:
            async for chunk in session.stream_content(url, timeout=_SILENCE_S, chunk_size=_CHUNK_BYTES):
                done += len(chunk)
                if done > most_bytes:
                    raise TooLarge(done, most_bytes)
                await asyncio.to_thread(file.write, chunk)
                on_progress(done)
    except (ClientError, AiogramError, TimeoutError) as error:
        # The chain is cut: the address holds the token.
        raise TemporarilyUnavailable(redact(f"{type(error).__name__}: {error}")) from None


def _refused(error: TelegramBadRequest, most_bytes: int) -> ContentUnavailable | TooLarge:
    if "too big" in error.message.lower():
        return TooLarge(None, most_bytes, told=text("telegram-file-too-large", limit=most_bytes))
    return ContentUnavailable(Reason.GONE, describe(error))


def _suffix(hints: Mapping[str, str]) -> str:
    return Path(safe_name(hints.get("name", ""))).suffix.lower() or _SUFFIXES.get(hints["kind"], "")


def _media_of(path: Path, info: MediaInfo, hints: Mapping[str, str]) -> Media:
    kinds = {
        "video": MediaKind.VIDEO,
        "audio": MediaKind.AUDIO,
        "photo": MediaKind.PHOTO,
        "animation": MediaKind.ANIMATION,
    }
    return Media(
        path=path,
        kind=_AS_SENT.get((info.kind, hints["kind"]), kinds.get(info.kind, MediaKind.DOCUMENT)),
        mime=info.mime,
        size_bytes=info.size_bytes,
        duration_s=info.duration_s,
        width_px=info.width_px,
        height_px=info.height_px,
        file_name=safe_name(hints["name"]) if "name" in hints else f"{hints['kind']}{path.suffix}",
        title=info.title,
        performer=info.performer,
    )
