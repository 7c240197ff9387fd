"""Sizes, durations, speeds, percentages and moments as functions of the catalogues."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from fluent.runtime.types import FluentNone

_UNITS = ("B", "kB", "MB", "GB", "TB")
_SPANS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_ENOUGH = 1.5
"""So many of a unit, and it is used: 80 seconds are said as such, 90 as two minutes."""
_STEP = 1000
"""Decimal, as Telegram's clients and shops count."""


def functions(locale: str) -> Mapping[str, Callable[[object], str]]:
    """Return the functions that a catalogue of this language may call.

    `SIZE` of bytes, `SPEED` of bytes a second, `DURATION` of seconds (as 1:30), `WAIT` of seconds (as 2 min),
    `PERCENT` of 0-100, `PLAIN` of a whole number without grouping, `MOMENT` of seconds since 1970 (day and time in
    UTC), and `HAS`, which is `yes` unless its argument is empty or 0.
    """
    known = _known(locale)
    return {
        "SIZE": lambda value: _size(value, known),
        "SPEED": lambda value: f"{_size(value, known)}/s",
        "DURATION": _duration,
        "WAIT": lambda value: _wait(value, known),
        "PERCENT": lambda value: format_percent(_number(value) / 100, format="#,##0%", locale=known),
        "PLAIN": lambda value: f"{_number(value):.0f}",
        "MOMENT": lambda value: _moment(value, known),
        "HAS": _has,
    }


def _known(locale: str) -> Locale:
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _number(value: object) -> float:
    found = float(value) if isinstance(value, int | float) else 0.0
    return max(found, 0.0) if math.isfinite(found) else 0.0


def _size(value: object, locale: Locale) -> str:
    amount = _number(value)
    for unit in _UNITS:
        shown = round(amount, _digits(amount, unit))
        if shown < _STEP or unit == _UNITS[-1]:
            return f"{format_decimal(shown, format='#,##0.##', locale=locale)} {unit}"
        amount /= _STEP
    raise AssertionError  # the last unit takes everything


def _digits(amount: float, unit: str) -> int:
    """Show about three digits; fractions of a kilobyte tell nobody anything."""
    if unit in {"B", "kB"} or amount >= 100:  # noqa: PLR2004  # three digits are there already
        return 0
    return 2 if unit in {"GB", "TB"} and amount < 10 else 1  # noqa: PLR2004  # one digit is there already


def _duration(value: object) -> str:
    minutes, seconds = divmod(round(_number(value)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _wait(value: object, locale: Locale) -> str:
    """Say a span as one number: nobody waits to the second, and less than one is none."""
    seconds = max(1, math.ceil(_number(value)))
    unit, length_s = next((name, size) for name, size in _SPANS if seconds == size or seconds >= _ENOUGH * size)
    return format_unit(math.ceil(seconds / length_s), f"duration-{unit}", length="short", locale=locale)


def _moment(value: object, locale: Locale) -> str:
    """Say a day and a time; admins of one bot may live in several time zones, so it is UTC."""
    at = datetime.fromtimestamp(_number(value), UTC)
    return f"{format_datetime(at, 'd MMM yyyy, HH:mm', locale=locale)} UTC"


def _has(value: object) -> str:
    if isinstance(value, FluentNone):
        return "no"
    return "yes" if value else "no"
