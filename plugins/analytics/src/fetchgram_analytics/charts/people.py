"""Charts of people: how many, who came back, and whether they got what they wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fetchgram_analytics.charts.asked import Asked, part
from fetchgram_analytics.periods import Span
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import Amount

_WINDOWS = (30, 7, 1)


async def people(asked: Asked) -> Panel:
    """People who were active in a day, a week, a month, and how many of them are new."""
    days = asked.days
    found = await asked.queries.active(_WINDOWS, days)
    series = [
        Series(asked.say("window", days=window), tuple(float(found[window][day]) for day in days))
        for window in _WINDOWS
    ]
    new = await asked.queries.total("new", asked.span)
    title = asked.say("people-title", month=found[30][days[-1]], new=new.n)
    more: dict[str, object] = {}
    if asked.view.compare:
        then = dict(zip(asked.span_before.slots, earlier := asked.span_before.days(asked.place), strict=True))
        month = (await asked.queries.active((30,), earlier))[30]
        more = asked.behind({at: float(month[day]) for at, day in then.items()})
    return asked.panel(Form.LINES, Unit.COUNT, title, tuple(series), **more)


async def returning(asked: Asked) -> Panel:
    """Of the people of the week before, and of the month before, how many came back.

    Those who were there in both of two neighbouring weeks are as many as the first week has, and the second, less
    those of both together.
    """
    week, month = [await _who_came_back(asked, window, asked.days) for window in (7, 30)]
    latest = week[-1]
    title = asked.say("returning") if latest is None else asked.say("returning-title", percent=round(latest))
    series = (Series(asked.say("window", days=7), week), Series(asked.say("window", days=30), month))
    more: dict[str, object] = {}
    if asked.view.compare:
        then = await _who_came_back(asked, 7, asked.span_before.days(asked.place))
        more = asked.behind(dict(zip(asked.span_before.slots, then, strict=True)))
    return asked.panel(Form.LINES, Unit.PERCENT, title, series, **more)


async def success(asked: Asked) -> Panel:
    """What part of the wishes ended in a file, by platform."""
    found, failed = await _ends(asked, asked.span)
    wanted = (asked.view.plugin,) if asked.view.plugin else tuple({*found, *failed} - {""})
    volume = {name: sum(a.n for a in found.get(name, {}).values()) for name in wanted}
    largest = sorted(wanted, key=lambda each: (-volume[each], each))[:5]
    series = tuple(_rates(asked, name, found.get(name, {}), failed.get(name, {})) for name in largest)
    good = sum(volume.values())
    bad = sum(a.n for name in wanted for a in failed.get(name, {}).values())
    title = asked.say("success-title", percent=_percent(good, bad)) if good + bad else asked.say("success")
    more: dict[str, object] = {}
    if asked.view.compare:
        then = [_together(wanted, ended) for ended in await _ends(asked, asked.span_before)]
        more = asked.behind({at: _rate(*(each.get(at) for each in then)) for at in asked.span_before.slots})
    return asked.panel(Form.LINES, Unit.PERCENT, title, series, **more)


Grid = Mapping[str, Mapping[int, Amount]]


async def _ends(asked: Asked, span: Span) -> tuple[Grid, Grid]:
    """Return the files and the failures of each platform."""
    return await asked.queries.grid("file", span), await asked.queries.grid("failure", span)


def _together(names: Sequence[str], found: Grid) -> dict[int, Amount]:
    n: Counter[int] = Counter()
    for name in names:
        n.update({at: amount.n for at, amount in found.get(name, {}).items()})
    return {at: Amount(count) for at, count in n.items()}


async def _who_came_back(asked: Asked, window: int, days: Sequence[int]) -> tuple[float | None, ...]:
    found = await asked.queries.active((window, 2 * window), {*days, *(day - window for day in days)})
    once, both = found[window], found[2 * window]
    return tuple(_kept(once[day - window], once[day], both[day]) for day in days)


def _rates(asked: Asked, name: str, good: Mapping[int, Amount], bad: Mapping[int, Amount]) -> Series:
    return Series(asked.say("name", name=name), asked.over_time(lambda at: _rate(good.get(at), bad.get(at))))


def _kept(before: int, now: int, both: int) -> float | None:
    return part(before + now - both, before) if before else None


def _rate(good: Amount | None, bad: Amount | None) -> float | None:
    some, rest = (good or Amount()).n, (bad or Amount()).n
    return part(some, some + rest) if some + rest else None


def _percent(good: int, bad: int) -> str:
    """Write a rate so that only all is called all."""
    return "100" if not bad else f"{int(part(good, good + bad) * 10) / 10:.1f}"
