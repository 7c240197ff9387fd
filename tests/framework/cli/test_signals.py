"""Signals of a real process: the first one asks, the second one insists."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

_PROGRAM = """
import asyncio, sys
from fetchgram.cli.signals import Interrupted, run_until_signal

async def work(seconds):
    print("at work", flush=True)
    try:
        await asyncio.sleep(3600)
    finally:
        print("putting away", flush=True)
        await asyncio.sleep(seconds)
        print("put away", flush=True)

try:
    run_until_signal(work(float(sys.argv[1])))
except Interrupted as stop:
    sys.exit(stop.exit_code)
"""


@asynccontextmanager
async def at_work(seconds: float) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PROGRAM, str(seconds), stdout=PIPE)
    try:
        assert await line_of(process) == b"at work\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_lets_what_was_begun_be_put_away(number: signal.Signals) -> None:
    async with at_work(0.1) as process:
        process.send_signal(number)
        assert [await line_of(process) for _ in range(2)] == [b"putting away\n", b"put away\n"]
        assert await process.wait() == 128 + number


@pytest.mark.timeout(60)
async def test_a_second_signal_ends_the_process_at_once() -> None:
    async with at_work(3600) as process:
        process.send_signal(signal.SIGTERM)
        assert await line_of(process) == b"putting away\n"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 128 + signal.SIGTERM
        assert await line_of(process) == b""
