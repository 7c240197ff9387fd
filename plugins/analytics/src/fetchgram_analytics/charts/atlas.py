"""All charts by name, and the sheets that are made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date

from babel.dates import format_date

from fetchgram_analytics.charts import amounts, people, shares, times
from fetchgram_analytics.charts.asked import Asked, change, part
from fetchgram_analytics.dates import Level, month_of
from fetchgram_analytics.drawing.theme import short
from fetchgram_analytics.pictures import Panel, Sheet, Tile
from fetchgram_analytics.settings import Theme

DASHBOARD = "dashboard"

CHARTS: Mapping[str, Callable[[Asked], Awaitable[Panel]]] = {
    "files": amounts.files,
    "people": people.people,
    "platforms": shares.platforms,
    "success": people.success,
    "stages": times.stages,
    "rhythm": amounts.rhythm,
    "failures": shares.failures,
    "speed": times.speed,
    "sizes": times.sizes,
    "waiting": times.waiting,
    "qualities": shares.qualities,
    "kinds": shares.kinds,
    "routes": shares.routes,
    "traffic": amounts.traffic,
    "cache": amounts.cache,
    "returning": people.returning,
    "audience": shares.audience,
    "broadcasts": shares.broadcasts,
}
ON_DASHBOARD = ("files", "people", "platforms", "success", "stages", "rhythm")
_OF_ONE_PLATFORM = ("files", "qualities", "speed", "success", "stages", "rhythm")
OF_THE_BOTS_DAYS = frozenset({"people", "returning", "audience"})
"""Charts of the days on which people were active: those are the bot's, wherever somebody looks at them."""
NO_PLATFORM = frozenset({"people", "platforms", "returning", "audience", "broadcasts"})
"""Charts that know no platforms."""
NO_COMPARISON = frozenset({"rhythm"})
"""Charts that have no room for the period before: one map of colours hides the other."""


async def sheet(asked: Asked, theme: Theme) -> Sheet:
    """Return what a view shows."""
    name = asked.view.chart
    dark = theme is Theme.DARK
    if name in NO_PLATFORM:
        asked = replace(asked, view=replace(asked.view, plugin=None))
    if name in CHARTS:
        panel = await CHARTS[name](asked)
        return Sheet(title=panel.title, note=_note(asked), panels=(panel,), dark=dark)
    async with asyncio.TaskGroup() as group:
        numbers = group.create_task(tiles(asked))
        panels = [group.create_task(_panel(each, asked)) for each in _on_dashboard(asked)]
    title = asked.say("dashboard-title", period=asked.view.period.name)
    shown = tuple(panel.result() for panel in panels)
    return Sheet(title=title, note=_note(asked), panels=shown, tiles=numbers.result(), dark=dark)


def _on_dashboard(asked: Asked) -> tuple[str, ...]:
    return ON_DASHBOARD if asked.view.plugin is None else _OF_ONE_PLATFORM


async def _panel(name: str, asked: Asked) -> Panel:
    return await CHARTS[name](asked)


async def tiles(asked: Asked) -> tuple[Tile, ...]:
    """Return the numbers of the dashboard, each beside what it was before."""
    now, then = asked.span, asked.span_before
    queries, plugin = asked.queries, asked.view.plugin
    files = [(await queries.total("file", span, plugin)).n for span in (now, then)]
    failed = [(await queries.total("failure", span, plugin)).n for span in (now, then)]
    days = (asked.days[-1], then.days(asked.place)[-1])
    active = (await queries.active((30,), days))[30]
    here = [active[day] for day in days]
    good = [part(some, some + bad) for some, bad in zip(files, failed, strict=True)]
    half = [(await queries.percentiles(("total",), span, plugin))["total"][0] or 0.0 for span in (now, then)]
    rate = short(good[0], "percent") if files[0] + failed[0] else "–"
    people = (_tile(asked, "people", short(here[0], "count"), here, up_is_good=True),)
    return (
        _tile(asked, "files", short(files[0], "count"), files, up_is_good=True),
        # Which people came for one platform is not counted.
        *(people if plugin is None else ()),
        _tile(asked, "success", rate, good, up_is_good=True),
        _tile(asked, "speed", short(half[0], "seconds") if half[0] else "–", half, up_is_good=False),
    )


def _tile(asked: Asked, name: str, value: str, numbers: list[int] | list[float], *, up_is_good: bool) -> Tile:
    grown = change(*numbers) if asked.view.compare else None
    told = "" if grown is None else asked.say("change", percent=abs(grown), sign="+" if grown > 0 else "−")
    good = None if not grown else (grown > 0) is up_is_good
    return Tile(name=asked.say(f"tile-{name}"), value=value, change=told, good=good)


def _note(asked: Asked) -> str:
    """Say from when to when, and where."""
    span = asked.span
    plugin = asked.say("name", name=asked.view.plugin) if asked.view.plugin else ""
    first, last = (_date(asked, at) for at in (span.first, span.last))
    return asked.say("note", first=first, last=last, zone=asked.place.name, plugin=plugin)


def _date(asked: Asked, at: int) -> str:
    level = asked.view.period.level
    if level is Level.HOUR:
        return asked.place.local(at).strftime("%H:%M")
    shown = month_of(at) if level is Level.MONTH else date.fromordinal(at)
    return format_date(shown, "d MMM y" if level is Level.DAY else "MMM y", locale=asked.locale.replace("-", "_"))
