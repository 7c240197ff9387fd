"""Pictures before they are drawn: plain values that cross to the child, with every sentence already in its language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import cast

from fetchgram.api import Json

_RIGHT_TO_LEFT = {"R", "AL"}


class Form(StrEnum):
    """How a panel shows its values."""

    BARS = "bars"
    LINES = "lines"
    RANKING = "ranking"
    HEAT = "heat"
    RANGES = "ranges"


class Unit(StrEnum):
    """What values are."""

    COUNT = "count"
    BYTES = "bytes"
    SECONDS = "seconds"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one thing; `None` where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart.

    Args:
        form: How it is drawn.
        unit: Of its values.
        title: What it finds.
        labels: Of points in time, of rows, or of the hours of a heat map.
        series: Stacked bars, lines, one ranking, rows of a heat map, or the two ends of ranges.
        before: The same total in the period before, drawn faintly behind.
        before_name: What that is called.
        empty: What is said when there is nothing to show.
    """

    form: Form
    unit: Unit
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    before: tuple[float | None, ...] = ()
    before_name: str = ""
    empty: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(value for series in self.series for value in series.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number on top of a sheet, and how it changed, in words; `good` says whether that is welcome."""

    name: str
    value: str
    change: str = ""
    good: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One picture.

    Args:
        title: On top; what and when.
        note: Below it, smaller.
        panels: One, or six in two columns.
        tiles: Numbers above the panels.
        dark: Light on dark.
        otherwise: The title where no font at hand has the letters of the first one, as those of a name.
    """

    title: str
    note: str
    panels: tuple[Panel, ...]
    tiles: tuple[Tile, ...] = ()
    dark: bool = False
    otherwise: str = ""

    @property
    def rtl(self) -> bool:
        """Whether its title runs from right to left."""
        return is_right_to_left(self.title)

    def payload(self, path: str) -> dict[str, Json]:
        """Return it for the child that draws it into a file."""
        return {"path": path, "sheet": cast("Json", asdict(self))}


def is_right_to_left(words: str) -> bool:
    """Whether words run from right to left: by the first letter that says so (Unicode's UAX #9, P2 and P3)."""
    kinds = (unicodedata.bidirectional(letter) for letter in words)
    return next((kind in _RIGHT_TO_LEFT for kind in kinds if kind in {"L", *_RIGHT_TO_LEFT}), False)


def sheet_of(payload: Mapping[str, Json]) -> Sheet:
    """Build it again in the child."""
    given = cast("dict[str, list[dict[str, object]]]", payload)
    panels = tuple(_panel(panel) for panel in given["panels"])
    tiles = tuple(Tile(**tile) for tile in given["tiles"])  # type: ignore[arg-type]  # as `asdict` made it
    return Sheet(**{**given, "panels": panels, "tiles": tiles})  # type: ignore[arg-type]  # the same


def _panel(given: Mapping[str, object]) -> Panel:
    rows = cast("list[dict[str, object]]", given["series"])
    series = tuple(Series(str(row["name"]), tuple(cast("list[float | None]", row["values"]))) for row in rows)
    rest = {
        "form": Form(str(given["form"])),
        "unit": Unit(str(given["unit"])),
        "labels": tuple(cast("list[str]", given["labels"])),
        "before": tuple(cast("list[float | None]", given["before"])),
        "series": series,
    }
    return Panel(**{**given, **rest})  # type: ignore[arg-type]  # the same
