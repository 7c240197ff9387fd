"""The usual things that are done to media files, each one run of ffmpeg."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fetchgram.errors import FfmpegError
from fetchgram.ports import Input, Watch
from fetchgram.workers.containers import JPEG_QUALITIES, MP4_LIKE, THUMBNAIL_BYTES, THUMBNAIL_PX
from fetchgram.workers.covers import OGG_SUFFIXES, comment_of
from fetchgram.workers.ffmpeg import Ffmpeg

AudioCodec = Literal["copy", "aac", "mp3", "opus", "flac", "wav"]

_ENCODERS: Mapping[str, str] = {
    "copy": "copy",
    "aac": "aac",
    "mp3": "libmp3lame",
    "opus": "libopus",
    "flac": "flac",
    "wav": "pcm_s16le",
}
_LOSSLESS = frozenset({"copy", "flac", "wav"})
_COVER_SUFFIXES = MP4_LIKE | {".mp3", ".flac"}
_SOUND_SUFFIXES = OGG_SUFFIXES | {".m4a", ".mp3", ".flac", ".wav", ".aac"}
_FRONT = "Cover (front)"
"""What ffmpeg's muxers of MP3 and FLAC read as the kind of a picture; players look for this one first."""
_TAG_NAME = re.compile(r"[a-z][a-z_]{0,30}")
_TAG_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Where an edit happens and who hears of it.

    Args:
        workdir: The job's folder.
        watch: Who hears of it, and its limits.
    """

    workdir: Path
    watch: Watch | None = None


async def merge(ffmpeg: Ffmpeg, video: Path, audio: Path, output: Path, work: Work) -> None:
    """Put a video stream and an audio stream into one file, without encoding."""
    streams = ("-map", "0:v:0", "-map", "1:a:0", "-c", "copy")
    await _run(ffmpeg, streams, [video, audio], output, work)


async def remux(ffmpeg: Ffmpeg, source: Path, output: Path, work: Work) -> None:
    """Put video and audio into another container, without encoding."""
    streams = ("-map", "0:v?", "-map", "0:a?", "-c", "copy")
    await _run(ffmpeg, streams, [source], output, work)


async def extract_audio(
    ffmpeg: Ffmpeg, source: Path, output: Path, work: Work, *, codec: AudioCodec, bitrate_kbps: int | None = None
) -> None:
    """Take the first audio stream out, encoded as asked."""
    encoding: tuple[str, ...] = ("-c:a", _ENCODERS[codec])
    if bitrate_kbps is not None and codec not in _LOSSLESS:
        encoding += ("-b:a", f"{bitrate_kbps}k")
    await _run(ffmpeg, ("-map", "0:a:0", "-vn", *encoding), [source], output, work)


async def embed_cover_and_tags(
    ffmpeg: Ffmpeg,
    source: Path,
    output: Path,
    work: Work,
    *,
    cover: Path | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a picture and texts into the file; containers that take no picture get the texts alone.

    Args:
        ffmpeg: Does it.
        source: Audio or video.
        output: Of the same container.
        work: Where.
        cover: A JPEG or PNG file; without it, a song has none.
        tags: `title`, `artist`, `album`, `date`, `comment`, …: foreign text is fine.
    """
    suffix = output.suffix.lower()
    arguments = ["-map", "0:a?", "-c", "copy"]
    if suffix not in _SOUND_SUFFIXES:
        arguments[:0] = ["-map", "0:v:0?"]
    if suffix == ".mp3":
        arguments += ["-id3v2_version", "3"]  # the version that players of every age read
    # The comments of an Ogg file are those of its stream, and outweigh what is said of the whole.
    where = "-metadata:s:a:0" if suffix in OGG_SUFFIXES else "-metadata"
    for name, value in (tags or {}).items():
        arguments += [where, f"{_tag_name(name)}={_tag_text(value)}"]
    if cover is not None and suffix in OGG_SUFFIXES:
        await _with_comment(ffmpeg, arguments, source, output, work, cover)
        return
    inputs = [source]
    if cover is not None and suffix in _COVER_SUFFIXES:
        inputs.append(cover)
        place = 0 if suffix in _SOUND_SUFFIXES else 1
        arguments += ["-map", "1:v:0", f"-disposition:v:{place}", "attached_pic"]
        arguments += [f"-metadata:s:v:{place}", f"comment={_FRONT}"]
    await _run(ffmpeg, arguments, inputs, output, work)


async def to_thumbnail(ffmpeg: Ffmpeg, source: Path, output: Path, work: Work, *, at_s: float = 0.0) -> None:
    """Make a JPEG that Telegram takes as a thumbnail, from a picture or from a moment of a video.

    Raises:
        FfmpegError: If nothing small enough comes out.
    """
    scale = f"scale={THUMBNAIL_PX}:{THUMBNAIL_PX}:force_original_aspect_ratio=decrease:flags=area,format=yuvj420p"
    seek = ("-ss", f"{at_s:.3f}") if at_s > 0 else ()
    for quality in JPEG_QUALITIES:
        arguments = ("-map", "0:v:0", "-frames:v", "1", "-update", "1", "-vf", scale, "-q:v", str(quality))
        await _run(ffmpeg, arguments, [Input(source, seek)], output, work)
        if await asyncio.to_thread(_size_bytes, work.workdir / output) <= THUMBNAIL_BYTES:
            return
    raise FfmpegError("output", "the thumbnail is too large")


async def _with_comment(
    ffmpeg: Ffmpeg, arguments: Sequence[str], source: Path, output: Path, work: Work, cover: Path
) -> None:
    comment = work.workdir / f"{output.name}.comment"
    await asyncio.to_thread(lambda: comment.write_text(comment_of(cover), encoding="ascii"))
    try:
        words = (*arguments, "-map_metadata", "1", "-map_metadata", "0")
        await _run(ffmpeg, words, [source, comment], output, work)
    finally:
        comment.unlink(missing_ok=True)


async def _run(
    ffmpeg: Ffmpeg, arguments: Sequence[str], inputs: Sequence[Path | Input], output: Path, work: Work
) -> None:
    await ffmpeg.run(arguments, inputs=inputs, output=output, workdir=work.workdir, watch=work.watch)


def _size_bytes(path: Path) -> int:
    return path.stat().st_size


def _tag_name(name: str) -> str:
    if not _TAG_NAME.fullmatch(name):
        raise FfmpegError("refused", f"{name!r} is no name of a tag")
    return name


def _tag_text(value: str) -> str:
    return value.replace("\0", "")[:_TAG_LENGTH]
