"""Thumbnails that Telegram takes, made by PyAV; runs in a child, because a decoder may crash its process."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.filter
from av.container import InputContainer
from av.video.frame import VideoFrame

from fetchgram.errors import FfmpegError
from fetchgram.model.codec import Json
from fetchgram.workers.containers import THUMBNAIL_BYTES, THUMBNAIL_PX, THUMBNAIL_QUALITIES
from fetchgram.workers.inspection import open_file, pictures_of, quarter_turns

Report = Callable[[Json], None]

_MICROSECONDS = 1_000_000
_MAX_DECODED_FRAMES = 600  # after a seek the wanted frame is at most one group of pictures away
# Undoes a rotation note, which counts counter-clockwise.
_TURNS = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}


def thumbnail(payload: Json, _report: Report) -> Json:
    """Write a JPEG of at most 320 px and 200 kB; tell whether there was a picture to make it from.

    Args:
        payload: `path`, `output`, `at_s`.

    Raises:
        FfmpegError: `input`, if the file is broken; `refused`, if its header is over a limit.
    """
    request = cast("dict[str, Json]", payload)
    at_s = float(cast("float", request["at_s"]))
    try:
        with open_file(Path(str(request["path"]))) as container:
            small = _picture_at(container, at_s)
    except (av.error.FFmpegError, UnicodeError) as error:
        raise FfmpegError("input", str(error)) from error
    return small is not None and _write(small, Path(str(request["output"])))


def _picture_at(container: InputContainer, at_s: float) -> VideoFrame | None:
    moving, _ = pictures_of(container)
    video = moving or next(iter(container.streams.video), None)  # of a song: its cover
    if video is None:
        return None
    if moving is not None and at_s > 0 and container.duration:
        container.seek(int(min(at_s * _MICROSECONDS, container.duration)))
    frame: VideoFrame | None = None
    for count, frame in enumerate(container.decode(video)):  # the last one is wanted
        if frame.time is None or frame.time >= at_s or count >= _MAX_DECODED_FRAMES:
            break
    return None if frame is None else _shown(frame, video.sample_aspect_ratio or Fraction(1))


def _shown(frame: VideoFrame, aspect: Fraction) -> VideoFrame:
    """Scale and turn the frame to what a player shows."""
    width, height = frame.width * (float(aspect) if aspect > 0 else 1.0), float(frame.height)
    factor = min(1.0, THUMBNAIL_PX / max(width, height))
    size = f"{max(1, int(width * factor))}:{max(1, int(height * factor))}"
    steps = (("scale", f"{size}:flags=area"), ("format", "yuvj420p"), *_TURNS.get(quarter_turns(frame), ()))
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    graph.link_nodes(source, *(graph.add(*step) for step in steps), graph.add("buffersink")).configure()
    frame.pts = 0
    graph.push(frame)
    return cast("VideoFrame", graph.pull())


def _write(picture: VideoFrame, output: Path) -> bool:
    for quality in THUMBNAIL_QUALITIES:
        data = _jpeg(picture, quality)
        if len(data) <= THUMBNAIL_BYTES:
            output.write_bytes(data)
            return True
    return False


def _jpeg(picture: VideoFrame, quality: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = picture.width, picture.height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.qmin = encoder.qmax = quality
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))
