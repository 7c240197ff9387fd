"""Letters that the fonts at hand can draw; what they cannot is left out, so that no empty boxes stand in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from fetchgram_analytics.pictures import Panel, Series, Sheet, Tile

_WANTED = (
    "DejaVu Sans",  # comes with matplotlib
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)


@cache
def families() -> tuple[str, ...]:
    """Return the fonts that are there, the first first; each is asked for what the ones before lack."""
    from matplotlib import font_manager  # noqa: PLC0415  # the child's alone

    there = set(font_manager.get_font_names())
    return tuple(name for name in _WANTED if name in there)


def legible(sheet: Sheet) -> Sheet:
    """Return the sheet with the letters only that can be drawn."""
    return replace(
        sheet,
        title=_words(sheet.title),
        note=_words(sheet.note),
        panels=tuple(map(_panel, sheet.panels)),
        tiles=tuple(
            Tile(name=_words(t.name), value=_words(t.value), change=_words(t.change), good=t.good) for t in sheet.tiles
        ),
    )


def _panel(panel: Panel) -> Panel:
    return replace(
        panel,
        title=_words(panel.title),
        labels=_all(panel.labels),
        series=tuple(Series(_words(series.name), series.values) for series in panel.series),
        before_name=_words(panel.before_name),
        empty=_words(panel.empty),
    )


def _all(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(_words(each) or "?" for each in words)


def _words(words: str) -> str:
    known = _known()
    # `$` begins formulas in matplotlib.
    return "".join(letter for letter in words if ord(letter) in known).strip().replace("$", r"\$")


@cache
def _known() -> frozenset[int]:
    from matplotlib import font_manager, ft2font  # noqa: PLC0415  # the child's alone

    found: set[int] = {ord("\n")}
    for name in families():
        found |= ft2font.FT2Font(font_manager.findfont(name)).get_charmap().keys()
    # Signs that tell a direction or isolate foreign words are drawn as nothing or as boxes.
    return frozenset(found - {*range(0x2066, 0x206A), *range(0x202A, 0x202F)})
