"""Once for all: the work under a lease runs in one process, and elsewhere when that falls silent; on both engines."""

from __future__ import annotations

import asyncio

import pytest

from fetchgram.clock import SystemClock
from fetchgram.pipeline.leased import Lease, end_earlier

from .conftest import Bench


@pytest.fixture
def database_url(migrated_url: str | None) -> str | None:
    return migrated_url


class Place:
    """A process that would do the work."""

    def __init__(self, bench: Bench, name: str, lease_s: float = 0.6) -> None:
        clock = SystemClock()
        self.lease = Lease(storage=bench.storage, clock=clock, name="house", holder=name, lease_s=lease_s)
        self.works = False
        self.began = 0

    async def work(self) -> None:
        self.works = True
        self.began += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.works = False


async def _until_works(place: Place) -> None:
    async with asyncio.timeout(20):
        while not place.works:
            await asyncio.sleep(0.01)


async def test_only_one_works_and_the_other_when_it_stops(bench: Bench) -> None:
    one, two = Place(bench, "one"), Place(bench, "two")
    first = asyncio.create_task(one.lease.over(one.work))
    await _until_works(one)
    second = asyncio.create_task(two.lease.over(two.work))
    await asyncio.sleep(1.0)  # longer than the lease: it is renewed
    assert [one.works, two.works] == [True, False]
    first.cancel()
    await asyncio.wait([first])
    await _until_works(two)
    assert not one.works
    second.cancel()
    await asyncio.wait([second])


async def test_whoever_loses_the_lease_stops_and_waits_for_it_again(bench: Bench) -> None:
    one = Place(bench, "one")
    task = asyncio.create_task(one.lease.over(one.work))
    await _until_works(one)
    async with bench.storage.write() as session:
        await session.leases.drop("house", "one")
        assert await session.leases.take("house", "thief", 1)
    async with asyncio.timeout(20):
        while one.works:
            await asyncio.sleep(0.01)
    await _until_works(one)
    assert one.began == 2
    task.cancel()
    await asyncio.wait([task])


async def test_a_lease_that_nobody_else_takes_is_kept_however_long_the_database_is_away(bench: Bench) -> None:
    one = Place(bench, "one")
    await one.lease.take()
    keeping = asyncio.create_task(one.lease.keep_until_taken())
    async with bench.storage.write() as session:
        await session.leases.drop("house", "one")  # as one that ran out
    async with asyncio.timeout(20):
        while await _holder(bench) != "one":
            await asyncio.sleep(0.01)
    assert not keeping.done()
    async with bench.storage.write() as session:
        await session.leases.drop("house", "one")
        await session.leases.take("house", "thief", 60)
    async with asyncio.timeout(20):
        await keeping


async def _holder(bench: Bench) -> str | None:
    async with bench.storage.read() as session:
        return await session.leases.holder("house")


async def test_work_that_fails_says_so_and_gives_the_lease_back(bench: Bench) -> None:
    async def fail() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        await Place(bench, "one").lease.over(fail)
    async with bench.storage.read() as session:
        assert await session.leases.holder("house") is None


async def test_a_process_need_not_wait_for_the_leases_of_those_that_worked_in_its_folder_before(bench: Bench) -> None:
    dead, elsewhere, now = "host:folder:1:a", "host:another:2:b", "host:folder:3:c"
    async with bench.storage.write() as session:
        assert await session.leases.take("house", dead, 3600)
        assert await session.leases.take("bot:1", elsewhere, 3600)
    await end_earlier(bench.storage, now)
    async with bench.storage.write() as session:
        assert await session.leases.take("house", now, 3600)
        assert await session.leases.holder("bot:1") == elsewhere
