"""One visual language: colours that colour-blind people tell apart, letters that a phone shows large enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH_PX = 1080
"""Telegram shows photos 1280 px wide at most; a phone's chat is about 1080 px."""
DPI = 100
LETTERS_PT = 17.0
"""On a picture of 1080 px that a phone shows 390 pt wide: about 8.5 pt there."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours.

    Args:
        paper: Behind everything.
        ink: Of titles and values.
        faint: Of everything that explains.
        grid: Of lines that guide the eye.
        series: Of what is shown; Okabe and Ito's, which people with any colour vision tell apart.
        good: Of welcome changes.
        bad: Of the others.
        heat: Of the most; nothing is `paper`.
    """

    paper: str
    ink: str
    faint: str
    grid: str
    series: tuple[str, ...]
    good: str
    bad: str
    heat: str


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b1f24",
    faint="#667079",
    grid="#e3e6ea",
    series=("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8f98"),
    good="#00734f",
    bad="#b54400",
    heat="#0072b2",
)
DARK = Theme(
    paper="#17212b",
    ink="#f2f5f8",
    faint="#9aa7b4",
    grid="#2b3a49",
    series=("#56b4e9", "#e69f00", "#2fc79a", "#e39ac4", "#3d8fd1", "#f0803c", "#8d99a6"),
    good="#4fd6ad",
    bad="#ff9a5c",
    heat="#56b4e9",
)


def short(value: float, unit: str) -> str:
    """Write a value in a few characters.

    Args:
        value: In units of its kind.
        unit: `count`, `bytes`, `seconds` or `percent`.
    """
    match unit:
        case "percent":
            return f"{value:.0f} %" if value in {0, 100} or value < 99 else f"{math.floor(value * 10) / 10:.1f} %"  # noqa: PLR2004  # 99.96 % is not all
        case "seconds":
            return _seconds(value)
        case "bytes":
            return _scaled(value, ("B", "kB", "MB", "GB", "TB", "PB"), gap=" ")
        case _:
            return _scaled(value, ("", "k", "M", "G", "T", "P"), gap="")


def cut(name: str, longest: int) -> str:
    """Cut a name off where it is too long."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _scaled(value: float, units: tuple[str, ...], *, gap: str) -> str:
    power = 0
    while abs(value) >= 999.5 and power < len(units) - 1:  # noqa: PLR2004  # 1000 after rounding
        value, power = value / 1000, power + 1
    digits = 1 if power and abs(value) < 9.95 and round(value, 1) % 1 else 0  # noqa: PLR2004  # 10 after rounding
    return f"{value:.{digits}f}{gap if units[power] else ''}{units[power]}"


def _seconds(value: float) -> str:
    minute, hour, day = 60, 3600, 86400
    if not value:
        return "0 s"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 2 * minute:
        return f"{value:.1f} s" if value < 10 and value % 1 else f"{value:.0f} s"  # noqa: PLR2004  # two digits are enough
    if value < 2 * hour:
        return f"{value / minute:.0f} min"
    return f"{value / hour:.0f} h" if value < 2 * day else f"{value / day:.0f} d"
