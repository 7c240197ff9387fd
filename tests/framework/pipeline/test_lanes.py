from __future__ import annotations

import asyncio

from fetchgram.pipeline.lanes import Lanes


async def hold(lanes: Lanes, lane: int, place: int, seen: list[int], gate: asyncio.Event) -> None:
    async with lanes.enter(lane, place):
        seen.append(place)
        await gate.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_of_those_who_wait_the_lowest_place_goes_first_and_one_at_a_time() -> None:
    lanes, gate = Lanes(), asyncio.Event()
    seen: list[int] = []
    async with asyncio.TaskGroup() as group:
        for place in (5, 9, 3, 7):
            group.create_task(hold(lanes, 1, place, seen, gate))
        await settle()
        assert seen == [5]
        gate.set()
    assert seen == [5, 3, 7, 9]


async def test_lanes_do_not_wait_for_one_another() -> None:
    lanes, gate = Lanes(), asyncio.Event()
    seen: list[int] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(lanes, 1, 1, seen, gate))
        group.create_task(hold(lanes, 2, 2, seen, gate))
        await settle()
        assert seen == [1, 2]
        gate.set()


async def test_who_is_cancelled_while_waiting_or_when_its_turn_comes_keeps_nobody() -> None:
    lanes, gate = Lanes(), asyncio.Event()
    seen: list[int] = []
    first = asyncio.create_task(hold(lanes, 1, 1, seen, gate))
    second = asyncio.create_task(hold(lanes, 1, 2, seen, gate))
    third = asyncio.create_task(hold(lanes, 1, 3, seen, gate))
    fourth = asyncio.create_task(hold(lanes, 1, 4, seen, gate))
    await settle()
    third.cancel()
    await settle()
    gate.set()
    first.cancel()
    await asyncio.sleep(0)  # the lane is given to the second, which has not run yet
    second.cancel()
    async with asyncio.timeout(25):
        await fourth
    assert 4 in seen
    async with asyncio.timeout(25), lanes.enter(1, 1):
        pass
