"""Ask a child what a media file is, and for its thumbnail."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from fetchgram.errors import FfmpegError
from fetchgram.model import KeyMoment
from fetchgram.model.codec import Json
from fetchgram.ports import MediaInfo, Workers

_TIMEOUT_S = 30.0
_READ_THROUGH_S = 600.0
"""Some gigabytes from a slow disk."""


async def inspect(pool: Workers, path: Path, *, max_duration_s: float | None = None) -> MediaInfo:
    """Describe a file by its content.

    Args:
        pool: Does it; warm when it preloads `fetchgram.workers.thumbnails`.
        path: A local file.
        max_duration_s: Longer ones are refused by their header.

    Raises:
        FfmpegError: `input`, if it is broken media; `refused`, if it is over a limit of pixels or time.
        WorkerCrashed: If the decoder crashed.
        WorkerTimeout: If it took too long.
    """
    payload: Json = {"path": _absolute(path), "max_duration_s": max_duration_s}
    found = await pool.run("fetchgram.workers.inspection:describe", payload, timeout_s=_TIMEOUT_S)
    if not isinstance(found, dict):
        raise FfmpegError("input", f"no description of {path.name!r}")
    return MediaInfo(**found)  # type: ignore[arg-type]  # our own child wrote exactly these fields


async def key_moments(pool: Workers, path: Path) -> list[KeyMoment]:
    """List where a video or sound may be cut without encoding.

    Raises:
        FfmpegError: `input`, if it cannot be read.
        WorkerCrashed: If the demuxer crashed.
        WorkerTimeout: If it took too long.
    """
    payload: Json = {"path": _absolute(path)}
    found = await pool.run("fetchgram.workers.moments:key_moments", payload, timeout_s=_READ_THROUGH_S)
    return [KeyMoment(at_s, int(before)) for at_s, before in cast("list[list[float]]", found)]


async def make_thumbnail(pool: Workers, path: Path, output: Path, at_s: float = 0.0) -> Path | None:
    """Write a JPEG that Telegram takes as a thumbnail: at most 320 px and 200 kB.

    Args:
        pool: Does it.
        path: A video, a picture, or a song with a cover.
        output: Where it goes.
        at_s: Which moment of a video.

    Returns:
        `output`, or `None` if there is nothing to show.

    Raises:
        FfmpegError: As `inspect` does.
        WorkerCrashed: If the decoder crashed.
        WorkerTimeout: If it took too long.
    """
    return await _make("thumbnail", pool, path, output, at_s)


async def make_cover(pool: Workers, path: Path, output: Path, at_s: float = 0.0) -> Path | None:
    """Write a JPEG for a song: the embedded picture, else what a film or picture shows; at most 800 px and 400 kB.

    Takes, returns and raises what `make_thumbnail` does.
    """
    return await _make("cover", pool, path, output, at_s)


async def _make(what: str, pool: Workers, path: Path, output: Path, at_s: float) -> Path | None:
    payload: Json = {"path": _absolute(path), "output": _absolute(output), "at_s": at_s}
    made = cast("bool", await pool.run(f"fetchgram.workers.thumbnails:{what}", payload, timeout_s=_TIMEOUT_S))
    return output if made else None


def _absolute(path: Path) -> str:
    """Spell the path so that it means the same in a child, whose folder is another."""
    return str(path.absolute())
