"""Typed ranges of a list, as `3-8, 12`."""

from __future__ import annotations

import re
from collections.abc import Sequence

LARGEST = 100_000
_PART = re.compile(r"(\d{1,6})(?:\s*[-\u2013\u2014]\s*(\d{1,6}))?")


def parse(answer: str) -> tuple[range, ...] | None:
    """Read ranges; `None` when they are not understood.

    Commas, semicolons and spaces part them; a range may be written from its end.
    """
    rest, found = re.sub(r"\s*([-\u2013\u2014])\s*", r"\1", answer.strip()), []
    for part in re.split(r"[,;\s]+", rest):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        ends = sorted((int(match[1]), int(match[2] or match[1])))
        if ends[0] < 1 or ends[1] > LARGEST:
            return None
        found.append(range(ends[0], ends[1] + 1))
    return tuple(found)


def show(positions: Sequence[int]) -> str:
    """Write places of a list, in their order, as briefly as they can be: `3-8, 12`, with a dash for people."""
    parts: list[list[int]] = []
    for position in positions:
        if parts and parts[-1][-1] == position - 1:
            parts[-1][1:] = [position]
        else:
            parts.append([position])
    return ", ".join("–".join(map(str, part)) for part in parts)  # the dash of ranges
