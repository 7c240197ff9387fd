from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from fetchgram.clock import SystemClock
from fetchgram.errors import TemporarilyUnavailable
from fetchgram.pipeline.leased import Lease
from fetchgram.storage import Storage, open_storage
from fetchgram.telegram.mtproto.tenure import Tenure


@pytest_asyncio.fixture
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storage]:
    storage = await open_storage(None, tmp_path_factory.mktemp("tenure"))
    yield storage
    await storage.close()


@pytest.fixture
def tenure(storage: Storage) -> Callable[..., Tenure]:
    def build(holder: str, lease_s: float = 2.0) -> Tenure:
        return Tenure(Lease(storage=storage, clock=SystemClock(), name="user", holder=holder, lease_s=lease_s))

    return build


async def test_one_process_has_the_account_as_long_as_any_file_of_its_needs_it(tenure: Callable[..., Tenure]) -> None:
    ours, theirs = tenure("ours"), tenure("theirs")
    order: list[str] = []

    async def wait() -> None:
        async with theirs():
            order.append("theirs")

    async with ours():
        waiting = asyncio.ensure_future(wait())
        async with ours():
            order.append("two of ours")
        await asyncio.sleep(0)
        assert not waiting.done()
        order.append("one of ours")
    async with asyncio.timeout(30):
        await waiting
    assert order == ["two of ours", "one of ours", "theirs"]


async def test_who_loses_the_account_stops_and_may_try_again(storage: Storage, tenure: Callable[..., Tenure]) -> None:
    ours = tenure("ours", 1.5)

    async def rob() -> None:
        async with storage.write() as session:
            await session.leases.drop("user", "ours")
            assert await session.leases.take("user", "theirs", 60)

    async def work() -> None:
        async with asyncio.timeout(30), ours():
            await rob()
            await asyncio.Event().wait()

    with pytest.raises(TemporarilyUnavailable):
        await work()
    async with storage.write() as session:
        await session.leases.drop("user", "theirs")
    async with asyncio.timeout(30), ours():
        pass


async def test_being_cancelled_is_no_loss_of_the_account(storage: Storage, tenure: Callable[..., Tenure]) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with tenure("ours")():
            entered.set()
            await asyncio.Event().wait()

    working = asyncio.ensure_future(work())
    await entered.wait()
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()

    async def free() -> bool:
        async with storage.read() as session:
            return await session.leases.holder("user") is None

    assert await free()
