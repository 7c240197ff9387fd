"""Charts of how much: files, bytes, the cache, the rhythm of the week."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram_analytics.charts.asked import Asked, change, part
from fetchgram_analytics.periods import Span
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import Amount

_MOST_SERIES = 4
_HOURS = 24


async def files(asked: Asked) -> Panel:
    """Files that arrived, by platform."""
    found = await _platforms(asked, "file")
    series = _stacked(asked, found)
    n = sum(amount.n for by_time in found.values() for amount in by_time.values())
    title, more = asked.say("files-title", n=n, grown="none", percent=0), {}
    if asked.view.compare:
        then = await asked.queries.series("file", asked.span_before, plugin=asked.view.plugin)
        grown = change(n, sum(amount.n for amount in then.values()))
        title = asked.say("files-title", n=n, grown=_direction(grown), percent=abs(grown or 0))
        more = asked.behind({at: float(amount.n) for at, amount in then.items()})
    return asked.panel(Form.BARS, Unit.COUNT, title, series, **more)


async def traffic(asked: Asked) -> Panel:
    """Bytes that were fetched and sent."""
    plugin = asked.view.plugin
    down = await asked.queries.series("down", asked.span, plugin=plugin)
    up = await asked.queries.series("up", asked.span, plugin=plugin)
    title = asked.say("traffic-title", down=_all(down).amount, up=_all(up).amount)
    series = (
        Series(asked.say("down"), asked.over_time(lambda at: down.get(at, Amount()).amount)),
        Series(asked.say("up"), asked.over_time(lambda at: up.get(at, Amount()).amount)),
    )
    more: dict[str, object] = {}
    if asked.view.compare:
        then = await asked.queries.series("up", asked.span_before, plugin=plugin)
        more = asked.behind({at: float(amount.amount) for at, amount in then.items()})
    return asked.panel(Form.LINES, Unit.BYTES, title, series, **more)


async def cache(asked: Asked) -> Panel:
    """What part of the files needed no download."""
    every, cached = await _cached(asked, asked.span)
    whole, some = _all(every), _all(cached)
    title = asked.say("cache-title", percent=round(part(some.n, whole.n)), saved=some.amount)
    more: dict[str, object] = {}
    if asked.view.compare and whole.n:
        more = asked.behind(_rates(*await _cached(asked, asked.span_before)))
    series = (Series("", asked.over_time(_rates(every, cached).get)),) if whole.n else ()
    return asked.panel(Form.LINES, Unit.PERCENT, title, series, **more)


async def rhythm(asked: Asked) -> Panel:
    """Files by weekday and hour."""
    found = await asked.queries.rhythm(asked.span, asked.view.plugin)
    grid = [[float(found.get(f"{day}{hour:02}", 0)) for hour in range(_HOURS)] for day in range(7)]
    busiest = max(found, key=lambda slot: (found[slot], slot), default="000")
    title = asked.say("rhythm-title", day=int(busiest[0]), hour=f"{busiest[1:]}:00") if found else asked.say("rhythm")
    series = tuple(Series(asked.say("weekday", day=day), tuple(values)) for day, values in enumerate(grid))
    return asked.panel(Form.HEAT, Unit.COUNT, title, series, labels=tuple(f"{hour:02}" for hour in range(_HOURS)))


async def _cached(asked: Asked, span: Span) -> tuple[dict[int, Amount], dict[int, Amount]]:
    """Return all files, and those from the cache."""
    plugin = asked.view.plugin
    every = await asked.queries.series("file", span, plugin=plugin)
    return every, await asked.queries.series("cached", span, plugin=plugin)


def _rates(every: Mapping[int, Amount], some: Mapping[int, Amount]) -> dict[int, float | None]:
    return {at: part(some.get(at, Amount()).n, amount.n) for at, amount in every.items() if amount.n}


async def _platforms(asked: Asked, what: str) -> dict[str, dict[int, Amount]]:
    plugin = asked.view.plugin
    if plugin is not None:
        return {plugin: await asked.queries.series(what, asked.span, plugin=plugin)}
    return await asked.queries.grid(what, asked.span)


def _stacked(asked: Asked, found: Mapping[str, Mapping[int, Amount]]) -> tuple[Series, ...]:
    """Return the largest series, and the others as one."""
    largest = sorted(found, key=lambda name: (-_all(found[name]).n, name))
    shown, rest = largest[:_MOST_SERIES], largest[_MOST_SERIES:]
    series = [_counts(asked, name, found[name]) for name in shown]
    if rest:
        others = asked.over_time(lambda at: sum(found[name].get(at, Amount()).n for name in rest))
        series.append(Series(asked.say("others"), others))
    return tuple(series)


def _counts(asked: Asked, name: str, found: Mapping[int, Amount]) -> Series:
    return Series(asked.say("name", name=name), asked.over_time(lambda at: found.get(at, Amount()).n))


def _all(found: Mapping[int, Amount]) -> Amount:
    return Amount(sum(each.n for each in found.values()), sum(each.amount for each in found.values()))


def _direction(grown: int | None) -> str:
    if grown is None:
        return "none"
    return "same" if grown == 0 else "more" if grown > 0 else "fewer"
