"""Cancelling what loses a cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from fetchgram.storage.insistent import insistent


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_work_that_loses_cancellations_ends_all_the_same(lost: int) -> None:
    began, heard = asyncio.Event(), 0

    async def work() -> None:
        nonlocal heard
        began.set()
        for _ in range(lost):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            heard += 1
        await asyncio.Event().wait()

    task = asyncio.ensure_future(insistent(work(), again_s=0.01))
    await began.wait()
    task.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert heard == lost


async def test_work_that_ends_by_itself_gives_what_it_found() -> None:
    async def work() -> int:
        return 7

    assert await insistent(work()) == 7


async def test_work_that_fails_fails_as_it_did() -> None:
    async def work() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        await insistent(work())
