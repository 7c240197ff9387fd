from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fetchgram.api import Event
from fetchgram_analytics import summing as module
from fetchgram_analytics.activity import WINDOWS
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import OF_LEVEL
from fetchgram_analytics.tables import active as active_table
from fetchgram_analytics.tables import tastes

from .conftest import Desk, open_desk
from .histories import ZONES, Rows, Theirs, active, around_changes, histories, plain_history, recount, recount_theirs

pytestmark = pytest.mark.timeout(120)


class Killed(Exception):
    """The process died."""


async def sums(desk: Desk, level: str) -> Rows:
    table = OF_LEVEL[next(each for each in OF_LEVEL if each == level)]
    async with desk.database.read() as transaction:
        rows = await transaction.execute(select(table))
        by_key = {(r.what, r.at, r.plugin, r.detail): (r.n, r.amount) for r in rows}
        return {key: both for key, both in by_key.items() if not key[0].startswith(("active", "audience"))}


async def theirs(desk: Desk) -> Theirs:
    async with desk.database.read() as transaction:
        days = (await transaction.execute(select(active_table))).all()
        platforms = (await transaction.execute(select(tastes))).all()
    return (
        {(row.person, row.day): (row.files, row.size_bytes) for row in days},
        {(row.person, row.plugin): (row.files, row.size_bytes, row.first_day) for row in platforms},
    )


async def counted_audience(desk: Desk, level: str) -> Counter[tuple[int, str]]:
    table = OF_LEVEL[next(each for each in OF_LEVEL if each == level)]
    async with desk.database.read() as transaction:
        rows = await transaction.execute(select(table).where(table.c.what == "audience", table.c.n != 0))
        return Counter({(row.at, row.plugin): row.n for row in rows})


async def counted_active(desk: Desk) -> dict[tuple[str, int], int]:
    table = OF_LEVEL[next(level for level in OF_LEVEL if level == "day")]
    async with desk.database.read() as transaction:
        rows = await transaction.execute(select(table).where(table.c.what.like("active%")))
        return {(row.what, row.at): row.n for row in rows}


async def live(desk: Desk, history: Sequence[Event], dice: random.Random) -> None:
    """Tell the history in pieces, some of them twice, add up now and then, and die in the middle of everything."""
    at = 0
    while at < len(history):
        piece = history[at : at + dice.randint(1, 9)]
        if dice.random() < 0.3:
            with pytest.raises(Killed):
                await _die_while_told(desk, piece)
        await desk.tell(*piece)
        if dice.random() < 0.3:
            await desk.tell(*history[max(0, at - 5) : at + len(piece)])
        if dice.random() < 0.4:
            await _die_while_adding(desk)
        at += len(piece)
    await desk.summing.catch_up()
    assert not await desk.summing.step()


async def _die_while_told(desk: Desk, piece: Sequence[Event]) -> None:
    async with desk.database.write() as transaction:
        await desk.plugin.on_events(piece, transaction)
        raise Killed


async def _die_while_adding(desk: Desk) -> None:
    adding = module.Summing._add

    async def die(self: object, *given: object) -> None:
        await adding(self, *given)  # type: ignore[arg-type]  # as it is called
        raise Killed

    module.Summing._add = die  # type: ignore[method-assign,assignment]  # for this one time
    try:
        with suppress(Killed):  # there may be nothing to add
            await desk.summing.catch_up()
    finally:
        module.Summing._add = adding  # type: ignore[method-assign]  # as it was
    await desk.summing.step()


async def agrees(desk: Desk, history: Sequence[Event]) -> None:
    zone = desk.settings.timezone
    for level in ("hour", "day", "month"):
        assert await sums(desk, level) == recount(history, zone, level)
    days, platforms = recount_theirs(history, zone)
    assert await theirs(desk) == (days, platforms)
    came = [(date.fromordinal(first), plugin) for (_, plugin), (_, _, first) in platforms.items()]
    assert await counted_audience(desk, "day") == Counter((day.toordinal(), plugin) for day, plugin in came)
    months = Counter((day.year * 12 + day.month - 1, plugin) for day, plugin in came)
    assert await counted_audience(desk, "month") == months
    found = await counted_active(desk)
    for window in WINDOWS:
        for event in history:
            for later in (0, 1, window - 1, window):
                day = date.fromordinal(event.at.date().toordinal()) + timedelta(days=later)
                assert found.get((f"active{window}", day.toordinal()), 0) == active(history, zone, day, window)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, zone=st.sampled_from(ZONES), seed=st.integers(0, 999))
@example(history=around_changes(), zone="Australia/Lord_Howe", seed=1)
def test_sums_are_what_a_slow_count_finds_whatever_happens_on_the_way(
    template: Path, history: list[Event], zone: str, seed: int
) -> None:
    async def check(folder: Path) -> None:
        async with open_desk(template, folder, Settings(timezone=zone, keep_events_days=10_000)) as desk:
            module.PIECE = 7
            await live(desk, history, random.Random(seed))
            await agrees(desk, history)

    whole = module.PIECE
    try:
        with TemporaryDirectory() as folder:
            asyncio.run(check(Path(folder) / "desk"))
    finally:
        module.PIECE = whole


async def test_both_engines_come_to_the_same(shared_desk: Desk) -> None:
    history = plain_history(300)
    await live(shared_desk, history, random.Random(5))
    await agrees(shared_desk, history)


async def test_two_that_add_up_at_once_count_nothing_twice(shared_desk: Desk) -> None:
    history = plain_history(60)
    await shared_desk.tell(*history)
    await asyncio.gather(*(shared_desk.summing.catch_up() for _ in range(3)))
    assert await sums(shared_desk, "day") == recount(history, "Europe/Berlin", "day")


async def test_people_have_their_days_and_their_files(desk: Desk) -> None:
    history = [event for event in plain_history(80) if event.person == 3]
    await desk.tell(*history)
    await desk.summing.catch_up()
    async with desk.database.read() as transaction:
        rows = (await transaction.execute(select(active_table).where(active_table.c.person == 3))).all()
    assert sum(row.files for row in rows) == sum(event.name == "job.delivered" for event in history)
