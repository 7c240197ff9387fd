"""What the tests of the workers share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from fetchgram.workers.pool import WorkerPool

TARGETS = Path(__file__).parent / "targets"

MakePool = Callable[..., Awaitable[WorkerPool]]


@pytest.fixture(autouse=True)
def targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TARGETS))


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + 2
    while left := [p for p in psutil.Process().children(recursive=True) if p.pid not in before]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


@pytest.fixture
async def make_pool() -> AsyncIterator[MakePool]:
    async with AsyncExitStack() as stack:

        async def make(**options: object) -> WorkerPool:
            options = {"size": 1, "preload": ("pool_targets",)} | options
            pool = WorkerPool("test", **options)  # type: ignore[arg-type]  # the tests pass what they mean
            stack.push_async_callback(pool.close)
            await pool.start()
            return pool

        yield make


@pytest.fixture
async def pool(make_pool: MakePool) -> WorkerPool:
    return await make_pool()


class Messages(list):
    """Collects reports and lets a test wait for the first."""

    def __init__(self) -> None:
        super().__init__()
        self.first = asyncio.Event()

    def __call__(self, message: object) -> None:
        self.append(message)
        self.first.set()


@pytest.fixture
async def messages() -> Messages:
    return Messages()


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def alive() -> Callable[[int], bool]:
    return is_alive
