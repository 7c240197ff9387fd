"""What is too much to be encoded here, and the sentence that says so."""

from __future__ import annotations

from fetchgram.api import MediaInfo, Text, text
from fetchgram_compress.settings import Settings


def too_much(source: MediaInfo, settings: Settings) -> Text | None:
    """Return why a file is not encoded here; `None` where it is."""
    if source.size_bytes > settings.max_input:
        return text("compress-too-large", limit=int(settings.max_input))
    if (source.duration_s or 0) > settings.max_duration_s:
        return text("compress-too-long", limit=settings.max_duration_s)
    return None
