"""Formats of sound and pictures: what they are called, encoded by, and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fetchgram.api import MediaKind


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """A kind of sound file.

    Args:
        suffix: Of the file.
        encoder: ffmpeg's name.
        codec: Of the stream, as a look at the file tells it.
        kbps: Bitrates, best first; empty for lossless ones.
        usual_kbps: When nothing else is wished.
        kind: How Telegram shows it: core.telegram.org/bots/api#sendaudio takes MP3 and M4A, #sendvoice OGG with Opus.
        takes_cover: Whether it may hold a picture.
        varies: Whether its encoder takes a bitrate as a hint (libopus: RFC 6716, 2.1.8).
        exact_kbps: What a lossless one needs for two channels at 48 kHz, at most.
    """

    suffix: str
    encoder: str
    codec: str
    kbps: tuple[int, ...]
    usual_kbps: int | None
    kind: MediaKind
    takes_cover: bool = False
    varies: bool = False
    exact_kbps: int = 0


_LADDER = (320, 256, 192, 160, 128, 96, 80, 64, 48, 32)
SOUNDS: Mapping[str, SoundFormat] = {
    "mp3": SoundFormat(".mp3", "libmp3lame", "mp3", _LADDER, 192, MediaKind.AUDIO, takes_cover=True),
    "m4a": SoundFormat(".m4a", "aac", "aac", _LADDER[1:], 160, MediaKind.AUDIO, takes_cover=True),
    "opus": SoundFormat(
        ".opus", "libopus", "opus", (*_LADDER[1:], 24, 16), 96, MediaKind.DOCUMENT, takes_cover=True, varies=True
    ),
    "flac": SoundFormat(".flac", "flac", "flac", (), None, MediaKind.DOCUMENT, takes_cover=True, exact_kbps=950),
    "wav": SoundFormat(".wav", "pcm_s16le", "pcm_s16le", (), None, MediaKind.DOCUMENT, exact_kbps=1536),
    "voice": SoundFormat(".ogg", "libopus", "opus", (48, 32, 24, 16, 12), 48, MediaKind.VOICE, varies=True),
}
TAKE_COVERS = frozenset(form.suffix for form in SOUNDS.values() if form.takes_cover)
"""Suffixes of songs that may hold a picture."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A kind of picture file.

    Args:
        suffix: Of the file.
        codec: Of the stream, as a look at the file tells it.
        qualities: Options of ffmpeg, best first.
        kind: How Telegram shows it: core.telegram.org/bots/api#sendphoto.
        bits_per_pixel: Rough size of a photograph at the best quality, beside one another.
    """

    suffix: str
    codec: str
    qualities: tuple[tuple[str, ...], ...]
    kind: MediaKind
    bits_per_pixel: float


PICTURES: Mapping[str, PictureFormat] = {
    "jpeg": PictureFormat(
        ".jpg", "mjpeg", tuple(("-q:v", str(q)) for q in (3, 5, 8, 12, 18, 25)), MediaKind.PHOTO, 2.0
    ),
    "png": PictureFormat(".png", "png", ((),), MediaKind.PHOTO, 6.0),
    "webp": PictureFormat(
        ".webp",
        "webp",
        tuple(("-c:v", "libwebp", "-quality", str(q)) for q in (85, 70, 55, 40, 25)),
        MediaKind.DOCUMENT,
        1.0,
    ),
}


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A way to encode moving pictures.

    Args:
        encoders: ffmpeg's names, the preferred one first; hardware is named by the operator.
        options: Of the first encoder.
        crf: Quality when nothing says how large it may be.
        bits_per_pixel: What that quality costs, roughly.
        clean_bits_per_pixel: Below this it is better to lower the resolution (see `ladder`).
        passes: How many its first encoder takes to meet a size.
        cost: Processor time beside H.264's.
        tag: Sample entry in MP4: Apple's players want `hvc1`.
    """

    encoders: tuple[str, ...]
    options: tuple[str, ...]
    crf: int
    bits_per_pixel: float
    clean_bits_per_pixel: float
    passes: int
    cost: float
    tag: str | None = None


VIDEOS: Mapping[str, VideoFormat] = {
    "h264": VideoFormat(("libx264", "libopenh264"), (), 23, 0.075, 0.025, 2, 1.0),
    "hevc": VideoFormat(
        ("libx265",), ("-preset", "fast", "-x265-params", "log-level=error"), 27, 0.045, 0.020, 1, 3.5, "hvc1"
    ),
    "av1": VideoFormat(("libsvtav1", "libaom-av1"), ("-preset", "9"), 38, 0.035, 0.015, 1, 2.0),
}
