"""What PyAV and a file's first bytes tell about it; runs in a child, because a decoder may crash its process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import puremagic
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fetchgram.errors import FfmpegError
from fetchgram.model.codec import Json
from fetchgram.workers.boxes import starts_fast
from fetchgram.workers.containers import INPUT_RULES, MAX_PIXELS, forced_format
from fetchgram.workers.streams import codec_of, picture_facts, sound_facts

Report = Callable[[Json], None]

_MICROSECONDS = 1_000_000
_TEXT_LENGTH = 1024

_PICTURES = {
    "jpeg_pipe": "image/jpeg",
    "png_pipe": "image/png",
    "webp_pipe": "image/webp",
    "bmp_pipe": "image/bmp",
}
_MIMES = {
    "mov": ("video/mp4", "audio/mp4"),
    "matroska": ("video/x-matroska", "audio/x-matroska"),
    "avi": ("video/x-msvideo", "audio/x-msvideo"),
    "flv": ("video/x-flv", "audio/x-flv"),
    "asf": ("video/x-ms-wmv", "audio/x-ms-wma"),
    "mpegts": ("video/mp2t", "audio/mp2t"),
    "mpeg": ("video/mpeg", "audio/mpeg"),
    "ogg": ("video/ogg", "audio/ogg"),
    "mp3": ("audio/mpeg", "audio/mpeg"),
    "aac": ("audio/aac", "audio/aac"),
    "flac": ("audio/flac", "audio/flac"),
    "wav": ("audio/x-wav", "audio/x-wav"),
    "gif": ("image/gif", "image/gif"),
    "srt": ("application/x-subrip", "application/x-subrip"),
    "webvtt": ("text/vtt", "text/vtt"),
}
_WEB_CODECS = frozenset({"vp8", "vp9", "av1", "opus", "vorbis", "libdav1d", "libvpx", "libvpx-vp9"})
_MEDIA_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".ts", ".mpg", ".wmv", ".3gp"),
        *(".mp3", ".m4a", ".aac", ".ogg", ".opus", ".flac", ".wav", ".jpg", ".jpeg", ".png", ".webp", ".gif"),
    }
)
_SUBTITLES = frozenset({"srt", "webvtt", "ass"})


def describe(payload: Json, _report: Report) -> Json:
    """Describe a file.

    Args:
        payload: `path`, and `max_duration_s` or null.

    Raises:
        FfmpegError: `input`, if it claims to be media and is broken; `refused`, if its header is over a limit.
    """
    request = cast("dict[str, Json]", payload)
    path = Path(str(request["path"]))
    try:
        with open_file(path) as container:
            facts = _facts(container, path)
    except (av.error.FFmpegError, UnicodeError, ValueError) as error:
        return _unknown(path, error)
    limit_s = cast("float | None", request["max_duration_s"])
    duration_s = cast("float | None", facts["duration_s"])
    if limit_s is not None and duration_s is not None and duration_s > limit_s:
        raise FfmpegError("refused", f"{duration_s:.0f} s long, the limit is {limit_s:.0f} s")
    return facts


def open_file(path: Path) -> InputContainer:
    """Open a local file of a plain container."""
    return av.open(f"file:{path}", format=forced_format(path), options=dict(INPUT_RULES), metadata_errors="replace")


def _facts(container: InputContainer, path: Path) -> dict[str, Json]:
    video, covers = pictures_of(container)
    audio = next(iter(container.streams.audio), None)
    name = container.format.name.split(",")[0]
    width_px, height_px, rotation_deg = _shape(container, video) if video is not None else (None, None, 0)
    kind, tags = _kind(name, video, audio), _tags(name, container, audio)
    return {
        "kind": kind,
        "mime": _mime(name, container, video, audio),
        "container": name,
        "duration_s": None if kind == "photo" else _duration_s(container),
        "width_px": width_px,
        "height_px": height_px,
        "rotation_deg": rotation_deg,
        **(picture_facts(container, video, moving=kind in ("video", "animation")) if video is not None else {}),
        **(sound_facts(container, audio) if audio is not None else {}),
        "has_cover": covers > 0,
        "starts_fast": name == "mov" and starts_fast(path),
        "title": _text(tags, "title"),
        "performer": _text(tags, "artist"),
        "plays_on_phones": _plays_on_phones(name, kind, video, audio),
        "size_bytes": path.stat().st_size,
    }


def pictures_of(container: InputContainer) -> tuple[VideoStream | None, int]:
    """Return the first picture that is no embedded cover, and how many covers there are.

    Raises:
        FfmpegError: `refused`, if one is too large to be decoded; `input`, if its size cannot be read.
    """
    covers = [stream for stream in container.streams.video if av.stream.Disposition.attached_pic in stream.disposition]
    moving = [stream for stream in container.streams.video if stream not in covers]
    for stream in container.streams.video:
        width_px, height_px = stream.codec_context.width, stream.codec_context.height
        if width_px * height_px == 0:  # the decoder refuses `max_pixels` by not setting them
            raise FfmpegError("input", "the size of the picture is unreadable or over the limit")
        if width_px * height_px > MAX_PIXELS:
            raise FfmpegError("refused", f"{width_px}x{height_px} is over the limit of {MAX_PIXELS} pixels")
    return (moving[0] if moving else None), len(covers)


def _shape(container: InputContainer, video: VideoStream) -> tuple[int, int, int]:
    """Work out how the picture is shown: pixels may be oblong, and phones film upright by a note in the file."""
    width_px, height_px = video.codec_context.width, video.codec_context.height
    aspect = video.sample_aspect_ratio or Fraction(1)
    if aspect > 0:
        width_px = max(1, round(width_px * aspect))
    rotation_deg = _rotation(container, video)
    if rotation_deg % 180 != 0:
        width_px, height_px = height_px, width_px
    return width_px, height_px, rotation_deg


def _rotation(container: InputContainer, video: VideoStream) -> int:
    try:
        frame = next(container.decode(video), None)
    except av.error.FFmpegError:
        return 0
    return 0 if frame is None else quarter_turns(frame)


def quarter_turns(frame: VideoFrame) -> int:
    """Return the frame's rotation note, counter-clockwise, to the nearest of 0, 90, 180 and 270 degrees."""
    return round(frame.rotation / 90) * 90 % 360


def _kind(name: str, video: VideoStream | None, audio: AudioStream | None) -> str:
    if name in _PICTURES:
        return "photo"
    if name == "gif":
        return "animation"
    if video is not None:
        return "video"
    return "audio" if audio is not None else "document"


def _mime(name: str, container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> str:
    if name in _PICTURES:
        return _PICTURES[name]
    if name == "matroska" and all(codec_of(stream) in {None, *_WEB_CODECS} for stream in (video, audio)):
        return "video/webm" if video is not None else "audio/webm"
    if name == "mov" and container.metadata.get("major_brand") == "qt  ":
        return "video/quicktime"
    of_video, of_audio = _MIMES.get(name, ("application/octet-stream", "application/octet-stream"))
    return of_video if video is not None else of_audio


def _duration_s(container: InputContainer) -> float | None:
    if container.duration is None or container.duration <= 0:
        return None
    return container.duration / _MICROSECONDS


def _tags(name: str, container: InputContainer, audio: AudioStream | None) -> Mapping[str, str]:
    """Return the file's tags; Ogg keeps them in its stream, where others say what is special about a track."""
    return audio.metadata if name == "ogg" and audio is not None else container.metadata


def _text(tags: Mapping[str, str], key: str) -> str | None:
    found = {name.lower(): value for name, value in tags.items()}.get(key, "")
    return found.replace("\0", "").strip()[:_TEXT_LENGTH] or None


def _plays_on_phones(name: str, kind: str, video: VideoStream | None, audio: AudioStream | None) -> bool:
    """Tell whether the decoders that every Android and iOS phone has are enough, and Telegram plays it inline."""
    if kind == "photo":
        return name in ("jpeg_pipe", "png_pipe", "webp_pipe")
    if kind == "audio":
        return codec_of(audio) in ("aac", "mp3") and name in ("mov", "mp3")
    if kind != "video" or video is None or name != "mov":
        return False
    plain_picture = codec_of(video) == "h264" and video.codec_context.pix_fmt in ("yuv420p", "yuvj420p")
    return plain_picture and codec_of(audio) in (None, "aac", "mp3")


def _unknown(path: Path, error: Exception) -> Json:
    """Describe what PyAV cannot open by its first bytes, unless it claims to be media."""
    mime = _guess(path)
    if path.suffix.lower() in _MEDIA_SUFFIXES or mime.split("/")[0] in ("video", "audio"):
        raise FfmpegError("input", str(error)) from error
    return {"kind": "document", "mime": mime, "container": "", "size_bytes": path.stat().st_size}


def _guess(path: Path) -> str:
    try:
        return puremagic.from_file(str(path), mime=True) or "application/octet-stream"
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
