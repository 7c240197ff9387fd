"""Downloads, transcodes and uploads are different resources: they overlap, and each has its own limit."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from fetchgram.api import Delivery, Person, RequestState, Route, Sink, Step
from fetchgram.settings import Settings

from .conftest import BOT, Bench

MOST = {"downloads": 2, "transcodes": 1, "uploads": 2}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"data_dir": tmp_path, "work": {"disk_floor": 0, "jobs": 8, **MOST}})


class Gates:
    """Counts who is at work at what, and lets them go on when told."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.open = {what: asyncio.Event() for what in MOST}

    async def pass_through(self, what: str) -> None:
        self.now[what] += 1
        self.most[what] = max(self.most[what], self.now[what])
        await self.open[what].wait()
        self.now[what] -= 1

    async def until(self, **wanted: int) -> None:
        while self.now != Counter(wanted):
            await asyncio.sleep(0.01)


async def test_they_overlap_and_none_passes_its_limit(bench: Bench) -> None:
    gates = Gates()

    async def download(_workdir: Path, _sink: Sink) -> None:
        await gates.pass_through("downloads")

    async def step(_step: Step) -> None:
        await gates.pass_through("transcodes")

    async def send(_delivery: Delivery, _route: Route) -> None:
        await gates.pass_through("uploads")

    bench.site.on_download, bench.site.on_step, bench.site.on_send = download, step, send
    requests = []
    for number in range(7):
        request = await bench.wish(f"https://fake/{number}", key=str(number), person=Person(bot_id=BOT, id=number))
        # The first three need no processing.
        steps = () if number < 3 else (Step(key="steps.one"),)
        requests.append((await bench.route.intake.choose(request.id, 0, steps)).id)
    async with asyncio.timeout(25), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await gates.until(downloads=2)
        gates.open["downloads"].set()
        await gates.until(downloads=0, transcodes=1, uploads=2)
        for gate in gates.open.values():
            gate.set()
        ended = [(await bench.ended(request)).state for request in requests]
        await bench.idle()
        runner.cancel()
    assert ended == [RequestState.DONE] * 7
    assert gates.most == Counter(MOST)


async def test_all_three_are_at_work_at_the_same_moment(bench: Bench) -> None:
    gates = Gates()
    turn = iter(("uploads", "transcodes", "downloads"))

    async def download(_workdir: Path, _sink: Sink) -> None:
        if next(turn) == "downloads":
            await gates.pass_through("downloads")

    async def step(_step: Step) -> None:
        await gates.pass_through("transcodes")

    async def send(_delivery: Delivery, _route: Route) -> None:
        await gates.pass_through("uploads")

    bench.site.on_download, bench.site.on_step, bench.site.on_send = download, step, send
    requests = []
    async with asyncio.timeout(25), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        for number, expected in enumerate(({"uploads": 1}, {"uploads": 1, "transcodes": 1}, dict.fromkeys(MOST, 1))):
            request = await bench.wish(f"https://fake/{number}", key=str(number))
            steps = (Step(key="steps.one"),) if number == 1 else ()
            requests.append((await bench.route.intake.choose(request.id, 0, steps)).id)
            await gates.until(**expected)
        for gate in gates.open.values():
            gate.set()
        for request_id in requests:
            await bench.ended(request_id)
        await bench.idle()
        runner.cancel()
