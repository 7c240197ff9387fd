"""A file above every limit, cut into parts that play: at key frames, without encoding, the same way after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import structlog

from fetchgram.errors import CannotDeliver, ContentUnavailable, FfmpegError
from fetchgram.model import Json, Media, MediaKind, Route, text
from fetchgram.ports import Input, Ledger, MediaTools, Sentences
from fetchgram.telegram.cuts import pieces, plan_cuts

log = structlog.get_logger()

SPLIT = "split"
PLAYABLE = frozenset({MediaKind.VIDEO, MediaKind.AUDIO})
MOST_PARTS = 20
_ROOM = (0.97, 0.9, 0.8)
"""Of the limit, for the packets alone: a container adds an index and headers. One after the other is tried."""
_LOCALE = "en"
"""The words under a part: several people may get the same one."""
_FASTSTART = frozenset({".mp4", ".m4a", ".mov"})


class Splitter:
    """Cuts files.

    Args:
        tools: Look at files and run ffmpeg.
        texts: What stands under a part.
    """

    def __init__(self, tools: MediaTools, texts: Sentences) -> None:
        self._tools = tools
        self._texts = texts

    async def split(self, media: Sequence[Media], ways: Sequence[Route], ledger: Ledger) -> Sequence[Media]:
        """Return the files with their parts in place of what no way takes.

        Args:
            media: Videos and sounds, perhaps among others.
            ways: Those that are up.
            ledger: Of the delivery.

        Raises:
            CannotDeliver: Nothing is too large, or something cannot be cut so that every part passes.
        """
        found: list[Media] = []
        for index, item in enumerate(media):
            most_bytes = max((way.max_bytes.get(item.kind.value, 0) for way in ways), default=0)
            is_large = item.kind in PLAYABLE and item.size_bytes > most_bytes > 0
            found += await self._parts(item, most_bytes, ledger, f"split:{index}") if is_large else [item]
        if len(found) == len(media):
            raise CannotDeliver("nothing is too large to go whole")
        return found

    async def _parts(self, media: Media, most_bytes: int, ledger: Ledger, key: str) -> Sequence[Media]:
        """Cut; where is written down before the first part is sent, and holds after a restart."""
        noted = await ledger.get(key)
        try:
            if isinstance(noted, dict) and noted["size_bytes"] == media.size_bytes:
                return await self._cut(media, cast("list[float]", noted["cuts"]))
            cuts, parts = await self._cut_anew(media, most_bytes)
        except (FfmpegError, ContentUnavailable, ValueError) as error:
            raise CannotDeliver(f"it cannot be cut into parts: {error}") from error
        note: dict[str, Json] = {"size_bytes": media.size_bytes, "cuts": list(cuts)}
        await ledger.put(key, note)
        return parts

    async def _cut_anew(self, media: Media, most_bytes: int) -> tuple[Sequence[float], Sequence[Media]]:
        moments = await self._tools.key_moments(media.path)
        for room in _ROOM:
            cuts = plan_cuts(moments, media.size_bytes, int(most_bytes * room))
            if len(cuts) >= MOST_PARTS:
                raise CannotDeliver(f"more than {MOST_PARTS} parts")
            parts = await self._cut(media, cuts)
            if all(part.size_bytes <= most_bytes for part in parts):
                return cuts, parts
            log.info("split.too_large", room=room, parts=[part.size_bytes for part in parts])
        raise CannotDeliver("its parts come out too large")

    async def _cut(self, media: Media, cuts: Sequence[float]) -> Sequence[Media]:
        duration_s = media.duration_s or (await self._tools.inspect(media.path)).duration_s or 0.0
        spans = pieces(cuts, duration_s)
        return [await self._part(media, number, spans) for number in range(1, len(spans) + 1)]

    async def _part(self, media: Media, number: int, spans: Sequence[tuple[float, float]]) -> Media:
        begin_s, length_s = spans[number - 1]
        folder = media.path.parent
        # The name says which cut it is: a part of another plan is never taken for this one.
        path = folder / f"{media.path.stem[:100]}.{number}of{len(spans)}-{round(begin_s * 1000)}{media.path.suffix}"
        if not await asyncio.to_thread(path.is_file):
            await self._copy(media.path, path, begin_s, length_s if number < len(spans) else None)
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        thumbnail = path.with_suffix(".thumbnail.jpg")
        if media.kind is MediaKind.VIDEO and not await asyncio.to_thread(thumbnail.is_file):
            thumbnail = await self._tools.thumbnail(path, thumbnail) or thumbnail
        shown = thumbnail if await asyncio.to_thread(thumbnail.is_file) else media.thumbnail
        name = Path(media.file_name or media.path.name)
        words = self._texts.render(text("telegram-part", number=number, of=len(spans)), _LOCALE)
        return replace(
            media,
            path=path,
            size_bytes=size_bytes,
            duration_s=length_s,
            thumbnail=shown,
            file_name=f"{name.stem} ({number} of {len(spans)}){name.suffix}",
            caption="\n".join(line for line in (media.caption, words) if line),
        )

    async def _copy(self, source: Path, output: Path, begin_s: float, length_s: float | None) -> None:
        seek = ("-ss", f"{begin_s + 0.001:.3f}") if begin_s else ()
        end = ("-t", f"{length_s:.3f}") if length_s is not None else ()
        index = ("-movflags", "+faststart") if output.suffix.lower() in _FASTSTART else ()
        arguments = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-avoid_negative_ts", "make_zero", *index)
        await self._tools.run(arguments, inputs=[Input(source, (*seek, *end))], output=output, workdir=source.parent)
