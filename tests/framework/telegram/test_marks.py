from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.errors import DiskFull
from fetchgram.storage import Session, Storage, open_storage
from fetchgram.telegram.marks import Marks

BOT = 1


class CountingStorage:
    """A real storage whose write transactions are counted, and fail while a test wants it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.writes = 0
        self.failures = 0

    def write(self) -> AbstractAsyncContextManager[Session]:
        self.writes += 1
        if self.failures:
            self.failures -= 1
            raise DiskFull
        return self._storage.write()


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(None, tmp_path)
    async with opened.write() as session:
        await session.inbox.add_many(BOT, [(number, "{}") for number in range(1, 11)])
    yield opened
    await opened.close()


@pytest.fixture
def counted(storage: Storage) -> CountingStorage:
    return CountingStorage(storage)


@pytest.fixture
def marks(counted: CountingStorage) -> Marks:
    return Marks(counted, BOT)  # type: ignore[arg-type]  # only `write` is asked for


async def test_marks_that_come_at_the_same_time_share_transactions(
    marks: Marks, counted: CountingStorage, storage: Storage
) -> None:
    await asyncio.gather(*(marks.begin(number) for number in range(1, 11)))
    # The first goes at once, the others together after it.
    assert counted.writes == 2
    async with storage.read() as session:
        assert [update.attempts for update in await session.inbox.pending(BOT, 20)] == [1] * 10


async def test_one_transaction_holds_beginnings_ends_and_failures(marks: Marks, storage: Storage) -> None:
    await asyncio.gather(marks.begin(1), marks.end(2, None), marks.end(3, "a bug"))
    async with storage.read() as session:
        pending = await session.inbox.pending(BOT, 20)
    assert [update.update_id for update in pending] == [1, 4, 5, 6, 7, 8, 9, 10]
    assert pending[0].attempts == 1


async def test_a_mark_is_on_disk_when_the_call_returns(marks: Marks, storage: Storage) -> None:
    for number in range(1, 4):
        await marks.end(number, None)
        async with storage.read() as session:
            assert (await session.inbox.pending(BOT, 1))[0].update_id == number + 1


async def test_a_write_that_fails_is_told_to_one_caller_and_tried_again_by_the_others(
    marks: Marks, counted: CountingStorage, storage: Storage
) -> None:
    counted.failures = 1
    results = await asyncio.gather(*(marks.end(number, None) for number in range(1, 4)), return_exceptions=True)
    assert [type(result) for result in results] == [DiskFull, type(None), type(None)]
    async with storage.read() as session:
        assert [update.update_id for update in await session.inbox.pending(BOT, 2)] == [1, 4]


async def test_a_caller_who_gives_up_waiting_leaves_no_mark(marks: Marks, storage: Storage) -> None:
    first = asyncio.create_task(marks.begin(1))
    second = asyncio.create_task(marks.begin(2))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([first, second])
    await marks.begin(3)
    async with storage.read() as session:
        attempts = {update.update_id: update.attempts for update in await session.inbox.pending(BOT, 20)}
    assert attempts[1] == attempts[3] == 1
    assert attempts[2] == 0
