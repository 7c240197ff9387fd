"""Typed spans and amounts: `3 days`, `12h`, `for ever`; `5 GB`, `100`."""

from __future__ import annotations

import re
from datetime import timedelta

_SPAN = re.compile(r"(\d{1,4})\s*([a-z]+)", re.IGNORECASE)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_NAMES = {
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "week", "weeks"),
    "y": ("y", "year", "years"),
}
_UNIT_OF = {name: unit for unit, names in _NAMES.items() for name in names}
_LONGEST = timedelta(days=3650)
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def span_of(words: str) -> timedelta | None:
    """Return how long somebody means, `None` when that cannot be read; parts add up, as in `1 day 12h`."""
    rest = _SPAN.sub("", words)
    parts = [(int(count), _UNIT_OF.get(unit.lower())) for count, unit in _SPAN.findall(words)]
    if not parts or rest.strip(" ,") or any(unit is None for _, unit in parts):
        return None
    span = sum((count * _UNITS[unit] for count, unit in parts if unit is not None), timedelta())
    return span if timedelta() < span <= _LONGEST else None


def amount_of(words: str) -> int | None:
    """Return a whole number, of bytes where a unit says so, `None` when that cannot be read."""
    found = _AMOUNT.fullmatch(words.strip())
    if found is None:
        return None
    return int(float(found[1].replace(",", ".")) * _FACTORS[found[2].lower()])
