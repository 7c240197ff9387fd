"""Charts of people: how many, who came back, and whether they got what they wished."""

from __future__ import annotations

from collections.abc import Mapping

from fetchgram_analytics.charts.asked import Asked, part
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
    return asked.panel(Form.LINES, Unit.COUNT, title, tuple(series))


async def returning(asked: Asked) -> Panel:
    """Of the people of the week before, and of the month before, how many came back.

    Those who were there in both of two neighbouring weeks are as many as the first week has, and the second, less
    those of both together.
    """
    days = asked.days
    series, latest = [], {}
    found = await asked.queries.active((7, 14, 30, 60), {*days, *(d - 7 for d in days), *(d - 30 for d in days)})
    for window in (7, 30):
        once, both = found[window], found[2 * window]
        values = tuple(_kept(once[d - window], once[d], both[d]) for d in days)
        series.append(Series(asked.say("window", days=window), values))
        latest[window] = values[-1] if values else None
    week = latest[7]
    title = asked.say("returning") if week is None else asked.say("returning-title", percent=round(week))
    return asked.panel(Form.LINES, Unit.PERCENT, title, tuple(series))


async def success(asked: Asked) -> Panel:
    """What part of the wishes ended in a file, by platform."""
    found = await asked.queries.grid("file", asked.span)
    failed = await asked.queries.grid("failure", asked.span)
    wanted = (asked.view.plugin,) if asked.view.plugin else tuple({*found, *failed} - {""})
    volume = {name: sum(a.n for a in found.get(name, {}).values()) for name in wanted}
    largest = sorted(wanted, key=lambda each: (-volume[each], each))[:5]
    series = tuple(_rates(asked, name, found.get(name, {}), failed.get(name, {})) for name in largest)
    good = sum(volume.values())
    bad = sum(a.n for name in wanted for a in failed.get(name, {}).values())
    title = asked.say("success-title", percent=_percent(good, bad)) if good + bad else asked.say("success")
    return asked.panel(Form.LINES, Unit.PERCENT, title, series)


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
