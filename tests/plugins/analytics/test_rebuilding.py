from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from fetchgram.api import Event
from fetchgram_analytics import summing as module
from fetchgram_analytics.counting import Piece
from fetchgram_analytics.dates import Level, Place
from fetchgram_analytics.keeping import Keeping
from fetchgram_analytics.rebuilding import Difference, Rebuilding, told
from fetchgram_analytics.restoring import Restoring
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import OF_LEVEL
from fetchgram_analytics.tables import active, tastes

from .conftest import NOW, Desk, open_desk
from .histories import ZONES, histories, plain_history
from .test_recording import delivered
from .test_summing import agrees, live, sums

pytestmark = pytest.mark.timeout(180)
_ALL = {"keep_events_days": 10_000, "keep_hours_days": 10_000, "keep_people_days": 10_000}


async def rebuilt(desk: Desk) -> tuple[Difference, ...]:
    return await Rebuilding(desk.database, Place(desk.settings.timezone), desk.settings).rebuild(NOW)


async def spoil(desk: Desk, dice: random.Random) -> int:
    """Change, lose and invent some sums, as a mistake would; returns how many."""
    spoiled = 0
    async with desk.database.write() as transaction:
        for table in OF_LEVEL.values():
            rows = (await transaction.execute(select(table))).all()
            if told := [row.at for row in rows if not row.what.startswith("active")]:
                nothing = {"what": "file", "at": max(told), "plugin": "nobody", "detail": "", "n": 2, "amount": 7}
                await transaction.execute(table.insert(), nothing)
                spoiled += 1
            for row in rows:
                if dice.random() < 0.8 or not (row.n or row.amount):
                    continue
                this = [column == value for column, value in zip(table.primary_key.columns, row[:4], strict=True)]
                change = delete(table) if dice.random() < 0.4 else update(table).values(n=row.n + 2)
                await transaction.execute(change.where(*this))
                spoiled += 1
    return spoiled


async def spoil_theirs(desk: Desk, dice: random.Random) -> int:
    """Change, lose and invent rows of people; returns how many."""
    spoiled = 0
    async with desk.database.write() as transaction:
        for table in (active, tastes):
            for row in (await transaction.execute(select(table))).all():
                if dice.random() < 0.5:
                    continue
                this = [column == value for column, value in zip(table.primary_key.columns, row[:2], strict=True)]
                change = delete(table) if dice.random() < 0.5 else update(table).values(files=row.files + 2)
                await transaction.execute(change.where(*this))
                spoiled += 1
        if dice.random() < 0.5:
            nobody = {"person": 99, "files": 1, "size_bytes": 1}
            await transaction.execute(active.insert(), {**nobody, "day": NOW.toordinal()})
            await transaction.execute(tastes.insert(), {**nobody, "plugin": "x", "first_day": NOW.toordinal()})
            spoiled += 2
    return spoiled


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, zone=st.sampled_from(ZONES), seed=st.integers(0, 999))
def test_sums_are_those_of_a_rebuild_and_a_rebuild_mends_them(
    template: Path, history: list[Event], zone: str, seed: int
) -> None:
    async def check(folder: Path) -> None:
        dice = random.Random(seed)
        async with open_desk(template, folder, Settings(timezone=zone, **_ALL)) as desk:
            await live(desk, history, dice)
            assert await rebuilt(desk) == ()
            spoiled = await spoil(desk, dice)
            assert len(await rebuilt(desk)) == spoiled
            await agrees(desk, history)
            assert await rebuilt(desk) == ()
            if await spoil_theirs(desk, dice):
                assert any(each.key[0].startswith("people") for each in await rebuilt(desk))
            await agrees(desk, history)
            assert await rebuilt(desk) == ()

    with TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder) / "desk"))


async def test_both_engines_rebuild_what_was_lost(shared_desk: Desk) -> None:
    await shared_desk.tell(*plain_history(120))
    await shared_desk.summing.catch_up()
    async with shared_desk.database.write() as transaction:
        for table in OF_LEVEL.values():
            await transaction.execute(delete(table).where(table.c.what == "file"))
        for theirs in (active, tastes):
            await transaction.execute(update(theirs).where(theirs.c.person == 3).values(files=theirs.c.files + 1))
            await transaction.execute(delete(theirs).where(theirs.c.person == 4))
    shared = Rebuilding(shared_desk.database, Place("Europe/Berlin"), Settings(timezone="Europe/Berlin", **_ALL))
    assert {each.key[0] for each in await shared.rebuild(NOW)} == {"file", "people's days", "people's platforms"}
    await agrees(shared_desk, plain_history(120))
    assert await shared.rebuild(NOW) == ()


async def test_days_whose_events_are_gone_stay_as_they_are(desk: Desk) -> None:
    kept = desk.settings.keep_events_days
    # Of the last day a part is gone and a part is there.
    at_the_edge = delivered(3, days_ago=kept + 1 / 24), delivered(4, days_ago=kept - 1 / 24)
    await desk.tell(delivered(1, days_ago=100), delivered(2), *at_the_edge)
    await desk.summing.catch_up()
    before = await sums(desk, "day")
    await Keeping(desk.database, desk.settings, Place("Europe/Berlin")).clean_up(NOW)
    assert await rebuilt(desk) == ()
    assert await sums(desk, "day") == before


async def test_hours_and_days_of_people_that_are_no_longer_kept_are_not_missed(template: Path, tmp_path: Path) -> None:
    """Their events are: so only the age says that nothing is to be put right."""
    limits = {"keep_events_days": 1000, "keep_hours_days": 40, "keep_people_days": 120}
    settings = Settings(timezone="Europe/Berlin", **limits)
    async with open_desk(template, tmp_path / "desk", settings) as desk:
        for number, days in enumerate((150, 121, 120.6, 50, 40.5, 0), start=1):
            await desk.tell(delivered(number, person=number, days_ago=days))
        await desk.summing.catch_up()
        await Keeping(desk.database, desk.settings, Place("Europe/Berlin")).clean_up(NOW)
        before = [await sums(desk, level) for level in ("hour", "day", "month")]
        assert {at for what, at, _, _ in before[0] if what == "file"} == {NOW.timestamp()}
        assert await rebuilt(desk) == ()
        assert [await sums(desk, level) for level in ("hour", "day", "month")] == before


async def test_whoever_comes_while_people_are_counted_again_stays(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2, person=9))
    await desk.summing.catch_up()
    day, now_ms = NOW.date().toordinal(), round(NOW.timestamp() * 1000)
    # As it looked when only the first event was there.
    await Restoring(desk.database, Place("Europe/Berlin")).restore(Piece(0, 1, now_ms - 1, now_ms), day, day)
    await agrees(desk, [delivered(1), delivered(2, person=9)])


async def test_it_says_what_differed(desk: Desk) -> None:
    await desk.tell(delivered(1))
    await desk.summing.catch_up()
    assert told(await rebuilt(desk)) == ["Every sum is what the events say."]
    table = OF_LEVEL[Level.DAY]
    async with desk.database.write() as transaction:
        await transaction.execute(update(table).where(table.c.what == "file").values(n=3))
    head, first, *_ = told(await rebuilt(desk))
    assert head == "One sum differed, and was put right:"
    assert first == "  day 2026-11-25  file youtube  -2"


async def test_whatever_moment_it_is_killed_at_nothing_is_counted_twice_or_lost(template: Path, tmp_path: Path) -> None:
    """With SIGKILL, in a process of its own, mostly in the middle of adding up: that is what it does all the time."""
    dice, history = random.Random(3), plain_history(400)
    async with open_desk(template, tmp_path / "desk", Settings(timezone="Europe/Berlin", **_ALL)) as desk:
        for kill in (True, True, True, False):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(Path(__file__).with_name("recorder_process.py")), str(tmp_path / "desk"), "400"),
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            for _ in range(dice.randint(3, 9) if kill else 0):
                assert await process.stdout.readline()
            if kill:
                os.kill(process.pid, signal.SIGKILL)
            await process.communicate()
            assert process.returncode == (-signal.SIGKILL if kill else 0)
        assert module.PIECE != 7
        await agrees(desk, history)
        assert await rebuilt(desk) == ()
