"""What a wish costs its person's turn, and which of the person's lines it stands in."""

from __future__ import annotations

from enum import StrEnum

from fetchgram.model import Request


class Work(StrEnum):
    """Kinds of work; none goes strictly before another, each only uses up a turn faster or slower."""

    INTERACTIVE = "interactive"
    PLAYLIST = "playlist"
    RERUN = "rerun"


_FACTORS = {Work.INTERACTIVE: 1.0, Work.PLAYLIST: 2.0, Work.RERUN: 1.5}
_CACHED = 0.05
"""A wish that the cache can answer hardly uses the machine, and counts that little against the person's share."""


def cost(work: Work, *, cached: bool) -> float:
    """Return how much of a turn it takes."""
    return _FACTORS[work] * (_CACHED if cached else 1.0)


def person_key(bot_id: int, person: int) -> str:
    """Name a person to the fair scheduler: one share per bot account."""
    return f"{bot_id}:{person}"


def flow(request: Request, work: Work) -> str:
    """Name the line: a person's playlists have their own, or one would hold up the links that the person sends next."""
    own = person_key(request.bot_id, request.person)
    return f"{own}:{work}" if work is Work.PLAYLIST else own
