"""The installed instaloader: which one, and since when."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

OLD_DAYS = 180
"""Instagram changes often, and instaloader follows within weeks (its releases carry no date, the folder does)."""


def installed() -> tuple[str, datetime]:
    """Return the version, and when it was installed here."""
    found = distribution("instaloader")
    folder = Path(str(found.locate_file(f"instaloader-{found.version}.dist-info")))
    return found.version, datetime.fromtimestamp(folder.stat().st_mtime, tz=UTC)
