"""Which formats ffmpeg and PyAV may open and write: plain ones, that name no other files."""

from __future__ import annotations

from pathlib import Path

READABLE = (
    *("mov", "matroska", "webm", "avi", "flv", "asf", "mpegts", "mpeg", "ogg", "3gp"),
    *("mp3", "aac", "flac", "wav", "w64", "aiff", "amr", "caf", "ac3", "eac3"),
    *("jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "gif", "gif_pipe"),
    *("srt", "webvtt", "ass", "ffmetadata"),
)
"""Demuxers by ffmpeg's names; not here: playlists (hls, dash, concat, sdp) and image2, which expands patterns."""

WRITABLE_SUFFIXES = frozenset(
    {
        *(".mp4", ".mov", ".m4a", ".mkv", ".webm", ".ts"),
        *(".mp3", ".aac", ".opus", ".ogg", ".flac", ".wav"),
        *(".jpg", ".jpeg", ".png", ".webp", ".gif"),
        *(".srt", ".vtt", ".ass"),
    }
)
"""Muxers follow from the suffix; those that write several files (hls, dash, segment, tee) are not here."""

MAX_PIXELS = 100_000_000
"""Of one picture, read from its header before it is decoded: 8K video has 33 million."""

MP4_LIKE = frozenset({".mp4", ".m4a", ".mov"})
"""Suffixes of what ffmpeg's muxer `mov` writes: files with an index of all their frames."""

_STARTING_FAST = ("-movflags", "+faststart", "-chunk_duration", "1000000")
"""The index comes first, so that a player starts before it has the whole file. Picture and sound take turns each
second: frame by frame, the index has up to 18 bytes more for each."""

INPUT_RULES = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(READABLE),
    "max_pixels": str(MAX_PIXELS),
}
"""Options for every input."""

# https://core.telegram.org/bots/api#sendvideo: "The thumbnail should be in JPEG format and less than 200 kB in size.
# A thumbnail's width and height should not exceed 320."
THUMBNAIL_PX = 320
THUMBNAIL_BYTES = 200_000
JPEG_QUALITIES = (3, 8, 16, 31)
"""mjpeg's quantiser, tried in this order: 2 is best, 31 is worst."""

# Players show a cover as wide as a phone, which has some 400 points of 2 or 3 pixels; a song pays for it in bytes.
COVER_PX = 800
COVER_BYTES = 400_000

_JPEG_MAGIC = b"\xff\xd8\xff"


def output_rules(suffix: str) -> tuple[str, ...]:
    """Return the options for every output of a kind."""
    return _STARTING_FAST if suffix.lower() in MP4_LIKE else ()


def forced_format(path: Path) -> str | None:
    """Name the demuxer where ffmpeg's own guess would be image2: for JPEG a file's suffix outweighs its content."""
    with path.open("rb") as file:
        return "jpeg_pipe" if file.read(len(_JPEG_MAGIC)) == _JPEG_MAGIC else None
