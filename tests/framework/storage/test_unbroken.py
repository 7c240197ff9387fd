from __future__ import annotations

import asyncio

import pytest

from fetchgram.storage.unbroken import unbroken


async def test_the_result_and_the_error_come_through() -> None:
    async def result() -> int:
        await asyncio.sleep(0)
        return 5

    async def error() -> int:
        await asyncio.sleep(0)
        raise KeyError("k")

    assert await unbroken(result()) == 5
    with pytest.raises(KeyError):
        await unbroken(error())


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("fails", [True, False])
async def test_cancelling_waits_for_the_end_however_often(times: int, fails: bool) -> None:  # noqa: FBT001  # a parameter of the test
    ended = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        ended.append(True)
        if fails:
            raise KeyError

    task = asyncio.create_task(unbroken(work()))
    for _ in range(times):
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_a_time_limit_is_still_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await unbroken(asyncio.sleep(0.02))
