"""The text below a delivered file: the title, and the chapters, at whose times players can be started."""

from __future__ import annotations

from fetchgram.api import Probe

_MOST_UNITS = 1000
"""core.telegram.org/bots/api#sendvideo takes 1024 after entities; what does not fit is worth nothing in part."""
_MINUTE_S, _HOUR_S = 60, 3600


def caption_of(probe: Probe, *, is_whole_video: bool) -> str:
    """Return the caption.

    Args:
        probe: What the file was made of.
        is_whole_video: Whether the times of the chapters are those of the file.
    """
    lines = [f"{clock(each.start_s)} {each.title}" for each in probe.chapters] if is_whole_video else []
    full = "\n".join([probe.title, "", *lines])
    return full if lines and fits(full) else probe.title


def fits(caption: str) -> bool:
    """Whether Telegram takes it whole."""
    return len(caption.encode("utf-16-le")) // 2 <= _MOST_UNITS


def clock(seconds: float) -> str:
    """Return a time as Telegram recognises it: `1:05`, `1:00:05`."""
    whole = int(seconds)
    minutes = f"{whole % _HOUR_S // _MINUTE_S}:{whole % _MINUTE_S:02}"
    return minutes if whole < _HOUR_S else f"{whole // _HOUR_S}:{minutes:0>5}"
