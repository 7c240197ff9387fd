"""The real bot at work over a stage of its own, for journeys: a person sends a link and gets a file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

UNHURRIED = """
[delivery]
chat_interval_s = 0
edit_interval_s = 0.3
messages_per_s = 1000
group_per_minute = 1000
"""
"""Paces for a server without rates, so that a test does not wait for them."""

_READY_S = 120.0


class LiveBot:
    """A bot process and the stage that it plays on.

    Args:
        stage: Telegram and the web.
        process: The bot.
        config: Its configuration.
        log: Its log, one JSON object a line.
    """

    def __init__(self, stage: Stage, process: BotProcess, *, config: Path, log: Path) -> None:
        self.stage = stage
        self.process = process
        self.config = config
        self.log = log

    @property
    def data_dir(self) -> Path:
        """Return the folder of the bot's data."""
        return self.config.parent / "data"

    def newcomer(self, first_name: str = "Bob", *, username: str = "") -> Person:
        """Add a person who is no owner, in a chat of their own."""
        return Person(self.stage.world, self.stage.world.new_person(first_name, username=username))

    def log_lines(self) -> list[dict[str, object]]:
        """Return what the bot has logged so far; lines that are no JSON come as `{"event": line}`."""
        if not self.log.exists():
            return []
        return [_parsed(line) for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]


@asynccontextmanager
async def open_live_bot(  # noqa: PLR0913  # each has a default that most tests want
    clips: Path,
    folder: Path,
    *,
    more: str = UNHURRIED,
    limits: Limits | None = None,
    environ: Mapping[str, str] | None = None,
    allow: Sequence[str] = (),
    mtproto: bool = False,
    python: str = sys.executable,
) -> AsyncIterator[LiveBot]:
    """Start a stage and a bot on it; the block begins when the bot asks for updates.

    Args:
        clips: Folder of the media site's clips.
        folder: Gets the configuration, the log and the bot's data.
        more: Further TOML of the configuration.
        limits: What the Bot API refuses; no rates by default.
        environ: More variables for the bot.
        allow: Loopback addresses that links may lead to, besides the media site.
        mtproto: Whether large files can go over MTProto.
        python: Whose environment the bot runs in, this process' by default.

    Raises:
        RuntimeError: If the bot ended instead; the text has the end of its log.
    """
    async with Stage(clips, limits=limits or Limits.unhurried(), mtproto=mtproto) as stage:
        config, log = write_config(stage, folder, more=more, allow=allow), folder / "bot.log"
        given = {**os.environ, **(environ or {})}
        async with BotProcess(config, log=log, environ=given, python=python) as process:
            await ready(stage, process, log=log)
            yield LiveBot(stage, process, config=config, log=log)


async def ready(stage: Stage, bot: BotProcess, *, log: Path | None = None) -> None:
    """Wait until the bot asks for updates.

    Raises:
        RuntimeError: If it ended instead; the text has the end of its log.
        TimeoutError: If it takes too long.
    """
    ended = asyncio.ensure_future(bot.wait())
    try:
        async with asyncio.timeout(_READY_S):
            while not stage.is_polled:
                if ended.done():
                    raise RuntimeError(f"the bot ended with exit code {ended.result()}{_tail(log)}")
                await asyncio.sleep(0.02)
    finally:
        ended.cancel()


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    return "\n" + "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])


def _parsed(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {"event": line}
    return found if isinstance(found, dict) else {"event": line}
