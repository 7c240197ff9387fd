"""Codecs as sites write them, and what we call them."""

from __future__ import annotations

from collections.abc import Sequence

_VIDEO_CODECS = (
    ("h264", ("avc", "h264", "x264")),
    ("hevc", ("hev", "hvc", "h265", "dvh", "x265")),
    ("vp9", ("vp9", "vp09")),
    ("vp8", ("vp8", "vp08")),
    ("av1", ("av1", "av01")),
    ("mpeg4", ("mp4v",)),
)
_AUDIO_CODECS = (
    ("mp3", ("mp3", "mp4a.40.34", "mp4a.6b", "mp4a.69")),
    ("aac", ("mp4a", "aac")),
    ("opus", ("opus",)),
    ("vorbis", ("vorbis",)),
    ("flac", ("flac",)),
    ("eac3", ("ec-3", "eac3")),
    ("ac3", ("ac-3", "ac3")),
)
_BY_SUFFIX = {"m4a": "aac", "aac": "aac", "mp3": "mp3", "opus": "opus", "webm": "opus", "flac": "flac", "mp4": "aac"}


def video_codec(text: str) -> str | None:
    """Return our name for a codec of pictures; its own first part when we have none."""
    return _named(text, _VIDEO_CODECS)


def audio_codec(text: str, container: str, *, has_video: bool) -> str | None:
    """Return our name for a codec of sound; where the site names none, what a file of its kind usually holds."""
    return _named(text, _AUDIO_CODECS) or (None if has_video else _BY_SUFFIX.get(container))


def _named(text: str, table: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
    folded = text.lower()
    known = next((name for name, starts in table if folded.startswith(starts)), None)
    return known or (folded.partition(".")[0] if folded not in ("", "none") else None)
