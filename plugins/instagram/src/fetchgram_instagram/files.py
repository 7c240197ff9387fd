"""Fetches the files of a choice and makes them ready to be sent: named, looked at, with a picture and a caption."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import structlog

from fetchgram.api import (
    ChoiceKind,
    ContentUnavailable,
    Context,
    FfmpegError,
    Json,
    Media,
    MediaInfo,
    MediaKind,
    Sink,
)
from fetchgram_instagram.choices import Wanted
from fetchgram_instagram.finds import Item
from fetchgram_instagram.settings import Settings
from fetchgram_ytdlp.names import file_name

log = structlog.get_logger()

_PHOTOS = frozenset({"image/jpeg", "image/png"})
"""What Telegram shows as a photo (core.telegram.org/bots/api#sendphoto); the rest goes as a file."""
_AAC_KBPS = 128
_Draw = Callable[[Path, Path], Awaitable[Path | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of the files.

    Args:
        title: Names them.
        author: Who made them.
        caption: Below the first one.
        rest: Of a text that the caption does not hold; empty where nothing is to follow.
    """

    title: str
    author: str
    caption: str
    rest: str = ""


class Files:
    """Fetches in the plugin's children and works through the core's media tools.

    Args:
        context: Of the plugin.
        settings: Times and limits.
    """

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings

    async def fetch(self, files: Sequence[Wanted], workdir: Path, sink: Sink) -> bool:
        """Fetch what is not there yet; returns whether the addresses are still good.

        Raises:
            TemporarilyUnavailable, TooLarge, DiskFull: As it went.
        """

        def hear(message: Json) -> None:
            seen = cast("dict[str, int | None]", message)
            sink.progress(seen["done"] or 0, seen["total"])

        # What is known is the size of a film; its sound comes out of it, its cover alone is another file.
        sizes = [each.item.size_bytes if each.kind is not ChoiceKind.THUMBNAIL else None for each in files]
        max_bytes = min(int(self._settings.max_size), sink.max_bytes or sys.maxsize)
        answer = await self._context.workers.run(
            "fetchgram_instagram.fetching:fetch",
            {
                "files": {_source_name(each): _source_url(each) for each in files},
                "covers": {_cover_name(each): each.item.picture_url for each in files if each.item.film_url},
                "total": None if None in sizes else sum(size or 0 for size in sizes),
                "max_bytes": max_bytes,
                "timeout_s": self._settings.socket_timeout_s,
            },
            on_message=hear,
            workdir=workdir,
            timeout_s=self._settings.download_timeout_s,
            max_bytes=max_bytes,
        )
        return bool(cast("dict[str, Json]", answer)["good"])

    async def finish(self, files: Sequence[Wanted], workdir: Path, words: Words) -> tuple[Media, ...]:
        """Return what is delivered, in order; the first has the caption, the rest of the text is the last."""
        media = [await self._finished(each, workdir, words) for each in files]
        rest = [await asyncio.to_thread(_text, words, workdir)] if words.rest else []
        return (replace(media[0], caption=words.caption), *media[1:], *rest)

    async def _finished(self, file: Wanted, workdir: Path, words: Words) -> Media:
        path, cover = workdir / _source_name(file), workdir / _cover_name(file)
        picture = cover if await asyncio.to_thread(cover.exists) else None
        shown = [path] if picture is None else [picture, path]
        if file.kind is ChoiceKind.AUDIO:
            path = await self._song(path, shown, workdir, words)
        info = await self._context.media.inspect(path)
        kind, small = _kind_of(info), None
        if file.item.film_url is not None and kind is not MediaKind.PHOTO:
            small = await self._drawn(self._context.media.thumbnail, shown, workdir / f"thumbnail-{file.place:02}.jpg")
        name = await asyncio.to_thread(file_name, words.title, path.suffix.removeprefix("."))
        return Media(
            path=path,
            kind=kind,
            mime=info.mime,
            size_bytes=info.size_bytes,
            duration_s=info.duration_s,
            width_px=info.width_px,
            height_px=info.height_px,
            thumbnail=small,
            picture=picture,
            file_name=name,
            title=words.title,
            performer=words.author,
        )

    async def _song(self, film: Path, shown: Sequence[Path], workdir: Path, words: Words) -> Path:
        """Take the sound out, and give it its title, who made it, and the cover of the film."""
        sound, output = await self._sound(film, workdir), workdir / "song.m4a"
        cover = await self._drawn(self._context.media.cover, shown, workdir / "song.jpg")
        tags = {"title": words.title, "artist": words.author}
        return await self._context.media.tag(sound, output, tags=tags, cover=cover, workdir=workdir)

    async def _sound(self, film: Path, workdir: Path) -> Path:
        """Take the sound out as it is where it is AAC.

        Raises:
            ContentUnavailable: If the film is silent.
        """
        output = workdir / "sound.m4a"
        if await asyncio.to_thread(output.exists):
            return output
        info = await self._context.media.inspect(film)
        if info.audio_codec is None:
            raise ContentUnavailable("no_media", "the film has no sound")
        is_kept = info.audio_codec == "aac"
        await self._context.media.extract_audio(
            film,
            output,
            codec="copy" if is_kept else "aac",
            bitrate_kbps=None if is_kept else _AAC_KBPS,
            workdir=workdir,
        )
        return output

    async def _drawn(self, draw: _Draw, shown: Sequence[Path], output: Path) -> Path | None:
        """Draw the first that can be drawn; that there is none is no failure."""
        for source in shown:
            try:
                made = await draw(source, output)
            except (FfmpegError, ContentUnavailable) as error:
                log.info("instagram.no_thumbnail", error=str(error))
                continue
            if made is not None:
                return made
        return None


def _text(words: Words, workdir: Path) -> Media:
    path = workdir / "text.txt"
    path.write_text(words.rest, encoding="utf-8", errors="replace")
    return Media(
        path=path,
        kind=MediaKind.TEXT,
        mime="text/plain",
        size_bytes=path.stat().st_size,
        file_name=file_name(words.title, "txt"),
        caption=words.rest,
    )


def _source_name(file: Wanted) -> str:
    if file.kind is ChoiceKind.THUMBNAIL:
        return _cover_name(file)
    return f"item-{file.place:02}.{'mp4' if file.item.film_url else 'jpg'}"


def _source_url(file: Wanted) -> str:
    item: Item = file.item
    return item.picture_url if file.kind is ChoiceKind.THUMBNAIL else item.film_url or item.picture_url


def _cover_name(file: Wanted) -> str:
    return f"cover-{file.place:02}.jpg"


def _kind_of(info: MediaInfo) -> MediaKind:
    if info.mime in _PHOTOS:
        return MediaKind.PHOTO
    if info.kind == "audio":
        return MediaKind.AUDIO
    return MediaKind.VIDEO if info.mime == "video/mp4" else MediaKind.DOCUMENT
