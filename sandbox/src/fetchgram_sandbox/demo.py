"""`fetchgram demo` and `fetchgram sandbox`: everything on this machine, no token, no internet."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.conversation import Line, Played, keep, play
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import ready
from fetchgram_sandbox.stage import Stage

_FAILED = 1
_LOG_LINES = 15


async def demo(*, port: int, as_json: bool) -> int:
    """Run sandbox, bot and page until told to stop; returns the exit code."""
    return await _until_stopped(_demo(port=port, as_json=as_json))


async def demo_once(*, port: int, output: Path, as_json: bool) -> int:
    """Play one conversation, keep the file, print the chat; returns the exit code."""
    return await _until_stopped(_demo_once(port=port, output=output, as_json=as_json))


async def sandbox(*, port: int, as_json: bool) -> int:
    """Run the emulators alone until told to stop; the first line says where they are."""
    return await _until_stopped(_sandbox(port=port, as_json=as_json))


async def _demo(*, port: int, as_json: bool) -> int:
    if not as_json:
        _print("Starting a bot, a little Telegram and a media site …")
    async with _performance(port) as (stage, bot, log):
        _introduce(stage, log, as_json=as_json)
        code = await bot.wait()
        _complain(f"the bot ended by itself with exit code {code}", log)
    return _FAILED


async def _demo_once(*, port: int, output: Path, as_json: bool) -> int:
    began = time.monotonic()
    async with _performance(port) as (stage, _bot, log):
        # Slow enough for progress to be seen.
        url = f"{stage.site.samples[0]['url']}?kbps=3000"
        try:
            played = await play(stage.person, url, choose="720", hear=_silence if as_json else _print_line)
        except TimeoutError as error:
            if as_json:
                _print(json.dumps({"error": {"code": "Timeout", "message": str(error), "number": None}}))
            _complain(str(error), log)
            return _FAILED
        path = await asyncio.to_thread(keep, played.file, output)
    _finish(played, path, time.monotonic() - began, as_json=as_json)
    return 0


async def _sandbox(*, port: int, as_json: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="fetchgram-sandbox-") as name:
        async with Stage(Path(name) / "clips", port=port, limits=Limits(), mtproto=True) as stage:
            if as_json:
                _print(json.dumps(stage.describe()))
            else:
                _print(f"Bot API  {stage.api.url}   token {stage.api.token}   chat {stage.person.id}")
                _print(f"Page     {stage.api.url}/")
                _print(f"Site     {stage.site.url}/")
                _print(f"Web      {stage.web.proxy_url}   CA {stage.web.ca_file}")
                if stage.mtproto is not None:
                    _print(f"MTProto  127.0.0.1:{stage.mtproto.port}   (keys and session: --json)")
            await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def _performance(port: int) -> AsyncIterator[tuple[Stage, BotProcess, Path]]:
    """Open the stage with the bot at work on it; its log goes to a file."""
    with tempfile.TemporaryDirectory(prefix="fetchgram-demo-") as name:
        folder = Path(name)
        log = folder / "bot.log"
        async with Stage(folder / "clips", port=port) as stage, BotProcess(write_config(stage, folder), log=log) as bot:
            await ready(stage, bot, log=log)
            yield stage, bot, log


async def _until_stopped(work: Awaitable[int]) -> int:
    """Do the work until it ends or a signal comes, whenever that is, and clean up after it."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
    except (OSError, RuntimeError) as error:
        # The port is taken, there is no ffmpeg, or the bot did not come up.
        _complain(str(error))
        return _FAILED


def _introduce(stage: Stage, log: Path, *, as_json: bool) -> None:
    if as_json:
        _print(json.dumps(stage.describe()))
        return
    _print(f"\n  Open the chat:  {stage.api.url}/\n\n  Links to try there:")
    width = max(len(sample["title"]) for sample in stage.samples)
    for sample in stage.samples:
        _print(f"    {sample['title']:{width}}  {sample['url']}")
    _print(f"\n  The bot's log:  {log}\n  Ctrl-C ends it all.\n")


def _finish(played: Played, path: Path, elapsed_s: float, *, as_json: bool) -> None:
    if not as_json:
        _print(f"\nKept {path} ({played.file.size_bytes / 1000:.0f} kB) after {elapsed_s:.1f} s.")
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


def _silence(_line: Line) -> None:
    """Say nothing: the lines are printed at the end."""


def _print_line(line: Line) -> None:
    _print(str(line))


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # a command speaks


def _complain(what: str, log: Path | None = None) -> None:
    print(f"fetchgram: {what}", file=sys.stderr)  # noqa: T201  # a command speaks
    if log is not None and log.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        print("The end of the bot's log:", *lines, sep="\n  ", file=sys.stderr)  # noqa: T201  # a command speaks
