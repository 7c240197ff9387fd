"""Thumbnails that Telegram takes, and covers, made by PyAV; in a child, because a decoder may crash its process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.filter
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from fetchgram.errors import FfmpegError
from fetchgram.model.codec import Json
from fetchgram.workers.containers import COVER_BYTES, COVER_PX, JPEG_QUALITIES, THUMBNAIL_BYTES, THUMBNAIL_PX
from fetchgram.workers.inspection import open_file, pictures_of, quarter_turns
from fetchgram.workers.streams import codec_of

Report = Callable[[Json], None]

_MICROSECONDS = 1_000_000
_MAX_DECODED_FRAMES = 600  # after a seek the wanted frame is at most one group of pictures away
# Undoes a rotation note, which counts counter-clockwise.
_TURNS = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How large a JPEG may be."""

    px: int
    size_bytes: int


_THUMBNAIL = _Bounds(THUMBNAIL_PX, THUMBNAIL_BYTES)
_COVER = _Bounds(COVER_PX, COVER_BYTES)


def thumbnail(payload: Json, _report: Report) -> Json:
    """Write a JPEG of at most 320 px and 200 kB; tell whether there was a picture to make it from.

    Args:
        payload: `path`, `output`, `at_s`.

    Raises:
        FfmpegError: `input`, if the file is broken; `refused`, if its header is over a limit.
    """
    return _written(payload, _small)


def cover(payload: Json, _report: Report) -> Json:
    """Write a JPEG of at most 800 px and 400 kB; one that is embedded already stays as it is, byte for byte.

    Args:
        payload: As of `thumbnail`.

    Raises:
        FfmpegError: As `thumbnail` does.
    """
    return _written(payload, _large)


def _written(payload: Json, make: Callable[[InputContainer, float], bytes | None]) -> bool:
    request = cast("dict[str, Json]", payload)
    try:
        with open_file(Path(str(request["path"]))) as container:
            data = make(container, float(cast("float", request["at_s"])))
    except (av.error.FFmpegError, UnicodeError) as error:
        raise FfmpegError("input", str(error)) from error
    if data is not None:
        Path(str(request["output"])).write_bytes(data)
    return data is not None


def _small(container: InputContainer, at_s: float) -> bytes | None:
    moving, _ = pictures_of(container)
    video = moving or next(iter(container.streams.video), None)  # of a song: its cover
    return _drawn(container, video, at_s, _THUMBNAIL) if video is not None else None


def _large(container: InputContainer, at_s: float) -> bytes | None:
    """Return the embedded picture, of a film too, else what the file shows."""
    moving, covers = pictures_of(container)
    if not covers:
        return _drawn(container, moving, at_s, _COVER) if moving is not None else None
    embedded = next(stream for stream in container.streams.video if _is_embedded(stream))
    data, context = bytes(next(container.demux(embedded))), embedded.codec_context
    is_small = max(context.width, context.height) <= _COVER.px and len(data) <= _COVER.size_bytes
    if data and is_small and codec_of(embedded) == "mjpeg":
        return data
    container.seek(0)
    return _drawn(container, embedded, 0.0, _COVER)


def _drawn(container: InputContainer, video: VideoStream, at_s: float, bounds: _Bounds) -> bytes | None:
    """Return what a stream shows at a moment."""
    if at_s > 0 and container.duration and not _is_embedded(video):
        container.seek(int(min(at_s * _MICROSECONDS, container.duration)))
    frame: VideoFrame | None = None
    for count, frame in enumerate(container.decode(video)):  # the last one is wanted
        if frame.time is None or frame.time >= at_s or count >= _MAX_DECODED_FRAMES:
            break
    return None if frame is None else _jpeg_of(_shown(frame, video.sample_aspect_ratio or Fraction(1), bounds), bounds)


def _is_embedded(video: VideoStream) -> bool:
    return av.stream.Disposition.attached_pic in video.disposition


def _shown(frame: VideoFrame, aspect: Fraction, bounds: _Bounds) -> VideoFrame:
    """Scale and turn the frame to what a player shows."""
    width, height = frame.width * (float(aspect) if aspect > 0 else 1.0), float(frame.height)
    factor = min(1.0, bounds.px / max(width, height))
    size = f"{max(1, int(width * factor))}:{max(1, int(height * factor))}"
    steps = (("scale", f"{size}:flags=area"), ("format", "yuvj420p"), *_TURNS.get(quarter_turns(frame), ()))
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    graph.link_nodes(source, *(graph.add(*step) for step in steps), graph.add("buffersink")).configure()
    frame.pts = 0
    graph.push(frame)
    return cast("VideoFrame", graph.pull())


def _jpeg_of(picture: VideoFrame, bounds: _Bounds) -> bytes | None:
    """Return the best JPEG that is small enough."""
    each = (_jpeg(picture, quality) for quality in JPEG_QUALITIES)
    return next((data for data in each if len(data) <= bounds.size_bytes), None)


def _jpeg(picture: VideoFrame, quality: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.qmin = encoder.qmax = quality
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))
