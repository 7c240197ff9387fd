"""Extractors that are refused by name, because of how their sites send: each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fetchgram.api import ContentUnavailable, Reason

# What yt-dlp would take for each is in its own source: `'protocol': …` in the extractor's module.
REFUSED: Mapping[str, Reason] = MappingProxyType(
    {
        "AfreecaTVLive": Reason.LIVE,
        "FC2Live": Reason.LIVE,  # fc2_live: a websocket beside the stream
        "KnownDRM": Reason.DRM,
        "NiconicoLive": Reason.LIVE,  # niconico_live: a websocket beside the stream
        "Rtmp": Reason.PROTOCOL,  # rtmp://
        "TwitCastingLive": Reason.LIVE,  # websocket_frag
        "TwitCastingUser": Reason.LIVE,
        "WhoWatch": Reason.LIVE,  # rtmp_ffmpeg
        "ViewSource": Reason.PROTOCOL,
        "UnicodeBOM": Reason.PROTOCOL,
    }
)


def refuse(key: str | None) -> None:
    """Raise if this extractor is on the list.

    Raises:
        ContentUnavailable: With the reason.
    """
    reason = REFUSED.get(key or "")
    if reason is not None:
        raise ContentUnavailable(reason, f"extractor {key!r} is refused: {reason}")
