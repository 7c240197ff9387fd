"""Letters that the fonts at hand can draw: what they cannot is left out or replaced; no empty boxes are drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from fetchgram_analytics.pictures import Panel, Series, Sheet, Tile

_FIRST = "DejaVu Sans"
"""Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and more."""

_LIKED = ("Noto Sans", "Droid Sans Fallback", "Source Han Sans", "WenQuanYi", "Arial Unicode", "Unifont")
"""Fonts that look like it, the first first; any other of the system is better than none."""

_NEVER = ("Last Resort", "STIX", "cm", "DejaVu")
"""Boxes with the name of a script, signs of formulas, and what the first one has anyway."""

_UNSEEN = frozenset({*range(0x2066, 0x206A), *range(0x202A, 0x202F), *range(0xFE00, 0xFE10)})
"""Signs that tell a direction, isolate foreign words or choose a form: they are drawn as nothing or as boxes."""

_MOST_LOST = 0.3
"""Of the letters of a name: more, and it could not be read."""


class Letters(NamedTuple):
    """What can be drawn.

    Attributes:
        families: Fonts, the first first; each is asked for what the ones before lack.
        known: Letters of all of them.
    """

    families: tuple[str, ...]
    known: frozenset[int]


def letters_for(sheet: Sheet) -> Letters:
    """Choose fonts of this machine that together draw all words of a sheet, as far as there are any."""
    families, known = [_FIRST], set(_charmap(_FIRST))
    missing = {ord(letter) for words in _all_words(sheet) for letter in words} - known - _UNSEEN
    for name in _others() if missing else ():
        drawn = missing & _charmap(name)
        if drawn:
            families.append(name)
            known |= _charmap(name)
            missing -= drawn
        if not missing:
            break
    return Letters(tuple(families), frozenset(known - _UNSEEN))


def legible(sheet: Sheet, letters: Letters) -> Sheet:
    """Return the sheet with the letters only that can be drawn; a title that would not be read gives way to another."""

    def words(given: str) -> str:
        drawn = "".join(letter for letter in given if ord(letter) in letters.known or letter == "\n")
        # `$` begins formulas in matplotlib.
        return drawn.strip().replace("$", r"\$")

    title = sheet.title if _can_be_read(sheet.title, letters) or not sheet.otherwise else sheet.otherwise
    tiles = (Tile(name=words(t.name), value=words(t.value), change=words(t.change), good=t.good) for t in sheet.tiles)
    return replace(
        sheet,
        title=words(title),
        otherwise="",
        note=words(sheet.note),
        panels=tuple(_panel(panel, words) for panel in sheet.panels),
        tiles=tuple(tiles),
    )


def _can_be_read(words: str, letters: Letters) -> bool:
    there = [letter for letter in words if unicodedata.category(letter)[0] == "L"]
    lost = sum(ord(letter) not in letters.known for letter in there)
    return bool(there) and lost <= len(there) * _MOST_LOST


def _panel(panel: Panel, words: Callable[[str], str]) -> Panel:
    return replace(
        panel,
        title=words(panel.title),
        # Rows that nothing is left of are told apart by their place.
        labels=tuple(words(label) or f"#{place}" for place, label in enumerate(panel.labels, start=1)),
        series=tuple(Series(words(series.name), series.values) for series in panel.series),
        before_name=words(panel.before_name),
        empty=words(panel.empty),
    )


def _all_words(sheet: Sheet) -> Iterator[str]:
    yield from (sheet.title, sheet.note)
    for tile in sheet.tiles:
        yield from (tile.name, tile.value, tile.change)
    for panel in sheet.panels:
        yield from (panel.title, panel.before_name, panel.empty, *panel.labels)
        yield from (series.name for series in panel.series)


def _others() -> Iterable[str]:
    """Return the other fonts of this machine, those that are liked first."""
    from matplotlib import font_manager  # noqa: PLC0415  # the child's alone

    names = {name for name in font_manager.get_font_names() if not name.startswith(_NEVER)}
    liked = {
        name: next((place for place, like in enumerate(_LIKED) if name.startswith(like)), len(_LIKED)) for name in names
    }
    return sorted(names, key=lambda name: (liked[name], name))


@cache
def _charmap(name: str) -> frozenset[int]:
    from matplotlib import font_manager, ft2font  # noqa: PLC0415  # the child's alone

    try:
        return frozenset(ft2font.FT2Font(font_manager.findfont(name, fallback_to_default=False)).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()  # a font that cannot be opened is none
