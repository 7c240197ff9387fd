"""`fetchgram demo` and `fetchgram sandbox`: everything on this machine, no token, no internet."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.conversation import Line, Played, keep, play
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.stage import Stage

_READY_S = 60.0


async def demo(*, port: int, as_json: bool) -> int:
    """Run sandbox, bot and page until told to stop; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="fetchgram-demo-") as name:
        folder = Path(name)
        async with Stage(folder / "clips", port=port) as stage, BotProcess(write_config(stage, folder)) as bot:
            await ready(stage, bot)
            _introduce(stage, as_json=as_json)
            return await _until_stopped(bot)


async def demo_once(*, port: int, output: Path, as_json: bool) -> int:
    """Play one conversation, keep the file, print the chat; returns the exit code."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fetchgram-demo-") as name:
        folder = Path(name)
        log = folder / "bot.log"
        async with Stage(folder / "clips", port=port) as stage, BotProcess(write_config(stage, folder), log=log) as bot:
            await ready(stage, bot)
            played = await play(
                stage.person,
                stage.site.samples[0]["url"],
                choose="720",
                hear=(lambda _: None) if as_json else _print_line,
            )
            path = keep(played.file, output)
    _finish(played, path, time.monotonic() - began, as_json=as_json)
    return 0


async def sandbox(*, port: int, as_json: bool) -> int:
    """Run the emulators alone until told to stop; the first line says where they are."""
    with tempfile.TemporaryDirectory(prefix="fetchgram-sandbox-") as name:
        async with Stage(Path(name) / "clips", port=port, limits=Limits()) as stage:
            if as_json:
                _print(json.dumps(stage.describe()))
            else:
                _print(f"Bot API  {stage.api.url}   token {stage.api.token}   chat {stage.person.id}")
                _print(f"Page     {stage.api.url}/")
                _print(f"Site     {stage.site.url}/")
            await _stop_signal()
    return 0


async def ready(stage: Stage, bot: BotProcess) -> None:
    """Wait until the bot asks for updates.

    Raises:
        RuntimeError: If it ended instead, or takes too long.
    """
    ended = asyncio.ensure_future(bot.wait())
    try:
        async with asyncio.timeout(_READY_S):
            while not stage.is_polled:
                if ended.done():
                    raise RuntimeError(f"the bot ended with exit code {ended.result()}")
                await asyncio.sleep(0.05)
    finally:
        ended.cancel()


async def _until_stopped(bot: BotProcess) -> int:
    async with _first_of(bot.wait(), _stop_signal()) as (bot_ended, stopped):
        await asyncio.wait([bot_ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return 0
        print("the bot ended by itself; its log is above", file=sys.stderr)  # noqa: T201  # a command speaks
        return 1


@asynccontextmanager
async def _first_of(*work: object) -> AsyncIterator[tuple[asyncio.Future[object], ...]]:
    tasks = tuple(asyncio.ensure_future(item) for item in work)  # type: ignore[call-overload]  # coroutines of several types
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _stop_signal() -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _introduce(stage: Stage, *, as_json: bool) -> None:
    if as_json:
        _print(json.dumps(stage.describe()))
        return
    _print(f"\n  Open the chat:  {stage.api.url}/\n\n  Links to try:")
    for sample in stage.site.samples:
        _print(f"    {sample['title']:28} {sample['url']}")
    _print("\n  Ctrl-C ends it.\n")


def _finish(played: Played, path: Path, elapsed_s: float, *, as_json: bool) -> None:
    if not as_json:
        _print(f"\n{path}  ({played.file.size_bytes} bytes, {elapsed_s:.1f} s)")
        return
    file = played.file
    delivered = {
        "path": str(path),
        "size_bytes": file.size_bytes,
        "mime": file.mime,
        "duration_s": file.duration_s,
        "width_px": file.width_px,
        "height_px": file.height_px,
        "route": "botapi",
    }
    messages = [dataclasses.asdict(line) for line in played.lines]
    _print(json.dumps({"messages": messages, "delivered": [delivered], "elapsed_s": round(elapsed_s, 3)}))


def _print_line(line: Line) -> None:
    _print(str(line))


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # a command speaks
