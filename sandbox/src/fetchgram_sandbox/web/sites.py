"""The sites that the emulated web has."""

from __future__ import annotations

from pathlib import Path

from fetchgram_sandbox.web.instagram.site import Instagram
from fetchgram_sandbox.web.kitchen import Kitchen
from fetchgram_sandbox.web.site import Site
from fetchgram_sandbox.web.youtube.site import YouTube


def all_sites(folder: Path) -> tuple[Site, ...]:
    """Return every site there is.

    Args:
        folder: Where their clips are kept; made once.
    """
    return (YouTube(Kitchen(folder / "youtube")), Instagram(Kitchen(folder / "instagram")))
