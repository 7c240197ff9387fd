"""A bot in an environment that has the framework and one site: no panel, no statistics, and links work."""

from __future__ import annotations

import site
import venv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.plugins.overrides import Override
from fetchgram.storage import open_storage
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot

from .conftest import Guest

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LEFT_OUT = ("admin", "analytics", "compress", "instagram", "youtube")
STILL_CONFIGURED = """
[plugin.analytics]
report = "off"
"""


def environment_without(folder: Path, *plugins: str) -> str:
    """Make an environment with all that is in this one but some of our distributions; returns its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    for here in site.getsitepackages():
        for entry in Path(here).iterdir():
            if not any(f"fetchgram_{plugin}" in entry.name for plugin in plugins):
                (packages / entry.name).symlink_to(entry)
    return str(folder / "bin" / "python")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bare(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot without these plugins, which were there before: settings of theirs are left, of admins too."""
    folder = tmp_path_factory.mktemp("bare")
    python = environment_without(folder / "environment", *LEFT_OUT)
    (folder / "data").mkdir()
    storage = await open_storage(None, folder / "data")
    async with storage.write() as session:
        for key, value in Override(enabled=True, settings={"hash_ids": True}).rows("analytics").items():
            await session.overrides.set(key, value)
    await storage.close()
    async with open_live_bot(clips_folder, folder, more=UNHURRIED + STILL_CONFIGURED, python=python) as live:
        yield live
        assert live.stage.api.problems == []


async def test_a_link_is_served_without_panel_and_statistics(bare: LiveBot) -> None:
    bob = Guest(bare, bare.newcomer("Bob"))
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=300")
    await bob.taps(card, "360p")
    await bob.gets("video")
    assert [line for line in bare.log_lines() if line.get("level") in {"error", "critical"}] == []


async def test_commands_of_plugins_that_are_not_there_are_none(bare: LiveBot) -> None:
    olga = Guest(bare, bare.stage.person)
    for command in ("/admin", "/analytics", "/stats"):
        said = olga.says(command)
        answer = await olga.sees(lambda m: m.message_id > said.message_id)  # noqa: B023  # awaited at once
        assert "Send me a link" in answer.text
