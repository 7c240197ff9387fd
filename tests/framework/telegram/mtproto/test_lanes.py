from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest

from fetchgram.telegram.mtproto.connection import Connection
from fetchgram.telegram.mtproto.failures import KeyLost, Lost
from fetchgram.telegram.mtproto.lanes import Lane, Lanes
from fetchgram.telegram.mtproto.window import Spread

from .conftest import until


@dataclass(eq=False)
class Line:
    """A connection that does nothing."""

    is_open: bool = True

    async def close(self) -> None:
        self.is_open = False


@dataclass
class Exchange:
    """Connects those who dial when the test says so."""

    lines: list[Line] = field(default_factory=list)
    dials: list[asyncio.Future[None]] = field(default_factory=list)

    async def dial(self) -> tuple[Connection, float]:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.dials.append(answer)
        await answer
        self.lines.append(Line())
        return cast("Connection", self.lines[-1]), 0.01

    async def connect(self, number: int) -> None:
        await until(lambda: len(self.dials) > number)
        self.dials[number].set_result(None)


async def _begin(lanes: Lanes) -> Lane:
    """Choose a connection and give it something to do."""
    lane = await lanes.choose()
    lane.under_way += 1
    return lane


async def test_who_comes_alone_dials_once() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    choosing = asyncio.ensure_future(lanes.choose())
    await exchange.connect(0)
    lane = await choosing
    assert await lanes.choose() is lane
    assert len(exchange.dials) == 1


async def test_who_says_so_beforehand_need_not_wait_for_the_dial() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    lanes.prepare()
    await exchange.connect(0)
    await until(lambda: lanes.count)
    lane = await asyncio.wait_for(lanes.choose(), 20)
    assert lane.connection is cast("Connection", exchange.lines[0])
    assert len(exchange.dials) == 1


async def test_a_dial_beforehand_that_fails_is_told_to_who_asks_then() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    lanes.prepare()
    await until(lambda: exchange.dials)
    exchange.dials[0].set_exception(KeyLost("the key is unknown"))
    choosing = asyncio.ensure_future(lanes.choose())
    await until(lambda: len(exchange.dials) == 2 or choosing.done())
    if not choosing.done():
        exchange.dials[1].set_exception(KeyLost("the key is unknown"))
    with pytest.raises(KeyLost):
        await choosing


async def test_who_come_together_dial_at_once_and_go_with_the_first_that_answers() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8, first=4))
    callers = [asyncio.ensure_future(_begin(lanes)) for _ in range(6)]
    await until(lambda: len(exchange.dials) == 4)
    await exchange.connect(2)
    assert len({await caller for caller in callers}) == 1
    for number in (0, 1, 3):
        await exchange.connect(number)
    await until(lambda: lanes.count == 4)
    assert {id(await _begin(lanes)) for _ in range(3)} == {id(lane) for lane in lanes._open[1:]}
    assert len(exchange.dials) == 4


async def test_a_dial_that_fails_holds_nobody_up_who_has_another_connection() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8, first=2))
    callers = [asyncio.ensure_future(_begin(lanes)) for _ in range(2)]
    await exchange.connect(0)
    first, second = await asyncio.gather(*callers)
    exchange.dials[1].set_exception(KeyLost("the key is unknown"))
    assert first is second
    assert await lanes.choose() is first
    assert len(exchange.dials) == 2, "it is not dialled again at once"


async def test_a_dial_that_fails_is_told_to_who_has_none() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    choosing = asyncio.ensure_future(lanes.choose())
    await until(lambda: exchange.dials)
    exchange.dials[0].set_exception(KeyLost("the key is unknown"))
    with pytest.raises(KeyLost):
        await choosing


async def test_a_line_that_is_down_is_dialled_again() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    choosing = asyncio.ensure_future(lanes.choose())
    await until(lambda: exchange.dials)
    exchange.dials[0].set_exception(Lost("no connection"))
    await exchange.connect(1)
    assert (await choosing).connection.is_open


async def test_a_connection_that_broke_is_replaced() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8))
    choosing = asyncio.ensure_future(lanes.choose())
    await exchange.connect(0)
    first = await choosing
    exchange.lines[0].is_open = False
    choosing = asyncio.ensure_future(lanes.choose())
    await exchange.connect(1)
    assert await choosing is not first
    assert lanes.count == 1


async def test_closing_ends_what_is_open_and_what_is_dialled() -> None:
    exchange = Exchange()
    lanes = Lanes(exchange.dial, Spread(8, first=2))
    callers = [asyncio.ensure_future(_begin(lanes)) for _ in range(2)]
    await exchange.connect(0)
    await asyncio.gather(*callers)
    await lanes.close()
    assert not exchange.lines[0].is_open
    assert exchange.dials[1].cancelled()
    assert lanes.count == 0
    choosing = asyncio.ensure_future(lanes.choose())
    await exchange.connect(2)
    assert (await choosing).connection.is_open
