from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from fetchgram.api import Event, Receipt, RequestState
from fetchgram.clock import SystemClock
from fetchgram.model import FileId, MediaKind
from fetchgram.pipeline import housekeeping
from fetchgram.pipeline.housekeeping import Housekeeping
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.settings import WorkSettings
from fetchgram.storage.menus import MenuButton

from .conftest import BOT, Bench

NOW = SystemClock().now()
OLD = timedelta(days=91)


@pytest.fixture
def house(bench: Bench) -> Housekeeping:
    return Housekeeping(
        storage=bench.storage,
        hooks=bench.plugins.hooks,
        workdirs=Workdirs(bench.folder / "work"),
        settings=WorkSettings(),
        clock=SystemClock(),
    )


async def _age(bench: Bench, table: str, *columns: str) -> None:
    async with bench.storage.write() as session:
        for column in columns:
            await session.execute(sql(f"UPDATE {table} SET {column} = {column} - {OLD.total_seconds() * 1000:.0f}"))


async def _count(bench: Bench, *tables: str) -> list[int]:
    async with bench.storage.read() as session:
        return [(await session.execute(sql(f"SELECT count(*) FROM {table}"))).scalar_one() for table in tables]


async def _events(bench: Bench) -> list[str]:
    async with bench.storage.read() as session:
        return [event.plugin or event.name for event in await session.events.after(0, 1000)]


async def test_what_expired_goes_and_the_rest_stays(bench: Bench, house: Housekeeping) -> None:
    receipt = Receipt(route="botapi", file_ids=(FileId(kind=MediaKind.VIDEO, file_id="a", unique_id="b"),))
    button = [MenuButton(plugin="", action="cancel")]
    async with bench.storage.write() as session:
        for name, expires_at in (("old", NOW - timedelta(seconds=1)), ("new", NOW + timedelta(days=1))):
            await session.cache.put(1, name, "fake", receipt, expires_at)
            await session.menus.add(BOT, 7, button, expires_at, 7)
    await house.clean_up()
    async with bench.storage.read() as session:
        assert await session.cache.get(1, "new", NOW) == receipt
    assert await _count(bench, "cache", "menus") == [1, 1]


async def test_ended_wishes_go_with_their_work_when_they_are_old(bench: Bench, house: Housekeeping) -> None:
    done = await bench.wish("https://fake/done", key="done")
    await bench.route.intake.choose(done.id, 0)
    await bench.run_until_ended(done.id)
    tables = ("requests", "jobs", "deliveries", "ledger")
    before = await _count(bench, *tables)
    await house.clean_up()
    assert await _count(bench, *tables) == before
    await _age(bench, "requests", "updated_at")
    await _age(bench, "jobs", "updated_at")
    await house.clean_up()
    assert await _count(bench, *tables) == [0, 0, 0, 0]


async def test_what_is_at_work_stays_however_old_it_is(bench: Bench, house: Housekeeping) -> None:
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await _age(bench, "requests", "created_at", "updated_at")
    await _age(bench, "jobs", "created_at", "updated_at")
    await house.clean_up()
    assert await _count(bench, "requests", "jobs", "deliveries") == [1, 1, 1]


async def test_a_menu_that_nobody_touched_until_its_buttons_expired_is_over(bench: Bench, house: Housekeeping) -> None:
    request = await bench.wish()
    await house.clean_up()
    assert (await bench.route.intake.request(request.id)).state is RequestState.CHOOSING
    await _age(bench, "requests", "updated_at")
    await house.clean_up()
    assert (await bench.route.intake.request(request.id)).state is RequestState.EXPIRED


async def test_events_stay_until_every_observer_has_read_them(bench: Bench, house: Housekeeping) -> None:
    async with bench.storage.write() as session:
        for n in range(3):
            await session.events.add(Event(name="job.done", plugin=f"e{n}", at=NOW - OLD))
        ids = [event.id for event in await session.events.after(0, 3)]
        await session.events.add(Event(name="job.done", plugin="young", at=NOW))
        await session.events.set_cursor("fast", ids[2])
        await session.events.set_cursor("slow", ids[0])
    await house.clean_up()
    assert await _events(bench) == ["e0", "e1", "e2", "young"]
    async with bench.storage.write() as session:
        await session.events.set_cursor("slow", ids[1])
    await house.clean_up()
    # The last one that somebody has read says where they go on.
    assert await _events(bench) == ["e1", "e2", "young"]


async def test_an_observer_that_is_gone_for_ever_does_not_keep_events_for_ever(
    bench: Bench, house: Housekeeping
) -> None:
    async with bench.storage.write() as session:
        await session.events.add(Event(name="job.done", plugin="ancient", at=NOW - 5 * OLD))
        await session.events.add(Event(name="job.done", plugin="old", at=NOW - OLD))
        await session.events.set_cursor("gone", 0)
    await house.clean_up()
    assert await _events(bench) == ["old"]


async def test_commands_that_were_carried_out_go_when_they_are_old(bench: Bench, house: Housekeeping) -> None:
    async with bench.storage.write() as session:
        for _ in range(2):
            await session.commands.done(await session.commands.add("job.cancel", {}), {})
        await session.commands.add("job.cancel", {})
    await _age(bench, "commands", "done_at")
    async with bench.storage.write() as session:
        await session.commands.done(2, {})
    await house.clean_up()
    assert await _count(bench, "commands") == [2]


async def test_folders_of_ended_and_unknown_jobs_go_and_those_of_open_ones_stay(
    bench: Bench, house: Housekeeping
) -> None:
    request = await bench.wish()
    job_id = await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))
    for name in (job_id, 77, 78):
        (bench.folder / "work" / str(name)).mkdir(parents=True)
    assert await house.sweep() == 2
    assert [path.name for path in (bench.folder / "work").iterdir()] == [str(job_id)]


async def test_a_mountain_is_taken_away_in_portions_and_within_limits(
    bench: Bench, house: Housekeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_AT_ONCE", 10)
    monkeypatch.setattr(housekeeping, "_MOST_ROUNDS", 3)
    async with bench.storage.write() as session:
        for _ in range(45):
            await session.events.add(Event(name="job.done", plugin="old", at=NOW - OLD))
    left = []
    for _ in range(2):
        await house.clean_up()
        left += await _count(bench, "events")
    assert left == [15, 0]


async def test_the_house_is_cleaned_by_the_bots_own_schedule(bench: Bench) -> None:
    (schedule,) = bench.route.schedules._own
    async with bench.storage.write() as session:
        await session.events.add(Event(name="job.done", plugin="old", at=NOW - OLD))
    await bench.route.schedules.run_once("core", schedule)
    assert await _events(bench) == []
