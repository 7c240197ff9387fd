"""/analytics: the dashboard, and each chart with buttons for period, platform and comparison."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram.api import Action, Ask, AskKind, Button, Command, Interaction, Json, Role, Screen, Show, Text, text
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, DASHBOARD, NO_COMPARISON, NO_PLATFORM, ON_DASHBOARD
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import BY_NAME, PERIODS
from fetchgram_analytics.zones import Zones, named

_MINIMUM = Role.VIEWER
_MOST_PLATFORMS = 5
_IN_A_ROW = 3
_LONGEST_NAME = 40


class Analytics:
    """Shows admins what people do.

    Args:
        painter: Draws it.
        zones: Whose days and hours.
    """

    def __init__(self, painter: Painter, zones: Zones) -> None:
        self._painter = painter
        self._zones = zones

    def command(self) -> Command:
        """Return the command with what its buttons do."""
        return Command(
            name="analytics",
            help=text("analytics-help"),
            handler=self.show,
            minimum_role=_MINIMUM,
            actions={
                name: Action(handler=handler, minimum_role=_MINIMUM)
                for name, handler in (("show", self.show), ("zone", self.ask_zone), ("zone-set", self.set_zone))
            },
        )

    async def show(self, interaction: Interaction) -> Screen:
        """Show what the button says, the dashboard without one."""
        view = _view(interaction.args)
        place = await self._zones.of(interaction.person.id)
        media, sheet = await self._painter.picture(view, interaction.locale, place)
        rows = await self._rows(view, interaction.locale, place)
        shown = text("analytics-caption", title=sheet.title, note=sheet.note)
        show = Show.EDIT if interaction.action == "show" else Show.NEW
        return Screen(text=shown, media=media, rows=rows, show=show)

    async def ask_zone(self, interaction: Interaction) -> Screen:
        """Ask for the zone that somebody wants to see days and hours of."""
        now, home = await self._zones.of(interaction.person.id), self._zones.home
        back = Button(label=text("analytics-button-zone-home", zone=home.name), action="zone-set")
        shown = text("analytics-zone-ask", zone=now.name, home=home.name)
        return Screen(text=shown, rows=((back,),), show=Show.NEW, ask=Ask(kind=AskKind.TEXT, action="zone-set"))

    async def set_zone(self, interaction: Interaction) -> Screen:
        """Remember the zone that was typed, or that of the bot for whoever pressed the button."""
        place = named(interaction.text) if interaction.text else None
        if interaction.text and place is None:
            unknown = text("analytics-zone-unknown", name=interaction.text[:_LONGEST_NAME])
            return Screen(text=unknown, show=Show.NEW, ask=Ask(kind=AskKind.TEXT, action="zone-set"))
        await self._zones.choose(interaction.person.id, place)
        return await self.show(interaction)

    async def _rows(self, view: View, locale: str, place: Place) -> tuple[tuple[Button, ...], ...]:
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
        zone = Button(label=text("analytics-button-zone", zone=place.name), action="zone")
        rows.append((back, more) if view.chart != DASHBOARD else (zone, more))
        return tuple(rows)

    async def _platforms(self, view: View, locale: str) -> list[Button]:
        asked = await self._painter.asked(view, locale, fresh=False)
        found = await asked.queries.series("file", asked.span, by="plugin")
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
