"""A file above every limit, cut into parts that play: at key frames, without encoding, the same way after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import structlog

from fetchgram.errors import CannotDeliver, ContentUnavailable, FfmpegError
from fetchgram.model import Json, Media, MediaKind, Route, text
from fetchgram.ports import Input, Ledger, MediaTools, Sentences
from fetchgram.telegram.cuts import piece_bytes, pieces, plan_cuts

log = structlog.get_logger()

SPLIT = "split"
PLAYABLE = frozenset({MediaKind.VIDEO, MediaKind.AUDIO})
MOST_PARTS = 20
_ROOM = (0.97, 0.9, 0.8)
"""Of the limit, for the packets alone: a container adds an index and headers. One after the other is tried."""
_LOCALE = "en"
"""The words under a part: several people may get the same one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes out as a message: a part that is cut when it is its turn, or a file that passes whole.

    Attributes:
        media: The file; of a part its size is what it holds of the whole, and its path is where it will be.
        whole: What it is a part of; `None` for a file that passes.
        begin_s: Where it begins.
        length_s: How long it is; `None` to the end.
    """

    media: Media
    whole: Media | None = None
    begin_s: float = 0.0
    length_s: float | None = None


class Splitter:
    """Cuts files.

    Args:
        tools: Look at files and run ffmpeg.
        texts: What stands under a part.
    """

    def __init__(self, tools: MediaTools, texts: Sentences) -> None:
        self._tools = tools
        self._texts = texts

    async def plan(self, media: Sequence[Media], ways: Sequence[Route], ledger: Ledger) -> Sequence[Piece]:
        """Return the files, and parts in place of what no way takes; the largest part is made, to see that it fits.

        Args:
            media: Videos and sounds, perhaps among others.
            ways: Those that are up.
            ledger: Of the delivery.

        Raises:
            CannotDeliver: Nothing is too large, or something cannot be cut so that every part passes.
        """
        found: list[Piece] = []
        for index, item in enumerate(media):
            most_bytes = max((way.max_bytes.get(item.kind.value, 0) for way in ways), default=0)
            is_large = item.kind in PLAYABLE and item.size_bytes > most_bytes > 0
            found += await self._parts(item, most_bytes, ledger, f"split:{index}") if is_large else [Piece(item)]
        if len(found) == len(media):
            raise CannotDeliver("nothing is too large to go whole")
        return found

    async def make(self, piece: Piece) -> Media:
        """Return a piece as it lies on the disk; cuts it, if it is not there yet.

        Raises:
            CannotDeliver: It cannot be cut.
        """
        if piece.whole is None:
            return piece.media
        try:
            return await self._made(piece, piece.whole)
        except (FfmpegError, ContentUnavailable) as error:
            raise CannotDeliver(f"it cannot be cut into parts: {error}") from error

    async def drop(self, piece: Piece) -> None:
        """Remove a part that has arrived, so that no more than two take room beside the whole."""
        if piece.whole is not None:
            for path in (piece.media.path, _thumbnail_of(piece.media.path)):
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _parts(self, media: Media, most_bytes: int, ledger: Ledger, key: str) -> Sequence[Piece]:
        """Say where to cut; it is written down before the first part is sent, and holds after a restart."""
        noted = await ledger.get(key)
        if isinstance(noted, dict) and noted["size_bytes"] == media.size_bytes:
            return await self._planned(media, cast("list[float]", noted["cuts"]), cast("list[int]", noted["parts"]))
        try:
            cuts, parts = await self._tried(media, most_bytes)
        except (FfmpegError, ContentUnavailable, ValueError) as error:
            raise CannotDeliver(f"it cannot be cut into parts: {error}") from error
        sizes: list[Json] = [part.media.size_bytes for part in parts]
        note: dict[str, Json] = {"size_bytes": media.size_bytes, "cuts": list(cuts), "parts": sizes}
        await ledger.put(key, note)
        return parts

    async def _tried(self, media: Media, most_bytes: int) -> tuple[Sequence[float], Sequence[Piece]]:
        """Find cuts whose largest part passes when it is made; the others have less of the same."""
        moments = await self._tools.key_moments(media.path)
        for room in _ROOM:
            cuts = plan_cuts(moments, media.size_bytes, int(most_bytes * room))
            if len(cuts) >= MOST_PARTS:
                raise CannotDeliver(f"more than {MOST_PARTS} parts")
            parts = await self._planned(media, cuts, piece_bytes(moments, cuts, media.size_bytes))
            largest = max(parts, key=lambda part: part.media.size_bytes)
            made = await self.make(largest)
            if made.size_bytes <= most_bytes:
                return cuts, parts
            log.info("split.too_large", room=room, size_bytes=made.size_bytes)
            await self.drop(largest)
        raise CannotDeliver("its parts come out too large")

    async def _planned(self, media: Media, cuts: Sequence[float], sizes: Sequence[int]) -> Sequence[Piece]:
        duration_s = media.duration_s or (await self._tools.inspect(media.path)).duration_s or 0.0
        spans = pieces(cuts, duration_s)
        return [self._piece(media, number, spans, size) for number, size in enumerate(sizes, start=1)]

    def _piece(self, media: Media, number: int, spans: Sequence[tuple[float, float]], size_bytes: int) -> Piece:
        begin_s, length_s = spans[number - 1]
        # The name says which cut it is: a part of another plan is never taken for this one.
        file_name = f"{media.path.stem[:100]}.{number}of{len(spans)}-{round(begin_s * 1000)}{media.path.suffix}"
        name = Path(media.file_name or media.path.name)
        words = self._texts.render(text("telegram-part", number=number, of=len(spans)), _LOCALE)
        part = replace(
            media,
            path=media.path.with_name(file_name),
            size_bytes=size_bytes,
            duration_s=length_s,
            file_name=f"{name.stem} ({number} of {len(spans)}){name.suffix}",
            caption="\n".join(line for line in (media.caption, words) if line),
        )
        return Piece(part, media, begin_s, length_s if number < len(spans) else None)

    async def _made(self, piece: Piece, whole: Media) -> Media:
        path = piece.media.path
        if not await asyncio.to_thread(path.is_file):
            await self._copy(whole.path, path, piece.begin_s, piece.length_s)
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        thumbnail = _thumbnail_of(path)
        if whole.kind is MediaKind.VIDEO and not await asyncio.to_thread(thumbnail.is_file):
            thumbnail = await self._tools.thumbnail(path, thumbnail) or thumbnail
        shown = thumbnail if await asyncio.to_thread(thumbnail.is_file) else whole.thumbnail
        return replace(piece.media, size_bytes=size_bytes, thumbnail=shown)

    async def _copy(self, source: Path, output: Path, begin_s: float, length_s: float | None) -> None:
        seek = ("-ss", f"{begin_s + 0.001:.3f}") if begin_s else ()
        end = ("-t", f"{length_s:.3f}") if length_s is not None else ()
        arguments = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-avoid_negative_ts", "make_zero")
        await self._tools.run(arguments, inputs=[Input(source, (*seek, *end))], output=output, workdir=source.parent)


def _thumbnail_of(path: Path) -> Path:
    return path.with_suffix(".thumbnail.jpg")
