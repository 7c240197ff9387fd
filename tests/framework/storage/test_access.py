from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fetchgram.model.access import Door
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock


async def test_a_bot_is_open_until_its_door_is_set(session: Session) -> None:
    assert await session.access.door(1) == Door()
    closed = Door(private=True, channel=-100, channel_name="@club")
    await session.access.set_door(1, closed)
    assert await session.access.door(1) == closed
    assert await session.access.door(2) == Door()


async def test_a_code_lets_so_many_in_and_no_more(session: Session) -> None:
    made = await session.access.invite(1, 2, session.now + timedelta(days=1), "9")
    assert [await session.access.redeem(1, made.code) for _ in range(3)] == [True, True, False]
    assert await session.access.invites(1) == []


async def test_a_code_is_one_bots_alone_and_ends_at_its_time(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        made = await session.access.invite(1, 2, session.now + timedelta(days=1), "9")
        assert await session.access.redeem(2, made.code) is False
        assert [invite.code for invite in await session.access.invites(1)] == [made.code]
    clock.pass_(86_400)
    async with storage.write() as session:
        assert await session.access.redeem(1, made.code) is False
        assert await session.access.invites(1) == []


async def test_a_code_that_was_taken_back_lets_nobody_in(session: Session) -> None:
    made = await session.access.invite(1, 2, session.now + timedelta(days=1), "9")
    assert await session.access.revoke(2, made.code) is False
    assert await session.access.revoke(1, made.code) is True
    assert await session.access.redeem(1, made.code) is False


async def test_no_two_codes_are_alike_and_all_fit_a_deep_link(session: Session) -> None:
    until = session.now + timedelta(days=1)
    codes = {(await session.access.invite(1, 1, until, "9")).code for _ in range(30)}
    assert len(codes) == 30
    assert all(code.isalnum() and code.isascii() and len(code) <= 64 for code in codes)
