"""What is done to a finished file, and the files that go with it: subtitles, a cut, chapters, the description."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from fetchgram.api import Chapter, DiskFull, FetchgramError, Input, Media, MediaKind, MediaTools
from fetchgram_ytdlp.chapters import CONTAINERS, metadata_of
from fetchgram_ytdlp.extras import AUTOMATIC, Extras
from fetchgram_ytdlp.names import file_name

log = structlog.get_logger()

_SUBTITLE_CODECS: Mapping[str, str] = {".mp4": "mov_text", ".mkv": "srt", ".webm": "webvtt"}
_MIME_SRT, _MIME_TEXT = "application/x-subrip", "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Fetched files of text.

    Args:
        subtitles: Path by language.
        description: `None` when there is none, or nobody wants it.
    """

    subtitles: Mapping[str, Path] = field(default_factory=dict)
    description: Path | None = None


class Companions:
    """Does what was wished for besides the choice, and names the chapters.

    Args:
        media: Works on local files.
        workdir: Of the job.
        extras: The wishes; the stretch of a clip among them.
        texts: What was fetched for them.
    """

    def __init__(self, media: MediaTools, workdir: Path, extras: Extras, texts: Texts) -> None:
        self._media = media
        self._workdir = workdir
        self._extras = extras
        self._texts = texts

    @property
    def has_cut(self) -> bool:
        """Whether only a stretch is kept, whose times are not those of the whole."""
        return self._extras.section_s is not None

    async def applied(self, final: Path, chapters: Sequence[Chapter]) -> Path:
        """Return the file with its subtitles in it, cut, and with its chapters; the streams stay as they are."""
        return await self._chaptered(await self._cut(await self._subtitled(final)), chapters)

    async def files(self, title: str) -> list[Media]:
        """Return the files that go with it."""
        return [*await self._subtitles_file(title), *await self._description(title)]

    async def _subtitled(self, final: Path) -> Path:
        codec = _SUBTITLE_CODECS.get(final.suffix)
        if self._extras.subtitles is None or codec is None:
            return final
        source, output = self._texts.subtitles[self._extras.subtitles], final.with_name(f"subtitled{final.suffix}")
        language = self._extras.subtitles.removesuffix(AUTOMATIC)
        marks = ("-metadata:s:s:0", f"language={language}", "-disposition:s:0", "default")
        arguments = ("-map", "0:v", "-map", "0:a?", "-map", "1:s", "-c", "copy", "-c:s", codec, *marks)
        await self._media.run(arguments, inputs=(final, source), output=output, workdir=self._workdir)
        return output

    async def _cut(self, whole: Path) -> Path:
        """Keep a stretch without encoding again: it begins at a key frame, and players skip to the wished moment.

        Where players learn that from is the edit list of an MP4 (ISO/IEC 14496-12, 8.6.6).
        """
        if self._extras.section_s is None:
            return whole
        output = whole.with_name(f"cut{whole.suffix}")
        source = Input(whole, _bounds(self._extras.section_s))
        await self._media.run(("-map", "0", "-c", "copy"), inputs=(source,), output=output, workdir=self._workdir)
        return output

    async def _chaptered(self, final: Path, chapters: Sequence[Chapter]) -> Path:
        """Name the chapters; last, since MP4 keeps the names in a stream that a copy would not understand."""
        words = metadata_of(chapters, self._extras.section_s)
        if not words or final.suffix not in CONTAINERS:
            return final
        source, output = self._workdir / "chapters.txt", final.with_name(f"chaptered{final.suffix}")
        await asyncio.to_thread(source.write_text, words, encoding="utf-8")
        streams = ("-map", "0:v?", "-map", "0:a?", "-map", "0:s?", "-c", "copy")
        arguments = (*streams, "-map_metadata", "0", "-map_chapters", "1")
        try:
            await self._media.run(arguments, inputs=(final, source), output=output, workdir=self._workdir)
        except DiskFull:
            raise
        except FetchgramError as error:  # a file without them is better than none
            log.info("ytdlp.no_chapters", error=str(error))
        else:
            await asyncio.to_thread(output.replace, final)  # a second copy of a large file would need its room
        return final

    async def _subtitles_file(self, title: str) -> Sequence[Media]:
        language = self._extras.subtitles_file
        if language is None:
            return ()
        source, output = self._texts.subtitles[language], self._workdir / "subtitles.srt"
        bounds = _bounds(self._extras.section_s) if self._extras.section_s else ()
        await self._media.run(("-c:s", "srt"), inputs=(Input(source, bounds),), output=output, workdir=self._workdir)
        name = file_name(f"{title}.{language.replace(AUTOMATIC, '-auto')}", "srt")
        return (await _document(output, name, _MIME_SRT),)

    async def _description(self, title: str) -> Sequence[Media]:
        path = self._texts.description
        return () if path is None else (await _document(path, file_name(title, "txt"), _MIME_TEXT),)


def _bounds(section_s: tuple[float, float]) -> tuple[str, ...]:
    start_s, end_s = section_s
    return ("-ss", f"{start_s:.3f}", "-t", f"{end_s - start_s:.3f}")


async def _document(path: Path, name: str, mime: str) -> Media:
    size_bytes = (await asyncio.to_thread(path.stat)).st_size
    return Media(path=path, kind=MediaKind.DOCUMENT, mime=mime, size_bytes=size_bytes, file_name=name)
