from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fetchgram.api import Event, Json
from fetchgram_analytics.dates import Place
from fetchgram_analytics.keeping import Keeping
from fetchgram_analytics.queries import Queries
from fetchgram_analytics.recording import Recorder
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.tables import active, events, hours, tastes

from .conftest import NOW, Desk, open_desk

SIZE = 1_000_000
_WHEN = {"events": "at_ms", "hours": "at", "people": "day"}


def delivered(number: int, *, person: int = 7, days_ago: float = 0) -> Event:
    data: dict[str, Json] = {
        "route": "botapi",
        "cached": False,
        "size_bytes": SIZE,
        "seconds": 2.0,
        "send_s": 1.0,
        "kind": "audio",
    }
    at = NOW - timedelta(days=days_ago)
    return Event(name="job.delivered", at=at, person=person, plugin="youtube", data=data, id=number)


async def people_in(desk: Desk) -> set[int]:
    found: set[int] = set()
    async with desk.database.read() as transaction:
        for column in (events.c.person, active.c.person, tastes.c.person):
            found |= {row[0] for row in await transaction.execute(select(column)) if row[0] is not None}
    return found


async def files(desk: Desk) -> int:
    async with desk.database.read() as transaction:
        return int((await transaction.execute(select(func.sum(hours.c.n)).where(hours.c.what == "file"))).scalar() or 0)


async def test_an_event_that_comes_again_is_counted_once(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2))
    await desk.tell(delivered(2), delivered(1), delivered(3))
    await desk.summing.catch_up()
    await desk.tell(delivered(1))
    await desk.summing.catch_up()
    assert await files(desk) == 3


async def test_whoever_is_forgotten_is_in_no_table_and_the_sums_stay(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2, person=8))
    await desk.summing.catch_up()
    await desk.tell(delivered(3), Event(name="person.forgotten", at=NOW, person=7, id=4))
    await desk.summing.catch_up()
    assert await people_in(desk) == {8}
    assert await files(desk) == 3


async def test_ids_are_kept_as_hashes_on_request_and_can_be_forgotten_too(template: Path, tmp_path: Path) -> None:
    async with open_desk(template, tmp_path / "hashed", Settings(hash_ids=True)) as desk:
        await desk.tell(delivered(1), delivered(2))
        await desk.summing.catch_up()
        (hashed,) = await people_in(desk)
        assert hashed not in {7, 8}
        await desk.tell(Event(name="person.forgotten", at=NOW, person=7, id=3))
        assert await people_in(desk) == set()


async def test_whoever_was_recorded_before_ids_were_hashed_can_be_forgotten_too(desk: Desk) -> None:
    await desk.tell(delivered(1), delivered(2, person=8))
    await desk.summing.catch_up()
    async with desk.database.write() as transaction:
        forgotten = Event(name="person.forgotten", at=NOW, person=7, id=3)
        await Recorder(hash_ids=True).record([forgotten], transaction)
    assert await people_in(desk) == {8}


def test_a_hash_tells_nothing_to_whoever_does_not_know_the_salt() -> None:
    recorder = Recorder(hash_ids=True)
    assert recorder.person(7, salt=1) == recorder.person(7, salt=1) != recorder.person(7, salt=2)
    assert len({recorder.person(person, salt=1) for person in range(500)}) == 500
    assert all(0 <= recorder.person(person, salt=1) < 2**63 for person in range(500))


async def test_old_rows_go_and_days_stay(desk: Desk) -> None:
    keeping = Keeping(desk.database, desk.settings, Place("Europe/Berlin"))
    await desk.tell(delivered(1, days_ago=500), delivered(2))
    await desk.summing.catch_up()
    await keeping.clean_up(NOW)
    async with desk.database.read() as transaction:
        assert (await transaction.execute(select(func.count()).select_from(events))).scalar() == 1
        assert (await transaction.execute(select(func.count()).select_from(active))).scalar() == 1
    assert await files(desk) == 1
    mine = await Queries(desk.database, Place("UTC")).mine(7)
    assert (mine.files, mine.size_bytes) == (2, 2 * SIZE)


@pytest.mark.parametrize(("kept", "step"), [("events", 0.001), ("hours", 3600), ("people", 86400)])
async def test_what_is_just_as_old_as_is_kept_stays_and_what_is_older_goes(
    template: Path, tmp_path: Path, kept: str, step: float
) -> None:
    """Of events to the millisecond, of hours and of people's days by whole ones; each limit is another."""
    limits = {"events": 130, "hours": 140, "people": 150}
    table = {"events": events, "hours": hours, "people": active}[kept]
    settings = Settings(keep_events_days=130, keep_hours_days=140, keep_people_days=150)
    async with open_desk(template, tmp_path / "edge", settings) as desk:
        edge = timedelta(days=limits[kept])
        for number, older in enumerate((timedelta(), timedelta(seconds=step)), start=1):
            await desk.tell(replace(delivered(number), at=NOW - edge - older))
        await desk.summing.catch_up()
        await Keeping(desk.database, settings, Place("UTC")).clean_up(NOW)
        async with desk.database.read() as transaction:
            rows = (await transaction.execute(select(table.c[_WHEN[kept]]))).all()
        oldest = NOW - edge
        wanted = {"events": oldest.timestamp() * 1000, "hours": oldest.timestamp(), "people": oldest.toordinal()}
        assert {row[0] for row in rows} == {wanted[kept]}
        # What is just young enough is taken, as it can still be told from a repetition.
        await desk.tell(replace(delivered(3), at=NOW - timedelta(days=130)))
        await desk.tell(replace(delivered(4), at=NOW - timedelta(days=130, milliseconds=1)))
        await desk.summing.catch_up()
        assert (await Queries(desk.database, Place("UTC")).mine(7)).files == 3


async def test_what_cannot_be_told_from_a_repetition_any_more_is_left_out(desk: Desk) -> None:
    keeping = Keeping(desk.database, desk.settings, Place("Europe/Berlin"))
    await desk.tell(delivered(1, days_ago=100))
    await desk.summing.catch_up()
    await keeping.clean_up(NOW)
    await desk.tell(delivered(1, days_ago=100), delivered(2))
    await desk.summing.catch_up()
    assert (await Queries(desk.database, Place("UTC")).mine(7)).files == 2


async def test_what_is_not_summed_yet_is_never_cleaned_up(desk: Desk) -> None:
    await desk.tell(delivered(1, days_ago=100))
    await Keeping(desk.database, desk.settings, Place("Europe/Berlin")).clean_up(NOW)
    await desk.summing.catch_up()
    assert (await Queries(desk.database, Place("UTC")).mine(7)).files == 1
