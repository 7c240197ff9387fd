"""From fetched streams to files that can be sent: merged, named, looked at, with a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from fetchgram.api import (
    Choice,
    ChoiceKind,
    ContentUnavailable,
    DiskFull,
    FetchgramError,
    LinkKind,
    Media,
    MediaInfo,
    MediaKind,
    MediaTools,
    Network,
    Probe,
    Reason,
)
from fetchgram_ytdlp.boxes import starts_fast
from fetchgram_ytdlp.captions import caption_of
from fetchgram_ytdlp.companions import Companions
from fetchgram_ytdlp.names import file_name
from fetchgram_ytdlp.urls import SUFFIXES, UNKNOWN_SUFFIX

log = structlog.get_logger()

RESULT_PATTERNS = ("final.*", "subtitled.*", "cut.*", "chaptered.*", "tagged.*", "thumbnail.*", "cover.*")
"""What is made here of the streams, as patterns of names."""
_THUMBNAIL_MAX_BYTES = 10_000_000
_THUMBNAIL_TIMEOUT_S = 15.0
_THUMBNAIL_NAME, _SITES_NAME, _COVER_NAME = "thumbnail.jpg", "thumbnail.source", "cover.jpg"
_TAGGABLE = frozenset({"m4a", "mp3", "flac", "ogg", "opus"})
_PHOTO_MIMES = frozenset({"image/jpeg", "image/png"})
_WORTH_A_LOOK_S = 1.0
_AAC_KBPS = 160


@dataclass(frozen=True, slots=True)
class Stream:
    """A fetched file of the workdir."""

    path: Path
    has_video: bool
    has_audio: bool
    audio_codec: str | None
    is_pieces: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the child brought."""

    probe: Probe
    choice: Choice
    streams: tuple[Stream, ...]
    song: Mapping[str, str] = field(default_factory=dict)
    """Tags of the song that a film shows, where the site names one."""
    section_s: tuple[float, float] | None = None
    """Of a clip: from where to where it goes in the whole."""


class Finisher:
    """Makes the media of a fetched choice.

    Args:
        media: Looks at and works on local files.
        network: For the picture of the card.
        workdir: Of the job.
        companions: Does what was wished for besides the choice.
    """

    def __init__(self, media: MediaTools, network: Network, workdir: Path, companions: Companions) -> None:
        self._media = media
        self._network = network
        self._workdir = workdir
        self._companions = companions

    async def finish(self, fetched: Fetched) -> tuple[Media, ...]:
        """Return the finished file and those that go with it; one that an earlier attempt finished is taken."""
        choice = fetched.choice
        final = self._workdir / f"final.{choice.container or UNKNOWN_SUFFIX}"
        if not await asyncio.to_thread(final.exists):
            final = await self._make(fetched, final)
        final = await self._companions.applied(final, fetched.probe.chapters)
        info = await self._media.inspect(final)
        picture = await self._picture(fetched, final, info)
        if choice.kind is ChoiceKind.AUDIO and fetched.probe.link.kind is not LinkKind.FILE:
            final = await self._tagged(fetched, final)
            info = await self._media.inspect(final)
        # In a thread: the first name of a file imports what makes names safe.
        caption = caption_of(
            fetched.probe, is_whole_video=choice.kind is ChoiceKind.VIDEO and not self._companions.has_cut
        )
        media = await asyncio.to_thread(_media_of, fetched, final, info, picture)
        media = replace(media, caption=caption, picture=await self._sites_picture())
        return (media, *await self._companions.files(fetched.probe.title))

    async def _make(self, fetched: Fetched, final: Path) -> Path:
        """Put the streams into their container; the result appears whole or not at all."""
        streams = fetched.streams
        if fetched.choice.kind is ChoiceKind.THUMBNAIL:
            return await self._thumbnail(fetched.probe, final)
        if fetched.choice.kind is ChoiceKind.AUDIO and (streams[0].has_video or self._is_bare(streams[0], final)):
            await self._extract(fetched.choice, streams[0], final)
        elif len(streams) > 1:
            await self._media.merge(streams[0].path, streams[1].path, final, workdir=self._workdir)
        elif fetched.choice.kind is ChoiceKind.VIDEO and self._is_bare(streams[0], final):
            await self._media.remux(streams[0].path, final, workdir=self._workdir)
        else:
            return await self._improved(streams[0].path, final)
        for stream in streams:
            await asyncio.to_thread(stream.path.unlink, missing_ok=True)
        return final

    async def _thumbnail(self, probe: Probe, final: Path) -> Path:
        """Fetch the site's own picture, as large as it is."""
        if probe.thumbnail_url is None:
            raise ContentUnavailable(Reason.NO_MEDIA, "there is no picture of it")
        await self._network.download(probe.thumbnail_url, final, max_bytes=_THUMBNAIL_MAX_BYTES)
        return final

    def _is_bare(self, stream: Stream, final: Path) -> bool:
        """Whether a file needs a container: pieces are joined without one, or it is to be another one."""
        return stream.is_pieces or stream.path.suffix != final.suffix

    async def _extract(self, choice: Choice, stream: Stream, final: Path) -> None:
        """Take the sound as it is where the container takes it, and make the MP3 that was chosen."""
        codec = stream.audio_codec or (await self._media.inspect(stream.path)).audio_codec
        wanted, bitrate_kbps = ("mp3", choice.bitrate_kbps) if choice.codec == "mp3" else ("aac", _AAC_KBPS)
        is_kept = codec == wanted or (wanted != "mp3" and not stream.has_video)
        await self._media.extract_audio(
            stream.path,
            final,
            codec="copy" if is_kept else wanted,
            bitrate_kbps=None if is_kept else bitrate_kbps,
            workdir=self._workdir,
        )

    async def _improved(self, source: Path, final: Path) -> Path:
        """Move the index of an MP4 to its front; a file that ffmpeg cannot read stays as it is."""
        if source.suffix != ".mp4" or await asyncio.to_thread(starts_fast, source):
            return source
        try:
            await self._media.remux(source, final, workdir=self._workdir)
        except DiskFull:
            raise
        except FetchgramError as error:
            log.info("ytdlp.not_remuxed", error=str(error))
            return source
        await asyncio.to_thread(source.unlink, missing_ok=True)
        return final

    async def _picture(self, fetched: Fetched, final: Path, info: MediaInfo) -> Path | None:
        """Make the thumbnail from the site's picture, else from the file itself; none is no failure."""
        if fetched.choice.kind in (ChoiceKind.IMAGE, ChoiceKind.THUMBNAIL):
            return None
        output = self._workdir / _THUMBNAIL_NAME
        if await asyncio.to_thread(output.exists):
            return output
        try:
            made = await self._fetched_picture(fetched.probe.thumbnail_url, output)
        except FetchgramError as error:
            log.info("ytdlp.no_thumbnail", error=str(error))
            made = None
        if made is not None:
            return made
        at_s = min(_WORTH_A_LOOK_S, info.duration_s / 2) if info.duration_s else None
        try:
            return await self._media.thumbnail(final, output, at_s=at_s)
        except DiskFull:
            raise
        except FetchgramError as error:
            log.info("ytdlp.no_thumbnail", error=str(error))
            return None

    async def _fetched_picture(self, url: str | None, output: Path) -> Path | None:
        if url is None:
            return None
        source = output.with_name(_SITES_NAME)
        await asyncio.to_thread(source.unlink, missing_ok=True)
        await self._network.download(url, source, max_bytes=_THUMBNAIL_MAX_BYTES, timeout_s=_THUMBNAIL_TIMEOUT_S)
        return await self._media.thumbnail(source, output)

    async def _sites_picture(self) -> Path | None:
        """Return the site's picture as it came, where the thumbnail is made of it."""
        source = self._workdir / _SITES_NAME
        return source if await asyncio.to_thread(source.exists) else None

    async def _tagged(self, fetched: Fetched, final: Path) -> Path:
        """Write title, author and cover where the container takes them."""
        if final.suffix.removeprefix(".") not in _TAGGABLE:
            return final
        output = final.with_name(f"tagged{final.suffix}")
        tags = {"title": fetched.probe.title, "artist": fetched.probe.author or "", **fetched.song}
        try:
            return await self._media.tag(
                final,
                output,
                tags={key: value for key, value in tags.items() if value},
                cover=await self._cover(final),
                workdir=self._workdir,
            )
        except DiskFull:
            raise
        except FetchgramError as error:
            log.info("ytdlp.not_tagged", error=str(error))
            return final

    async def _cover(self, song: Path) -> Path | None:
        """Make the cover from the site's picture, else take the song's own."""
        for source in (await self._sites_picture(), song):
            try:
                made = await self._media.cover(source, self._workdir / _COVER_NAME) if source is not None else None
            except DiskFull:
                raise
            except FetchgramError as error:  # title and author are worth something without it
                log.info("ytdlp.no_cover", error=str(error))
                continue
            if made is not None:
                return made
        return None


def _media_of(fetched: Fetched, final: Path, info: MediaInfo, picture: Path | None) -> Media:
    probe = fetched.probe
    return Media(
        path=final,
        kind=_kind_of(fetched.choice, info),
        mime=info.mime,
        size_bytes=info.size_bytes,
        duration_s=info.duration_s,
        width_px=info.width_px,
        height_px=info.height_px,
        thumbnail=picture,
        file_name=file_name(probe.title, _suffix(final, info)),
        title=fetched.song.get("title", probe.title),
        performer=probe.author,
    )


def _suffix(final: Path, info: MediaInfo) -> str:
    known = final.suffix.removeprefix(".")
    return SUFFIXES.get(info.mime, known) if known == UNKNOWN_SUFFIX else known


def _kind_of(choice: Choice, info: MediaInfo) -> MediaKind:
    """Choose how Telegram shows it.

    It plays MPEG-4 videos and shows JPEG and PNG (core.telegram.org/bots/api#sendvideo, #sendphoto);
    the rest goes as a file.
    """
    if info.mime == "image/gif":
        return MediaKind.ANIMATION
    if choice.kind is ChoiceKind.AUDIO or info.kind == "audio":
        return MediaKind.AUDIO
    by_mime: Mapping[str, MediaKind] = {"video/mp4": MediaKind.VIDEO} | dict.fromkeys(_PHOTO_MIMES, MediaKind.PHOTO)
    return by_mime.get(info.mime, MediaKind.DOCUMENT)
