"""The fixture for plugin authors: the real bot over a stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.live_bot import LiveBot, ready
from fetchgram_sandbox.stage import Stage

pytestmark = pytest.mark.timeout(120)


async def test_the_fixture_gives_a_bot_that_answers(live_bot: LiveBot) -> None:
    bob = live_bot.newcomer("Bob")
    bob.say("/start")
    await bob.wait_for_text("Send me a link", 90)
    assert any(line["event"] == "bot.started" for line in live_bot.log_lines())
    assert (live_bot.data_dir / "fetchgram.db").exists()


async def test_a_bot_that_does_not_come_up_says_why(clips_folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    async with Stage(clips_folder) as stage:
        config = write_config(stage, tmp_path, more="nonsense = 1")
        async with BotProcess(config, log=log) as process:
            with pytest.raises(RuntimeError, match=r"(?s)exit code 2.*nonsense"):
                await ready(stage, process, log=log)
