"""The moments at which a film may be cut without encoding; runs in a child, because a demuxer may crash its process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from fetchgram.errors import FfmpegError
from fetchgram.model.codec import Json
from fetchgram.workers.inspection import Report, open_file, pictures_of

_LEAST_APART_S = 0.5
"""Every packet of a sound is a key one; so many moments help nobody."""


def key_moments(payload: Json, _report: Report) -> Json:
    """Read a file through and list its key frames.

    Args:
        payload: `path`.

    Returns:
        Pairs of seconds and the bytes of all streams before; the first one is the beginning.

    Raises:
        FfmpegError: `input`, if it cannot be read or has nothing that plays.
    """
    path = Path(str(cast("dict[str, Json]", payload)["path"]))
    try:
        with open_file(path) as container:
            return cast("Json", _moments(container))
    except (av.error.FFmpegError, UnicodeError, ValueError) as error:
        raise FfmpegError("input", str(error)) from error


def _moments(container: InputContainer) -> list[list[float]]:
    video, _ = pictures_of(container)
    leading = video or next(iter(container.streams.audio), None)
    if leading is None:
        raise FfmpegError("input", "nothing in it plays")
    found: list[list[float]] = []
    passed = 0
    start_s = (container.start_time or 0) / av.time_base
    for packet in container.demux():
        at_s = _seconds(packet, start_s)
        if not found:
            found.append([0.0, 0.0])
        elif at_s is not None and _begins(packet, leading) and at_s - found[-1][0] >= _LEAST_APART_S:
            found.append([at_s, float(passed)])
        passed += packet.size
    return found


def _begins(packet: Packet[Any], leading: Stream) -> bool:
    return packet.stream is leading and bool(packet.is_keyframe)


def _seconds(packet: Packet[Any], start_s: float) -> float | None:
    if packet.pts is None or packet.time_base is None:
        return None
    return float(packet.pts * packet.time_base) - start_s
