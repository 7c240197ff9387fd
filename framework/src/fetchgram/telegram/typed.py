"""Typed answers read into what an option wants; the plugins get one canonical form."""

from __future__ import annotations

import re

from fetchgram.model import InputKind

_SIZE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_FACTORS = {"": 1_000_000, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 10**12}
"""A bare number means megabytes: nobody asks for a video of 25 bytes."""
_RANGE = re.compile(r"\s*([\d:.]+)\s*(?:-|–|—|\.\.|to)\s*([\d:.]+)\s*", re.IGNORECASE)
_TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d+(?:\.\d{1,3})?)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)
_MOST_TEXT = 500


def parse(kind: InputKind, answer: str) -> str | None:
    """Return the answer in canonical form, or `None` when it is not understood.

    A size becomes bytes (`25000000`), a range seconds (`90-165.5`), a language lower case (`pt-br`).
    """
    match kind:
        case InputKind.SIZE:
            return _size(answer)
        case InputKind.TIME_RANGE:
            return _range(answer)
        case InputKind.LANGUAGE:
            return answer.strip().lower() if _LANGUAGE.fullmatch(answer.strip()) else None
        case _:
            return answer.strip()[:_MOST_TEXT] or None


def _size(answer: str) -> str | None:
    found = _SIZE.fullmatch(answer)
    if found is None:
        return None
    size = int(float(found[1].replace(",", ".")) * _FACTORS[found[2].lower()])
    return str(size) if size > 0 else None


def _range(answer: str) -> str | None:
    found = _RANGE.fullmatch(answer)
    if found is None:
        return None
    start, end = _seconds(found[1]), _seconds(found[2])
    return f"{start:g}-{end:g}" if start is not None and end is not None and start < end else None


def _seconds(moment: str) -> float | None:
    found = _TIME.fullmatch(moment)
    if found is None:
        return None
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3])
