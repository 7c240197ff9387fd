"""What runs in the child: a sheet becomes a PNG."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.api import Json
from fetchgram_analytics.drawing.letters import legible, letters_for
from fetchgram_analytics.drawing.theme import DARK, DPI, LETTERS_PT, LIGHT, WIDTH_PX, Theme, cut
from fetchgram_analytics.pictures import Form, Panel, Sheet, sheet_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAD_PX, _TILES_PX, _SINGLE_PX, _PANEL_PX = 150, 160, 690, 430
_EDGE = 0.045
_WIDEST_VALUE, _LONGEST_VALUE = 9, 16
"""Letters of a number on top: more of them are smaller, and still more are cut off."""
_WIDE = {Form.RANKING, Form.RANGES}


def draw(payload: Json, _report: Callable[[Json], None]) -> Json:
    """Draw a sheet into the file that it names; returns the size in pixels."""
    from matplotlib import rcParams  # noqa: PLC0415  # 0.5 s and 60 MB
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # the same
    from matplotlib.figure import Figure  # noqa: PLC0415  # the same

    given = cast("dict[str, Json]", payload)
    sheet = sheet_of(cast("dict[str, Json]", given["sheet"]))
    # A name in a font that has no bold letters is as good.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    letters = letters_for(sheet)
    rcParams["font.family"] = list(letters.families)
    sheet = legible(sheet, letters)
    theme, height_px = DARK if sheet.dark else LIGHT, _height_px(sheet)
    figure = Figure(figsize=(WIDTH_PX / DPI, height_px / DPI), dpi=DPI, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    _head(figure, sheet, theme, height_px)
    _tiles(figure, sheet, theme, height_px)
    _panels(figure, sheet, theme, height_px)
    figure.savefig(Path(str(given["path"])), facecolor=theme.paper)
    return {"width_px": WIDTH_PX, "height_px": height_px}


def _height_px(sheet: Sheet) -> int:
    tiles = _TILES_PX * bool(sheet.tiles)
    rows = -(-len(sheet.panels) // 2)
    return _HEAD_PX + tiles + (_SINGLE_PX if len(sheet.panels) == 1 else rows * _PANEL_PX)


def _lines(words: str, longest: int) -> list[str]:
    # A number stays with its sign.
    return textwrap.wrap(words.replace(" %", "\u00a0%"), longest)[:2]


def _head(figure: Figure, sheet: Sheet, theme: Theme, height_px: int) -> None:
    side, x = ("right", 1 - _EDGE) if sheet.rtl else ("left", _EDGE)
    lines = _lines(sheet.title, 44)
    size = LETTERS_PT * (1.55 if len(lines) == 1 else 1.35)
    figure.text(
        x,
        1 - 30 / height_px,
        "\n".join(lines),
        ha=side,
        va="top",
        fontsize=size,
        fontweight="bold",
        color=theme.ink,
        linespacing=1.1,
    )
    figure.text(x, 1 - 138 / height_px, sheet.note, ha=side, va="bottom", fontsize=LETTERS_PT * 0.95, color=theme.faint)


def _tiles(figure: Figure, sheet: Sheet, theme: Theme, height_px: int) -> None:
    for place, tile in enumerate(sheet.tiles):
        x = _EDGE + (1 - 2 * _EDGE) * place / len(sheet.tiles)
        top, value = 1 - (_HEAD_PX + 18) / height_px, cut(tile.value, _LONGEST_VALUE)
        figure.text(x, top, tile.name, va="top", fontsize=LETTERS_PT * 0.85, color=theme.faint)
        figure.text(
            x,
            top - 32 / height_px,
            value,
            va="top",
            fontsize=LETTERS_PT * 1.75 * min(1, _WIDEST_VALUE / max(1, len(value))),
            fontweight="bold",
            color=theme.ink,
        )
        colour = {True: theme.good, False: theme.bad, None: theme.faint}[tile.good]
        figure.text(x, top - 86 / height_px, tile.change, va="top", fontsize=LETTERS_PT * 0.85, color=colour)


def _panels(figure: Figure, sheet: Sheet, theme: Theme, height_px: int) -> None:
    from fetchgram_analytics.drawing.forms import draw_panel  # noqa: PLC0415  # with matplotlib

    if len(sheet.panels) == 1:
        (panel,) = sheet.panels
        draw_panel(figure.add_axes(_single(panel, sheet, height_px)), panel, theme, room=1)
        return
    top_px = _HEAD_PX + _TILES_PX * bool(sheet.tiles)
    for place, panel in enumerate(sheet.panels):
        row, column = divmod(place, 2)
        left = column * 0.5
        y = top_px + row * _PANEL_PX
        title = "\n".join(_lines(panel.title, 31))
        figure.text(
            left + (0.04 if column else _EDGE),
            1 - (y + 14) / height_px,
            title,
            va="top",
            fontsize=LETTERS_PT,
            fontweight="bold",
            color=theme.ink,
            linespacing=1.1,
        )
        inset = 0.17 if panel.form in _WIDE else 0.105
        width = 0.5 - inset - (0.125 if panel.form is Form.LINES else 0.03)
        box = (left + inset, 1 - (y + _PANEL_PX - 62) / height_px, width, (_PANEL_PX - 150) / height_px)
        draw_panel(figure.add_axes(box), panel, theme, room=0.5)


def _single(panel: Panel, sheet: Sheet, height_px: int) -> tuple[float, float, float, float]:
    has_legend = panel.form is Form.RANGES or bool(panel.before) or (panel.form is Form.BARS and len(panel.series) > 1)
    left = 0.26 if panel.form in _WIDE else 0.12
    right = 0.22 if panel.form is Form.LINES else 0.04
    bottom_px = 130 if has_legend else 70
    top_px = _HEAD_PX + _TILES_PX * bool(sheet.tiles) + 20
    return left, bottom_px / height_px, 1 - left - right, (height_px - bottom_px - top_px) / height_px
