"""Where a film is cut so that every piece passes: as few pieces as can be, the largest as small as can be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fetchgram.model import KeyMoment

_STEPS = 24
"""Halvings of the search for the smallest largest piece: to a sixteen-millionth of the file."""


def plan_cuts(moments: Sequence[KeyMoment], total_bytes: int, most_bytes: int) -> tuple[float, ...]:
    """Return the moments, in seconds, at which pieces after the first one begin.

    Args:
        moments: Where a piece may begin, in order; the first one is the beginning.
        total_bytes: Of the whole.
        most_bytes: Of one piece.

    Returns:
        The cuts; empty when the whole fits. Pieces are their distances, and the rest.

    Raises:
        ValueError: Some stretch between two moments is larger than a piece may be.
    """
    fewest = _greedy(moments, total_bytes, most_bytes)
    low, high = total_bytes // (len(fewest) + 1), most_bytes
    best = fewest
    for _ in range(_STEPS):
        middle = (low + high) // 2
        try:
            cuts = _greedy(moments, total_bytes, middle)
        except ValueError:
            cuts = None
        if cuts is not None and len(cuts) == len(fewest):
            best, high = cuts, middle
        else:
            low = middle
    return tuple(moments[index].at_s for index in best)


def _greedy(moments: Sequence[KeyMoment], total_bytes: int, most_bytes: int) -> list[int]:
    """Fill each piece as far as it goes; returns the places in `moments` where the next ones begin."""
    ends = [moment.bytes_before for moment in moments[1:]] + [total_bytes]
    cuts: list[int] = []
    began = 0
    for index, end in enumerate(ends):
        if end - began <= most_bytes:
            continue
        here = moments[index].bytes_before
        if index == 0 or end - here > most_bytes:
            raise ValueError(f"{end - here} bytes in a row cannot be cut")
        cuts.append(index)
        began = here
    return cuts


def piece_bytes(moments: Sequence[KeyMoment], cuts: Sequence[float], total_bytes: int) -> list[int]:
    """Return how much of the whole is in each piece."""
    before = {moment.at_s: moment.bytes_before for moment in moments}
    borders = [0, *(before[at_s] for at_s in cuts), total_bytes]
    return [end - begin for begin, end in pairwise(borders)]


def pieces(cuts: Sequence[float], duration_s: float) -> list[tuple[float, float]]:
    """Return beginning and length of each piece, in seconds."""
    return [(begin, end - begin) for begin, end in pairwise((0.0, *cuts, duration_s))]
