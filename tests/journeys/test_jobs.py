"""`fetchgram jobs` beside a running bot: what an operator orders happens, and people see it on their message."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

import pytest

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def jobs(bob: Guest, *words: str) -> object:
    """Run the command as an operator does, in a process of its own, and return what it printed."""
    config = str(bob.live.config)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fetchgram", "--config", config, "jobs", *words, "--json"), stdout=PIPE, stderr=PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return json.loads(output)


async def test_an_operator_lists_cancels_and_runs_again(bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=200&operator=1")
    await bob.taps(card, "720p")
    await until(lambda: any("%" in text for text in bob.history(card)), bob.story)
    listed = await jobs(bob, "list", "--state", "running")
    assert isinstance(listed, list)
    (job,) = listed
    assert (job["state"], job["plugin"]) == ("running", "ytdlp")
    assert await jobs(bob, "cancel", str(job["id"]))
    await until(lambda: "✖️ Cancelled" in bob.history(card)[-1], bob.story)
    shown = await jobs(bob, "show", str(job["id"]))
    assert isinstance(shown, dict)
    assert shown["state"] == "cancelled"
    assert await jobs(bob, "retry", str(job["id"]))
    await bob.gets("video")
    await bob.sees_vanish(card)
