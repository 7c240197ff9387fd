"""Times in slots that grow by a tenth: small enough to keep for ever, fine enough for a percentile."""

from __future__ import annotations

import math
from collections.abc import Mapping

_RATIO = 1.1
_FIRST_MS = 10.0
SIZES_MB = (5, 50, 500)
"""Borders between small, middle, large and huge files."""


def slot(took_ms: int) -> int:
    """Return the slot of a time: 0 up to 10 ms, then each a tenth longer than the one before."""
    return 0 if took_ms <= _FIRST_MS else math.ceil(math.log(took_ms / _FIRST_MS) / math.log(_RATIO) - 1e-9)


def slot_name(took_ms: int) -> str:
    """Return the slot as three digits, which sort."""
    return f"{slot(took_ms):03}"


def longest_s(number: int) -> float:
    """Return the longest time of a slot in seconds."""
    return _FIRST_MS * _RATIO**number / 1000


def size_class(size_bytes: int) -> str:
    """Return the class of a file's size as one letter."""
    return "abcd"[sum(size_bytes >= border * 1_000_000 for border in SIZES_MB)]


def percentile(counts: Mapping[int, int], part: float) -> float | None:
    """Return the time, in seconds, that this part of all stays under, at most a tenth too long; `None` for none."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, seen = max(1, math.ceil(total * part)), 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= wanted:
            return longest_s(number)
    raise AssertionError("the parts of a sum reach it")
