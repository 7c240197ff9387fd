"""The five forms of a panel, each on the axes that it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fetchgram_analytics.drawing.theme import LETTERS_PT, Theme, cut, short
from fetchgram_analytics.pictures import Form, Panel, Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDEST_BAR = 0.74
_MOST_ROWS = 8
_FULL = 100.0
_MOST_IN_A_ROW = 5
_LONG_BAR = 0.3
"""Of the longest: a value fits into it."""
_APART_ENOUGH = 1.2
"""Two ends that are nearer are told as one."""
_LABELS_APART = 0.09
"""Of the height of a panel: so far from one another are the names of two lines."""


def draw_panel(axes: Axes, panel: Panel, theme: Theme, *, room: float) -> None:
    """Draw a panel.

    Args:
        axes: Where.
        panel: What.
        theme: Colours.
        room: 1 for a picture of its own, less for one of several: letters stay, labels get fewer.
    """
    axes.set_facecolor("none")
    if panel.is_empty:
        _say_empty(axes, panel, theme)
        return
    _FORMS[panel.form](axes, panel, theme, room)
    axes.tick_params(length=0, labelsize=LETTERS_PT * (0.9 if room < 1 else 1), labelcolor=theme.faint, pad=6)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _bars(axes: Axes, panel: Panel, theme: Theme, room: float) -> None:
    places = range(len(panel.labels))
    width = _WIDEST_BAR if len(panel.labels) > 1 else 0.22
    base = [0.0] * len(panel.labels)
    for series, colour in zip(panel.series, theme.series, strict=False):
        values = [value or 0.0 for value in series.values]
        axes.bar(places, values, width, bottom=base, color=colour, label=cut(series.name, 16), zorder=3)
        base = [low + value for low, value in zip(base, values, strict=True)]
    if panel.before:
        behind = [value or 0.0 for value in panel.before]
        style = {"color": theme.faint, "linewidth": 2.5, "linestyle": (0, (2, 2)), "zorder": 4}
        axes.step(_edges(places), [behind[0], *behind], where="pre", label=panel.before_name, **style)  # type: ignore[arg-type]  # a style
    _time_axis(axes, panel, theme, room, top=max([*base, *(value or 0.0 for value in panel.before)]))
    if len(panel.labels) == 1:
        axes.set_xlim(-1, 1)
    if room == 1 and (len(panel.series) > 1 or panel.before):
        _legend(axes, theme, len(panel.series) + bool(panel.before))


def _lines(axes: Axes, panel: Panel, theme: Theme, room: float) -> None:
    places = list(range(len(panel.labels)))
    ends: list[tuple[float, str, str]] = []
    for series, colour in zip(panel.series, theme.series, strict=False):
        known = [(x, y) for x, y in zip(places, series.values, strict=True) if y is not None]
        if not known:
            continue
        # The first of two stays seen where the second lies on it.
        wide = 6 if len(panel.series) == 2 and not ends else 4  # noqa: PLR2004  # two
        marker = "o" if len(known) <= 2 else ""  # noqa: PLR2004  # a line of one point would not be seen
        axes.plot(*zip(*known, strict=True), color=colour, linewidth=wide, marker=marker, markersize=13, zorder=3)
        value = short(known[-1][1], panel.unit)
        ends.append((known[-1][1], f"{cut(series.name, 11)}\n{value}" if room == 1 else cut(series.name, 9), colour))
    values = [value for series in panel.series for value in series.values if value is not None]
    if panel.before:
        style = {"color": theme.faint, "linewidth": 2.5, "linestyle": (0, (2, 2)), "label": panel.before_name}
        behind = [(x, y) for x, y in zip(places, panel.before, strict=True) if y is not None]
        axes.plot(*zip(*behind, strict=True), zorder=2, **style)  # type: ignore[arg-type]  # a style
        values += [y for _, y in behind]
        if room == 1:
            _legend(axes, theme, 1)
    _time_axis(axes, panel, theme, room, top=max(values))
    if panel.unit is Unit.PERCENT:
        low = max(0.0, min(values) - 5)
        axes.set_ylim(0 if low < _FULL / 2 else low, 101.5)
    if len(places) == 1:
        axes.set_xlim(-1, 1)
    _name_ends(axes, ends, room)


def _name_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], room: float) -> None:
    """Write the names of lines beside their ends, moved apart where they would cover one another."""
    low, high = axes.get_ylim()
    apart = (high - low) * _LABELS_APART * (1.25 if room == 1 else 1.6)
    ends = sorted(ends)
    lowest = low + apart / 2
    for at, (_, name, colour) in zip(spread([max(end[0], lowest) for end in ends], apart, high), ends, strict=True):
        axes.annotate(
            name,
            (1.01, at),
            xycoords=("axes fraction", "data"),
            color=colour,
            fontsize=LETTERS_PT * (0.85 if room < 1 else 1),
            va="center",
            linespacing=1.0,
            fontweight="bold",
            annotation_clip=False,
        )


def spread(values: Sequence[float], apart: float, high: float) -> list[float]:
    """Move sorted places apart, upwards and then, where that is too high, down again."""
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + apart) if places else value)
    ceiling = high
    for number in range(len(places) - 1, -1, -1):
        places[number] = min(places[number], ceiling)
        ceiling = places[number] - apart
    return places


def _ranking(axes: Axes, panel: Panel, theme: Theme, room: float) -> None:
    most = _MOST_ROWS if room == 1 else 5
    rows = [(name, value or 0.0) for name, value in zip(panel.labels, panel.series[0].values, strict=True)][:most]
    behind = dict(zip(panel.labels, panel.before, strict=False))
    top = max([value for _, value in rows] + [value or 0.0 for value in panel.before[:most]])
    for place, (name, value) in enumerate(rows):
        axes.barh(place, value, 0.56, color=theme.series[0], zorder=3)
        if panel.before:
            axes.plot(
                [behind.get(name) or 0.0] * 2, [place - 0.36, place + 0.36], color=theme.ink, linewidth=4, zorder=4
            )
        _tell_value(axes, place, value, max(value, behind.get(name) or 0.0), top, panel, theme)
    if panel.before_name and room == 1:
        axes.plot([], [], "|", color=theme.ink, markersize=20, markeredgewidth=4, label=panel.before_name)
        _legend(axes, theme, 1)
    axes.set_yticks(range(len(rows)), [cut(name, 16 if room == 1 else 12) for name, _ in rows])
    # One row alone is as thick as one of many.
    axes.set_ylim(max(len(rows), 3) - 0.4, -0.6)
    axes.set_xlim(0, top * 1.22)
    axes.set_xticks([])
    for label in axes.get_yticklabels():
        label.set_color(theme.ink)


def _tell_value(axes: Axes, place: int, value: float, beyond: float, top: float, panel: Panel, theme: Theme) -> None:
    """Write a value into its bar, where it cannot be taken for that of the period before; beside a short one."""
    inside = value > top * _LONG_BAR
    axes.text(
        top * 0.025 + (0 if inside else beyond),
        place,
        short(value, panel.unit),
        va="center",
        color=theme.paper if inside else theme.ink,
        fontsize=LETTERS_PT,
        zorder=5,
    )


def _heat(axes: Axes, panel: Panel, theme: Theme, room: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415  # the child's alone

    colours = LinearSegmentedColormap.from_list("heat", [theme.grid, theme.heat])
    grid = [[value or 0.0 for value in series.values] for series in panel.series]
    axes.pcolormesh(grid, cmap=colours, vmin=0, edgecolors=theme.paper, linewidth=3 if room == 1 else 1.5)
    axes.set_yticks([row + 0.5 for row in range(len(grid))], [series.name for series in panel.series])
    step = 4 if room == 1 else 6
    axes.set_xticks([hour + 0.5 for hour in range(0, len(panel.labels), step)], panel.labels[::step])
    axes.invert_yaxis()


def _ranges(axes: Axes, panel: Panel, theme: Theme, room: float) -> None:
    low, high = panel.series
    then = panel.before or (None,) * len(panel.labels)
    rows = [
        (name, a, b, was)
        for name, a, b, was in zip(panel.labels, low.values, high.values, then, strict=True)
        if a and b  # 0 has no place among powers
    ]
    axes.set_xscale("log")
    size = 17 if room == 1 else 12
    for place, (_, a, b, was) in enumerate(rows):
        axes.plot([a, b], [place, place], color=theme.grid, linewidth=12, solid_capstyle="round", zorder=2)
        axes.plot(a, place, "o", color=theme.series[0], markersize=size, zorder=3)
        axes.plot(b, place, "o", color=theme.series[1], markersize=size, zorder=3)
        if was:
            axes.plot([was] * 2, [place - 0.3, place + 0.3], color=theme.ink, linewidth=4, zorder=4)
        _beside(axes, a, place, short(a, panel.unit), theme, left=True)
        if b > a * _APART_ENOUGH:
            _beside(axes, b, place, short(b, panel.unit), theme, left=False)
    axes.set_yticks(range(len(rows)), [cut(name, 18 if room == 1 else 12) for name, *_ in rows])
    axes.set_ylim(max(len(rows), 3) - 0.4, -0.8)
    lowest = min(min(a, was or a) for _, a, _, was in rows)
    highest = max(max(b, was or b) for _, _, b, was in rows)
    wide = math.exp(0.42 * math.log(highest / lowest * 2) * (1 if room == 1 else 1.75))
    axes.set_xlim(lowest / wide, highest * wide)
    axes.set_xticks([])
    axes.minorticks_off()
    for label in axes.get_yticklabels():
        label.set_color(theme.ink)
    if room == 1:
        for series, colour in zip((low, high), theme.series, strict=False):
            axes.plot([], [], "o", color=colour, markersize=14, label=series.name)
        if any(then):
            axes.plot([], [], "|", color=theme.ink, markersize=20, markeredgewidth=4, label=panel.before_name)
        _legend(axes, theme, 3)


def _beside(axes: Axes, value: float, place: int, words: str, theme: Theme, *, left: bool) -> None:
    side = -15 if left else 15
    axes.annotate(
        words,
        (value, place),
        (side, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=theme.ink,
        fontsize=LETTERS_PT * 0.9,
    )


def _say_empty(axes: Axes, panel: Panel, theme: Theme) -> None:
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        panel.empty,
        ha="center",
        va="center",
        color=theme.faint,
        fontsize=LETTERS_PT * 1.1,
        transform=axes.transAxes,
    )


def _time_axis(axes: Axes, panel: Panel, theme: Theme, room: float, *, top: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415  # the child's alone

    axes.set_ylim(0, top * 1.08 or 1)
    axes.yaxis.set_major_locator(
        MaxNLocator(nbins=4 if room == 1 else 3, integer=panel.unit is Unit.COUNT, steps=[1, 2, 2.5, 5, 10])
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value, panel.unit)))
    axes.grid(axis="y", color=theme.grid, linewidth=1.5, zorder=0)
    axes.set_axisbelow(True)
    places = _ticks(len(panel.labels), 7 if room == 1 else 3)
    axes.set_xticks(places, [panel.labels[place] for place in places])


def _ticks(count: int, most: int) -> list[int]:
    """Choose evenly spaced places, the newest among them."""
    step = max(1, -(-count // most))
    return sorted(range(count - 1, -1, -step))


def _edges(places: Sequence[int]) -> list[float]:
    return [-0.5, *(place + 0.5 for place in places)]


def _legend(axes: Axes, theme: Theme, columns: int) -> None:
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.08),
        ncols=min(columns, 4) if columns < _MOST_IN_A_ROW else 3,
        frameon=False,
        fontsize=LETTERS_PT,
        labelcolor=theme.ink,
        handlelength=1.1,
        columnspacing=1.4,
        borderaxespad=0.4,
    )


_FORMS: Mapping[Form, Callable[[Axes, Panel, Theme, float], None]] = {
    Form.BARS: _bars,
    Form.LINES: _lines,
    Form.RANKING: _ranking,
    Form.HEAT: _heat,
    Form.RANGES: _ranges,
}
