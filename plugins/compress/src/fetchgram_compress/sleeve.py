"""A song's title, performer and cover: its own, else those of what it was made of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from fetchgram.api import DiskFull, FetchgramError, Media, MediaInfo, MediaKind, MediaTools
from fetchgram_compress.formats import TAKE_COVERS
from fetchgram_compress.tracks import Plan

log = structlog.get_logger()

_TITLE_LENGTH = 200
_FIRST_PICTURE = 0.1
"""Of a stretch: films begin black more often than not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeve:
    """What a song gets that does not say so itself.

    Args:
        title: Of one line.
        performer: `None` where nobody is known.
        picture: In full size, of any format.
        thumbnail: A small one, for want of a better.
    """

    title: str | None = None
    performer: str | None = None
    picture: Path | None = None
    thumbnail: Path | None = None


PLAIN = Sleeve()
"""Says nothing: a cover is left, of the file's own."""


def sleeve_of(media: Media) -> Sleeve:
    """Return what is known of a file: under a post there may be a whole text, of which the first line is a title.

    A voice message has no name, and its file is called so.
    """
    if media.kind is MediaKind.VOICE:
        return PLAIN
    named = Path(media.file_name or media.path.name).stem
    lines = (line.strip() for line in (media.title or media.caption or "").splitlines())
    title = next((line for line in lines if line), named)[:_TITLE_LENGTH]
    return Sleeve(title=title, performer=media.performer, picture=media.picture, thumbnail=media.thumbnail)


class Dresser:
    """Puts a song into its sleeve.

    Args:
        media: Draws covers and writes tags.
        source: What the song was made of.
        path: Its file.
    """

    def __init__(self, media: MediaTools, source: MediaInfo, path: Path) -> None:
        self._media = media
        self._source = source
        self._path = path

    async def dress(self, song: Path, plan: Plan, info: MediaInfo, sleeve: Sleeve) -> MediaInfo:
        """Write into the song what it lacks and has room for; that it cannot be written is no failure.

        Args:
            song: Is replaced.
            plan: By which it was made.
            info: What it is.
            sleeve: What it gets.

        Returns:
            What it is now.

        Raises:
            DiskFull: If there is no room.
        """
        if plan.kind is MediaKind.VOICE:
            return info
        try:
            cover = await self._cover(plan, sleeve, song.with_suffix(".cover.jpg"))
            return await self._written(song, plan, info, _missing(info, sleeve), cover)
        except DiskFull:
            raise
        except FetchgramError as error:
            log.info("compress.not_tagged", error=str(error))
            return info

    async def _cover(self, plan: Plan, sleeve: Sleeve, output: Path) -> Path | None:
        """Draw the cover: the file's own, else the site's picture, else a moment of the film."""
        if plan.suffix not in TAKE_COVERS:
            return None
        start_s, end_s = plan.cut_s or (0.0, plan.duration_s)
        at_s = start_s + (end_s - start_s) * _FIRST_PICTURE
        own = [(self._path, at_s)] if self._source.has_cover or self._source.width_px else []
        site = [(sleeve.picture, 0.0)] if sleeve.picture else []
        small = [(sleeve.thumbnail, 0.0)] if sleeve.thumbnail else []
        for path, moment_s in (*own, *site, *small) if self._source.has_cover else (*site, *own, *small):
            if (made := await self._drawn(path, output, moment_s)) is not None:
                return made
        return None

    async def _drawn(self, path: Path, output: Path, at_s: float) -> Path | None:
        """Draw a picture; one at which a decoder fails costs the song its cover, not its title."""
        try:
            return await self._media.cover(path, output, at_s=at_s)
        except DiskFull:
            raise
        except FetchgramError as error:
            log.info("compress.no_cover", error=str(error))
            return None

    async def _written(
        self, song: Path, plan: Plan, info: MediaInfo, tags: Mapping[str, str], cover: Path | None
    ) -> MediaInfo:
        """Write all of it, without the cover where that is too much, and nothing where that is too much too."""
        if not tags and cover is None:
            return info
        output = song.with_stem(f"{song.stem}-tagged")
        await self._media.tag(song, output, tags=tags, cover=cover, workdir=song.parent)
        found = await self._media.inspect(output)
        if plan.max_bytes is None or found.size_bytes <= plan.max_bytes:
            await asyncio.to_thread(output.replace, song)
            return found
        await asyncio.to_thread(output.unlink)
        return info if cover is None else await self._written(song, plan, info, tags, None)


def _missing(info: MediaInfo, sleeve: Sleeve) -> Mapping[str, str]:
    given = {"title": (info.title, sleeve.title), "artist": (info.performer, sleeve.performer)}
    return {name: new for name, (has, new) in given.items() if not has and new}
