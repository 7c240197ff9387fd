"""From what a file is and what is wanted of it to what is to be done: pure, and the cheapest that will do."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import MediaInfo
from fetchgram_compress import film, pictures, sounds
from fetchgram_compress.tracks import Plan
from fetchgram_compress.wishes import Wish


def plans(source: MediaInfo, wish: Wish) -> Iterator[Plan]:
    """Return what could be done, the cheapest first: each is expected to do, and the next is there if it does not.

    Args:
        source: The file.
        wish: What is wanted of it.

    Raises:
        Unreachable: If no plan meets the size; raised when it is asked for the plan that there is not.
        Impossible: If the wish is about something that the file does not have.
    """
    if sounds.is_about(source, wish):
        return sounds.plans(source, wish)
    if pictures.is_about(source, wish):
        return pictures.plans(source, wish)
    return film.plans(source, wish)


def plan(source: MediaInfo, wish: Wish) -> Plan:
    """Return the cheapest plan.

    Raises:
        Unreachable, Impossible: As `plans` does.
    """
    return next(plans(source, wish))
