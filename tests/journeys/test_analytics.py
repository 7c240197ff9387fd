"""The numbers in the chat: an admin's dashboard, a person's own card, and the report on the command line."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

if TYPE_CHECKING:
    from fetchgram_sandbox.live_bot import LiveBot

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


@pytest.fixture
def olga(live: LiveBot) -> Guest:
    """Give the owner whom the configuration names."""
    return Guest(live, live.stage.person)


async def test_numbers_are_pictures_that_change_in_their_place(
    live: LiveBot, bob: Guest, olga: Guest, tmp_path: Path
) -> None:
    bob.says("/stats")
    await bob.sees("no files from me yet")
    card = await bob.asks_for(f"{bob.site}/watch/colours?journey=analytics")
    await bob.taps(card, "144p")
    await bob.gets("video")
    await until(lambda: _recorded(live, bob) > 0, bob.story)

    bob.says("/stats")
    mine = await bob.sees(lambda m: _is_picture(m) and "so far" in m.text)
    assert "One file" in mine.text

    olga.says("/analytics")
    dashboard = await olga.sees(lambda m: _is_picture(m) and "The last 30 days" in m.text)
    await olga.taps(dashboard, "Platforms")
    platforms = await olga.sees(lambda m: m.message_id == dashboard.message_id and "of all files" in m.text)
    assert _is_picture(platforms)
    await olga.taps(platforms, "7 days")
    await olga.sees_button("• 7 days")
    await olga.taps(platforms, "Dashboard")
    await olga.sees(lambda m: m.message_id == dashboard.message_id and "The last 7 days" in m.text)

    bob.says("/analytics")
    assert await _report(live, tmp_path) >= {"dashboard.png", "files.png", "days.csv", "days.json"}
    days = json.loads((tmp_path / "days.json").read_text())
    assert any(row["what"] == "file" and row["n"] for row in days)
    assert not any(_is_picture(m) and "The last" in m.text for m in bob.messages())
    assert await _fetchgram(live, "rebuild") == "Every sum is what the events say.\n"


def _is_picture(message: Message) -> bool:
    return message.file is not None and message.file.kind == "photo"


def _recorded(live: LiveBot, guest: Guest) -> int:
    with closing(sqlite3.connect(f"file:{live.data_dir / 'fetchgram.db'}?mode=ro", uri=True)) as database:
        question = "SELECT count(*) FROM analytics_events WHERE name = 'job.delivered' AND person = ?"
        return int(database.execute(question, (guest.person.id,)).fetchone()[0])


async def _report(live: LiveBot, folder: Path) -> set[str]:
    """Ask for the report while the bot runs; returns the names of the files."""
    return {Path(line).name for line in (await _fetchgram(live, "report", "-o", str(folder))).split()}


async def _fetchgram(live: LiveBot, *command: str) -> str:
    """Run a command of the plugin; returns what it says."""
    words = ("-m", "fetchgram", "--config", str(live.config), "analytics", *command)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()
