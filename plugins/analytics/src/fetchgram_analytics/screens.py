"""/analytics: the dashboard, and each chart with buttons for period, platform and comparison."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.api import Action, Button, Command, Interaction, Json, Role, Screen, Show, Text, text
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, DASHBOARD, NO_COMPARISON, NO_PLATFORM, ON_DASHBOARD
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import BY_NAME, PERIODS, span_of

_MINIMUM = Role.VIEWER
_MOST_PLATFORMS = 5
_IN_A_ROW = 3


class Analytics:
    """Shows admins what people do.

    Args:
        painter: Draws it.
    """

    def __init__(self, painter: Painter) -> None:
        self._painter = painter

    def command(self) -> Command:
        """Return the command with what its buttons do."""
        return Command(
            name="analytics",
            help=text("analytics-help"),
            handler=self.show,
            minimum_role=_MINIMUM,
            actions={"show": Action(handler=self.show, minimum_role=_MINIMUM)},
        )

    async def show(self, interaction: Interaction) -> Screen:
        """Show what the button says, the dashboard without one."""
        view = _view(interaction.args)
        media, sheet = await self._painter.picture(view, interaction.locale)
        rows = await self._rows(view, interaction.locale)
        shown = text("analytics-caption", title=sheet.title, note=sheet.note)
        show = Show.EDIT if interaction.action else Show.NEW
        return Screen(text=shown, media=media, rows=rows, show=show)

    async def _rows(self, view: View, locale: str) -> tuple[tuple[Button, ...], ...]:
        periods = tuple(
            _button("period", text(f"analytics-period-{each.name}"), view, chosen=each is view.period, period=each.name)
            for each in PERIODS
        )
        rows = [periods[:_IN_A_ROW], periods[_IN_A_ROW:]]
        if view.chart not in NO_COMPARISON or view.chart == DASHBOARD:
            rows.append((_button("compare", None, view, chosen=view.compare, compare=not view.compare),))
        if view.chart not in NO_PLATFORM:
            rows += _in_rows(await self._platforms(view, locale))
        charts = ON_DASHBOARD if view.page == 0 else tuple(name for name in CHARTS if name not in ON_DASHBOARD)
        rows += _in_rows([_chart(name, view) for name in charts if name != view.chart])
        more = Button(label=text("analytics-button-more"), action="show", args=_args(view, page=1 - view.page))
        back = Button(label=text("analytics-button-back"), action="show", args=_args(view, chart=DASHBOARD, page=0))
        rows.append((back, more) if view.chart != DASHBOARD else (more,))
        return tuple(rows)

    async def _platforms(self, view: View, locale: str) -> list[Button]:
        asked = await self._painter.asked(view, locale, fresh=False)
        found = await asked.queries.series("file", span_of(view.period, asked.place, asked.at), by="plugin")
        names = sorted(found, key=lambda name: (-found[name].n, name))[:_MOST_PLATFORMS]
        if len(names) <= 1 and view.plugin is None:
            return []
        every = _button("plugin", text("analytics-every-platform"), view, chosen=view.plugin is None, plugin=None)
        named = [
            _button("plugin", text("analytics-name", name=name), view, chosen=view.plugin == name, plugin=name)
            for name in names
        ]
        return [every, *named]


def _view(args: Mapping[str, Json]) -> View:
    plugin = args.get("plugin")
    return View(
        chart=str(args.get("chart", DASHBOARD)),
        period=BY_NAME.get(str(args.get("period")), View().period),
        plugin=str(plugin) if plugin else None,
        compare=bool(args.get("compare", True)),
        page=int(str(args.get("page", 0))),
    )


def _args(view: View, **changed: Json) -> dict[str, Json]:
    now: dict[str, Json] = {
        "chart": view.chart,
        "period": view.period.name,
        "plugin": view.plugin,
        "compare": view.compare,
        "page": view.page,
    }
    return now | changed


def _button(kind: str, name: Text | None, view: View, *, chosen: bool, **changed: Json) -> Button:
    given = {"name": name} if name is not None else {}
    label = text(f"analytics-button-{kind}", chosen="yes" if chosen else "no", **given)
    return Button(label=label, action="show", args=_args(view, **changed))


def _chart(name: str, view: View) -> Button:
    return Button(label=text(f"analytics-{name}"), action="show", args=_args(view, chart=name))


def _in_rows(buttons: list[Button]) -> list[tuple[Button, ...]]:
    return [tuple(buttons[at : at + _IN_A_ROW]) for at in range(0, len(buttons), _IN_A_ROW)]
