"""Charts of how long: from the choice to the file, in line, and stage by stage."""

from __future__ import annotations

import asyncio
from collections import Counter

from fetchgram_analytics.charts.asked import Asked
from fetchgram_analytics.drawing.theme import short
from fetchgram_analytics.histogram import percentile
from fetchgram_analytics.pictures import Form, Panel, Series, Unit
from fetchgram_analytics.queries import STAGES

_HALF, _MOST = 0.5, 0.95
_SIZES = "abcd"


async def speed(asked: Asked) -> Panel:
    """From the choice to the file, over time."""
    return await _over_time(asked, "total", "speed")


async def waiting(asked: Asked) -> Panel:
    """In line, over time."""
    return await _over_time(asked, "wait", "waiting")


async def stages(asked: Asked) -> Panel:
    """How long each stage takes."""
    found = await asked.queries.percentiles(STAGES, asked.span, asked.view.plugin)
    then = await asked.queries.percentiles(STAGES, asked.span_before, asked.view.plugin) if asked.view.compare else {}
    rows = [(asked.say(f"stage-{stage}"), *found[stage]) for stage in STAGES]
    longest = max(rows[:-1], key=lambda row: row[1] or 0.0)
    title = (
        asked.say("stages-title", stage=longest[0], half=short(longest[1], Unit.SECONDS))
        if longest[1]
        else asked.say("stages")
    )
    return _ranges(asked, title, rows, [then[stage][0] if then else None for stage in STAGES])


async def sizes(asked: Asked) -> Panel:
    """How long files of each size take, from the choice to the file."""
    found = await asked.queries.sizes(asked.span, asked.view.plugin)
    then = await asked.queries.sizes(asked.span_before, asked.view.plugin) if asked.view.compare else {}
    rows = [
        (asked.say("size", size=size), percentile(found.get(size, {}), _HALF), percentile(found.get(size, {}), _MOST))
        for size in _SIZES
    ]
    known = [row for row in rows if row[1] is not None]
    title = (
        asked.say("sizes-title", size=known[-1][0], half=short(known[-1][1] or 0.0, Unit.SECONDS))
        if known
        else asked.say("sizes")
    )
    return _ranges(asked, title, rows, [percentile(then.get(size, {}), _HALF) for size in _SIZES])


async def _over_time(asked: Asked, stage: str, title: str) -> Panel:
    async with asyncio.TaskGroup() as group:
        now = group.create_task(asked.queries.times(stage, asked.span, asked.view.plugin))
        then = group.create_task(asked.queries.times(stage, asked.span_before, asked.view.plugin))
    found = now.result()
    whole: Counter[int] = Counter()
    for slots in found.values():
        whole.update(slots)
    half, most = percentile(whole, _HALF), percentile(whole, _MOST)
    series = (
        Series(asked.say("most"), asked.over_time(lambda at: percentile(found.get(at, {}), _MOST))),
        Series(asked.say("half"), asked.over_time(lambda at: percentile(found.get(at, {}), _HALF))),
    )
    if half is None or most is None:
        said = asked.say(title)
    else:
        said = asked.say(f"{title}-title", half=short(half, Unit.SECONDS), most=short(most, Unit.SECONDS))
    more: dict[str, object] = {}
    if asked.view.compare and half is not None:
        more = asked.behind({at: percentile(times, _HALF) for at, times in then.result().items()})
    return asked.panel(Form.LINES, Unit.SECONDS, said, series, **more)


def _ranges(
    asked: Asked, title: str, rows: list[tuple[str, float | None, float | None]], then: list[float | None]
) -> Panel:
    """Return ranges from half to most, each beside what half took before."""
    series = (
        Series(asked.say("half"), tuple(half for _, half, _ in rows)),
        Series(asked.say("most"), tuple(most for _, _, most in rows)),
    )
    more = {"before": tuple(then), "before_name": asked.say("half-before")} if any(then) else {}
    return asked.panel(Form.RANGES, Unit.SECONDS, title, series, labels=tuple(name for name, _, _ in rows), **more)
