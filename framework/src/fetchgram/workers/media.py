"""Local files for the core and the plugins: looked at in a child, worked on by ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import cast, get_args

from fetchgram.errors import ContentUnavailable, FfmpegError, Reason
from fetchgram.model import KeyMoment
from fetchgram.ports import Input, MediaInfo, Watch, Workers
from fetchgram.settings import FfmpegSettings, Settings
from fetchgram.workers import edits
from fetchgram.workers.edits import AudioCodec, Work
from fetchgram.workers.encoders import encodes
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg
from fetchgram.workers.inspect import inspect, key_moments, make_cover, make_thumbnail
from fetchgram.workers.plugin_workers import PluginWorkers

PRELOAD = ("fetchgram.workers.thumbnails",)
"""What children that look at files import before the first one."""

_FIRST_PICTURE = 0.1
"""Of the duration: the very first frames are black more often than not."""


_Make = Callable[[Workers, Path, Path, float], Awaitable[Path | None]]


class LocalMedia:
    """Implements `ports.MediaTools`.

    Args:
        workers: Children that look at files; they need no way out.
        settings: Which ffmpeg.
        roof: Holds folders for what is only tried; `None` takes the system's temporary folder.
    """

    def __init__(self, workers: Workers, settings: FfmpegSettings, *, roof: Path | None = None) -> None:
        self._roof = roof
        self._workers = workers
        self._settings = settings
        self._encoders: dict[str, bool] = {}

    async def inspect(self, path: Path) -> MediaInfo:
        """Read what a file is; see `ports.MediaTools.inspect`."""
        try:
            return await inspect(self._workers, path)
        except FfmpegError as error:
            raise ContentUnavailable(Reason.NO_MEDIA, str(error)) from error

    async def key_moments(self, path: Path) -> Sequence[KeyMoment]:
        """Say where a file may be cut; see `ports.MediaTools.key_moments`."""
        return await key_moments(self._workers, path)

    async def thumbnail(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make a small JPEG; see `ports.MediaTools.thumbnail`."""
        return await self._drawn(make_thumbnail, path, output, at_s)

    async def cover(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make the JPEG for a song; see `ports.MediaTools.cover`."""
        return await self._drawn(make_cover, path, output, at_s)

    async def _drawn(self, make: _Make, path: Path, output: Path, at_s: float | None) -> Path | None:
        try:
            if at_s is None:
                info = await inspect(self._workers, path)
                at_s = (info.duration_s or 0.0) * _FIRST_PICTURE
            return await make(self._workers, path, output, at_s)
        except FfmpegError:
            return None

    async def merge(self, video: Path, audio: Path, output: Path, *, workdir: Path) -> Path:
        """Copy the streams of two files into one."""
        await edits.merge(self._ffmpeg, video, audio, output, Work(workdir=workdir))
        return output

    async def remux(self, source: Path, output: Path, *, workdir: Path) -> Path:
        """Copy the streams into another container."""
        await edits.remux(self._ffmpeg, source, output, Work(workdir=workdir))
        return output

    async def extract_audio(
        self, source: Path, output: Path, *, codec: str, bitrate_kbps: int | None, workdir: Path
    ) -> Path:
        """Make a sound file."""
        if codec not in get_args(AudioCodec):
            raise FfmpegError("refused", f"{codec!r} is none of {', '.join(get_args(AudioCodec))}")
        work = Work(workdir=workdir)
        known = cast("AudioCodec", codec)
        await edits.extract_audio(self._ffmpeg, source, output, work, codec=known, bitrate_kbps=bitrate_kbps)
        return output

    async def tag(
        self, source: Path, output: Path, *, tags: Mapping[str, str], cover: Path | None, workdir: Path
    ) -> Path:
        """Write tags and a cover picture."""
        work = Work(workdir=workdir)
        await edits.embed_cover_and_tags(self._ffmpeg, source, output, work, cover=cover, tags=tags)
        return output

    async def run(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        output: Path,
        workdir: Path,
        watch: Watch | None = None,
        notes: Path | None = None,
    ) -> None:
        """Run ffmpeg with these arguments between the inputs and the output."""
        await self._ffmpeg.run(arguments, inputs=inputs, output=output, workdir=workdir, watch=watch, notes=notes)

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        """Encode once to learn what the video is like; notes that are there already are kept."""
        await self._ffmpeg.first_pass(arguments, inputs=inputs, notes=notes, workdir=workdir, watch=watch)

    async def can_encode(self, encoder: str) -> bool:
        """Tell whether an encoder works here; see `ports.MediaTools.can_encode`."""
        if encoder not in self._encoders:
            self._encoders[encoder] = await encodes(self._ffmpeg, encoder, roof=self._roof)
        return self._encoders[encoder]

    @cached_property
    def _ffmpeg(self) -> Ffmpeg:
        chosen = self._settings
        return Ffmpeg(
            find_ffmpeg(chosen.path),
            nice=chosen.nice,
            threads=chosen.threads,
            stall_s=chosen.stall_s,
            data_bytes=int(chosen.memory),
        )


@asynccontextmanager
async def open_local_media(settings: Settings) -> AsyncIterator[LocalMedia]:
    """Open the tools by themselves, where there is no bot around them."""
    inspectors = PluginWorkers("media", settings=settings.work.model_copy(update={"downloads": 1}))
    inspectors.prepare(PRELOAD)
    try:
        yield LocalMedia(inspectors, settings.ffmpeg)
    finally:
        await inspectors.close()
