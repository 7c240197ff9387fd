"""Local files: what they are, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fetchgram.model import KeyMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """What a local file is, read by PyAV in a child.

    Args:
        kind: How a chat would show it: `video`, `audio`, `photo`, `animation`, `document`.
        mime: Of the content, not of the name.
        size_bytes: On disk.
        container: ffmpeg's name, as in `mov` or `matroska`; empty for what is no media.
        duration_s: Of video and audio.
        width_px: As shown: rotation and oblong pixels are taken into account.
        height_px: As shown.
        rotation_deg: The file's note how it is to be turned when shown, counter-clockwise.
        video_codec: `h264`, `vp9`, …
        video_kbps: Of the picture; from the file's header, else what the other streams leave.
        fps: Frames a second, on average.
        pixel_format: ffmpeg's name, as in `yuv420p10le`.
        profile: Of the video codec, as in `High`.
        level: Of the video codec, as it numbers them: H.264's 4.1 is 41.
        hdr: Whether it is high dynamic range (SMPTE ST 2084 or ARIB STD-B67).
        audio_codec: Of the first track: `aac`, `opus`, …
        audio_kbps: Of the first track, where the header tells.
        audio_channels: Of the first track.
        audio_tracks: How many there are.
        has_cover: Whether a still picture is embedded.
        starts_fast: Whether an MP4 has its index before its data; false for all others.
        title: From its tags; foreign text.
        performer: From its tags; foreign text.
        plays_on_phones: Whether any phone plays it inside the chat.
    """

    kind: str
    mime: str
    size_bytes: int
    container: str = ""
    duration_s: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    rotation_deg: int = 0
    video_codec: str | None = None
    video_kbps: int | None = None
    fps: float | None = None
    pixel_format: str | None = None
    profile: str | None = None
    level: int | None = None
    hdr: bool = False
    audio_codec: str | None = None
    audio_kbps: int | None = None
    audio_channels: int | None = None
    audio_tracks: int = 0
    has_cover: bool = False
    starts_fast: bool = False
    title: str | None = None
    performer: str | None = None
    plays_on_phones: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """A file that ffmpeg reads, and the options before it (`-ss`, `-t`, `-itsoffset`)."""

    path: Path
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who hears of a run of ffmpeg, and what it may use.

    Args:
        duration_s: Of the result, to turn its position into a part of the whole.
        on_progress: Called with the part that is done, 0 to 1.
        timeout_s: For the whole run.
        cpu_s: Processor time, over all its threads.
    """

    duration_s: float | None = None
    on_progress: Callable[[float], None] | None = None
    timeout_s: float | None = None
    cpu_s: int | None = None


class MediaTools(Protocol):
    """Local files: looked at in a child, worked on by ffmpeg; never a URL."""

    async def inspect(self, path: Path) -> MediaInfo:
        """Read what a file is.

        Raises:
            ContentUnavailable: With `no_media`, when it is no media at all.
        """
        ...

    async def key_moments(self, path: Path) -> Sequence[KeyMoment]:
        """Say where a film or sound may be cut without encoding, its beginning first; `FfmpegError` if it is none."""
        ...

    async def thumbnail(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make a JPEG of at most 320 px and 200 kB (Telegram's limit); `None` when there is no picture in it."""
        ...

    async def cover(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make a JPEG for a song, of at most 800 px and 400 kB: the embedded one, else what a film or picture shows."""
        ...

    async def merge(self, video: Path, audio: Path, output: Path, *, workdir: Path) -> Path:
        """Copy the streams of two files into one MP4 or MKV that starts fast."""
        ...

    async def remux(self, source: Path, output: Path, *, workdir: Path) -> Path:
        """Copy the streams into another container."""
        ...

    async def extract_audio(
        self, source: Path, output: Path, *, codec: str, bitrate_kbps: int | None, workdir: Path
    ) -> Path:
        """Make a sound file; `codec="copy"` keeps the stream."""
        ...

    async def tag(
        self, source: Path, output: Path, *, tags: Mapping[str, str], cover: Path | None, workdir: Path
    ) -> Path:
        """Write tags and a cover (JPEG or PNG) without re-encoding; a song that is given none has none after that."""
        ...

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
        """Run ffmpeg with these arguments between the inputs and the output, which appears whole or not at all.

        An MP4, M4A or MOV gets its index in front, and a small one.

        Args:
            arguments: Options of the output, each with its value.
            inputs: Plain files inside of `workdir`.
            output: Inside of `workdir`; replaced if it exists.
            workdir: The job's folder.
            watch: Who hears of it, and its limits.
            notes: What `first_pass` wrote about the same video.

        Raises:
            FfmpegError: `refused`, `input` (unreadable), `encoder` (it has none of that name), `stalled`, `timeout`,
                `output` (nothing came out), `failed`.
            DiskFull: If there is no room.
        """
        ...

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        """Encode once to learn what the video is like; only notes are kept, for `run`, and it fails as that does."""
        ...

    async def can_encode(self, encoder: str) -> bool:
        """Tell whether a video encoder works here, by really encoding a frame; found out once."""
        ...
