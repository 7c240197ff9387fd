"""How many people were active in the last so many days, for every day, without counting anybody twice.

Somebody who is active on day d is among "the last w days" of the days d to d+w-1. A day that becomes known covers only
those of them that the person's day before and day after do not cover already, so that days may come in any order.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

WINDOWS = (1, 7, 14, 30, 60)
"""1, 7 and 30 are shown; with twice as many days one knows how many of a week or month came back in the next."""

LONGEST = max(WINDOWS)


def newly_active(added: Mapping[int, Iterable[int]], known: Mapping[int, Sequence[int]]) -> Counter[tuple[int, int]]:
    """Return by how much each (window, day) grows.

    Args:
        added: By person, days that are not known yet.
        known: By person, the days that are, sorted; at the least those within the longest window of the added ones.
    """
    grown: Counter[tuple[int, int]] = Counter()
    for person, days in added.items():
        there = list(known.get(person, ()))
        for day in sorted(set(days)):
            _cover(grown, there, day)
            insort(there, day)
    return grown


def _cover(grown: Counter[tuple[int, int]], there: Sequence[int], day: int) -> None:
    place = bisect_left(there, day)
    before = there[place - 1] if place else day - 2 * LONGEST
    after = there[place] if place < len(there) else day + 2 * LONGEST
    for window in WINDOWS:
        for covered in range(max(day, before + window), min(day + window, after)):
            grown[window, covered] += 1
