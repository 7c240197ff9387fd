"""The installed yt-dlp: its date, its age, and the oldest one that we trust."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

from fetchgram.api import ConfigError

FLOOR = (2026, 7, 4)
"""The newest security release that touches us (GHSA-6v4j-43gg-vj32, CVE-2026-55404); older ones are refused."""
OLD_DAYS = 90
"""yt-dlp itself calls a release older than this outdated (`warn_when_outdated`)."""


def installed() -> str:
    """Return the version, as in `2026.10.26`."""
    return version("yt-dlp")


def released(text: str) -> date | None:
    """Return the day that a dated version names."""
    parts = text.split(".")
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except (ValueError, IndexError):
        return None


def refuse_unsafe(text: str) -> None:
    """Raise if this version has known holes.

    Raises:
        ConfigError: With what to do.
    """
    day = released(text)
    if day is not None and day < date(*FLOOR):
        floor = ".".join(str(part) for part in FLOOR)
        raise ConfigError(f"yt-dlp {text} has known security holes: install {floor} or newer")
