from __future__ import annotations

import asyncio

import pytest

from fetchgram.workers.turns import Turns


async def test_a_newcomer_does_not_take_what_somebody_waits_for() -> None:
    turns: Turns[str] = Turns()
    waiting = asyncio.ensure_future(turns.get())
    await asyncio.sleep(0)
    turns.put("first")
    newcomer = asyncio.ensure_future(turns.get())
    assert await waiting == "first"
    turns.put("second")
    assert await newcomer == "second"


async def test_an_item_given_to_a_wait_that_is_cancelled_at_once_goes_to_the_next() -> None:
    turns: Turns[str] = Turns()
    first, second = asyncio.ensure_future(turns.get()), asyncio.ensure_future(turns.get())
    await asyncio.sleep(0)
    turns.put("item")
    first.cancel()
    assert await second == "item"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_wait_that_is_cancelled_before_takes_nothing() -> None:
    turns: Turns[str] = Turns()
    first = asyncio.ensure_future(turns.get())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert turns.waiting == 0
    turns.put("item")
    assert turns.items == ("item",)
