from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock


async def test_one_holds_a_lease_and_may_hold_it_for_longer(session: Session) -> None:
    assert await session.leases.take("bot", "one", 10)
    assert not await session.leases.take("bot", "two", 10)
    assert await session.leases.take("bot", "one", 10)
    assert await session.leases.take("schedules", "two", 10)
    assert await session.leases.holder("bot") == "one"


async def test_a_holder_that_is_silent_for_too_long_loses_it(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        assert await session.leases.take("bot", "one", 10)
    clock.pass_(9.9)
    async with storage.write() as session:
        assert not await session.leases.take("bot", "two", 10)
    clock.pass_(0.1)
    async with storage.write() as session:
        assert await session.leases.holder("bot") is None
        assert await session.leases.take("bot", "two", 10)
        assert not await session.leases.take("bot", "one", 10)


async def test_only_the_holder_gives_it_back(session: Session) -> None:
    await session.leases.take("bot", "one", 10)
    await session.leases.drop("bot", "two")
    assert await session.leases.holder("bot") == "one"
    await session.leases.drop("bot", "one")
    assert await session.leases.take("bot", "two", 10)
