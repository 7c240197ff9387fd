from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fetchgram.storage import Session, Storage
from fetchgram.storage.tables import inbox

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock


async def test_an_update_is_stored_once(session: Session) -> None:
    assert await session.inbox.add(1, 10, "{}") is True
    assert await session.inbox.add(1, 10, '{"other": 1}') is False
    assert [u.payload for u in await session.inbox.pending(1, 9)] == ["{}"]


async def test_the_same_number_of_another_bot_is_another_update(session: Session) -> None:
    await session.inbox.add(1, 10, "{}")
    assert await session.inbox.add(2, 10, "{}") is True
    assert [u.bot_id for u in await session.inbox.pending(2, 9)] == [2]


async def test_many_updates_are_stored_at_once_and_the_known_ones_are_not_counted(session: Session) -> None:
    await session.inbox.add(1, 11, "old")
    assert await session.inbox.add_many(1, [(10, "a"), (11, "new"), (12, "c")]) == 2
    assert await session.inbox.add_many(1, []) == 0
    assert [(u.update_id, u.payload) for u in await session.inbox.pending(1, 9)] == [(10, "a"), (11, "old"), (12, "c")]


async def test_pending_updates_come_in_their_order_up_to_the_limit(session: Session) -> None:
    await session.inbox.add_many(1, [(n, "{}") for n in (14, 12, 13)])
    assert [u.update_id for u in await session.inbox.pending(1, 2)] == [12, 13]


async def test_an_attempt_is_counted_before_it_is_made(session: Session) -> None:
    await session.inbox.add(1, 10, "{}")
    assert [await session.inbox.begin(1, 10), await session.inbox.begin(1, 10)] == [1, 2]
    assert [u.attempts for u in await session.inbox.pending(1, 9)] == [2]


async def test_a_handled_update_is_not_pending_not_new_and_forgets_what_was_written(session: Session) -> None:
    await session.inbox.add(1, 10, "secret words")
    await session.inbox.handled(1, 10)
    assert await session.inbox.pending(1, 9) == []
    assert await session.inbox.add(1, 10, "secret words") is False
    row = await session.execute(inbox.select())
    assert "secret words" not in repr(row.all())


async def test_a_failed_update_is_not_pending_and_keeps_its_reason(session: Session) -> None:
    await session.inbox.add(1, 10, "{}")
    await session.inbox.failed(1, 10, "handler raised")
    assert await session.inbox.pending(1, 9) == []
    assert "handler raised" in repr((await session.execute(inbox.select())).all())


async def test_the_last_update_is_the_one_that_came_last_though_numbers_began_anew(
    storage: Storage, clock: StoppedClock
) -> None:
    async with storage.write() as session:
        assert await session.inbox.last_update_id(1) is None
        await session.inbox.add_many(1, [(900, "{}"), (901, "{}")])
        assert await session.inbox.last_update_id(1) == 901
    clock.pass_(8 * 86_400)
    async with storage.write() as session:
        await session.inbox.add(1, 5, "{}")
        assert await session.inbox.last_update_id(1) == 5


async def test_prune_leaves_what_is_pending_or_young(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await session.inbox.add_many(1, [(1, "{}"), (2, "{}")])
        await session.inbox.handled(1, 1)
    clock.pass_(3600)
    async with storage.write() as session:
        await session.inbox.add(1, 3, "{}")
        await session.inbox.handled(1, 3)
        assert await session.inbox.prune(session.now - timedelta(minutes=1), 10) == 1
        assert await session.inbox.add(1, 3, "{}") is False
        assert [u.update_id for u in await session.inbox.pending(1, 9)] == [2]
