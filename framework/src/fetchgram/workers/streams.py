"""What PyAV tells about single streams; runs in a child, as `inspection` does."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from fetchgram.model.codec import Json

_HDR_TRANSFERS = frozenset({16, 18})
"""SMPTE ST 2084 and ARIB STD-B67 in ITU-T H.273, table 3."""


def codec_of(stream: VideoStream | AudioStream | None) -> str | None:
    """Return the codec's own name, not the decoder's (`mp3`, not `mp3float`)."""
    return None if stream is None else stream.codec_context.codec.canonical_name


def picture_facts(container: InputContainer, video: VideoStream, *, moving: bool) -> dict[str, Json]:
    """Describe the picture; `moving` unless it is a single one."""
    context = video.codec_context
    rate = video.average_rate or video.guessed_rate
    return {
        "video_codec": codec_of(video),
        "video_kbps": _video_kbps(container, video) if moving else None,
        "fps": round(float(rate), 3) if rate and moving else None,
        "pixel_format": context.pix_fmt,
        "profile": context.profile,
        "level": _level(context),
        "hdr": int(context.color_trc or 0) in _HDR_TRANSFERS,
    }


def sound_facts(container: InputContainer, audio: AudioStream) -> dict[str, Json]:
    """Describe the first track of sound."""
    return {
        "audio_codec": codec_of(audio),
        "audio_kbps": _kbps(audio.bit_rate),
        "audio_channels": audio.codec_context.channels or None,
        "audio_tracks": len(container.streams.audio),
    }


def _video_kbps(container: InputContainer, video: VideoStream) -> int | None:
    """Read the bitrate; Matroska and MPEG-TS do not state it, so there it is what the sound leaves."""
    if video.bit_rate:
        return _kbps(video.bit_rate)
    others = sum(stream.bit_rate or 0 for stream in container.streams.audio)
    return _kbps(max(0, (container.bit_rate or 0) - others))


def _kbps(bits_per_s: int | None) -> int | None:
    return round(bits_per_s / 1000) if bits_per_s else None


def _level(context: object) -> int | None:
    """Read the level, which PyAV has and does not type; FFmpeg's "unknown" is -99."""
    level = getattr(context, "level", None)
    return level if isinstance(level, int) and level > 0 else None
