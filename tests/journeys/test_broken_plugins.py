"""One bad plugin never stops the others: one of each kind beside the working ones, in a real bot process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot

from .conftest import Guest

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PREAMBLE = "import time\nfrom fetchgram.api import *\n\n\n"
CLASS = """
class Plugin:
    name = "{name}"
    api_version = 1
    Settings = SettingsModel

    def __init__(self, settings, context):
        pass

"""


@dataclass(frozen=True)
class Broken:
    """A plugin that is wrong in one way.

    Args:
        source: After the preamble and the class, `{name}` filled in.
        error: Part of its row's error; `None` when it loads and is wrong only at work.
        is_class: Whether it has the usual class.
        point: What the entry point names.
    """

    source: str
    error: str | None = None
    is_class: bool = True
    point: str = "Plugin"


BROKEN = {
    "importing": Broken("import nowhere_to_be_found", "nowhere_to_be_found", is_class=False),
    "settings": Broken("    Settings = type('Needed', (SettingsModel,), {'__annotations__': {'key': str}})", "key"),
    "misspelt": Broken("    @hookimpl\n    def detekt(self, url): ...", "detekt"),
    "colour": Broken("    @hookimpl\n    async def detect(self, url): ...", "detect"),
    "shape": Broken("not_a_plugin = 7", "", is_class=False, point="not_a_plugin"),
    "raising": Broken("    @hookimpl\n    def detect(self, url): raise RuntimeError('bad day')"),
    "starting": Broken("    @hookimpl\n    async def startup(self): raise RuntimeError('bad day')"),
    "offering": Broken(
        "    @hookimpl\n    def offer(self, probe, choice, routes, person): raise RuntimeError('bad day')"
    ),
    "hanging": Broken("    @hookimpl\n    def offer(self, probe, choice, routes, person): time.sleep(3600)"),
    "lying": Broken("    @hookimpl\n    def routes(self, destination): return ['a', 'b']"),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every broken plugin as an installed package."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, broken in BROKEN.items():
        package = folder / f"broken_{name}"
        package.mkdir()
        head = CLASS.format(name=name) if broken.is_class else ""
        (package / "__init__.py").write_text(f"{PREAMBLE}{head}{broken.source}\n")
        info = folder / f"broken_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: broken-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[fetchgram.plugins]\n{name} = broken_{name}:{broken.point}\n")
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowded(clips_folder: Path, shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot with all of them."""
    more = f"{UNHURRIED}[plugins]\nhook_timeout_s = 15\n"
    async with open_live_bot(
        clips_folder, tmp_path_factory.mktemp("crowded"), more=more, environ={"PYTHONPATH": str(shelf)}
    ) as live:
        yield live


async def test_the_bot_serves_beside_them(crowded: LiveBot) -> None:
    bob = Guest(crowded, crowded.newcomer("Bob"))
    for number in range(2):
        card = await bob.asks_for(f"{bob.site}/watch/colours?broken={number}")
        await bob.taps(card, "144p")
        await bob.gets("video", number + 1)


async def test_each_has_its_row(crowded: LiveBot, shelf: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fetchgram", "--config", str(crowded.config), "plugins", "--json"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(shelf)},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    rows = {row["name"]: row for row in json.loads(output)}
    assert rows["ytdlp"]["state"] == "active"
    for name, broken in BROKEN.items():
        assert set(rows[name]) == {"name", "version", "state", "hooks", "error", "changed"}
        assert rows[name]["version"] == "1.0"
        if broken.error is None:
            assert rows[name]["state"] == "active"
        else:
            assert rows[name]["state"] == "failed"
            assert broken.error in rows[name]["error"]


async def test_the_start_up_log_says_the_same_and_who_failed_at_the_start(crowded: LiveBot) -> None:
    told = {line["name"]: line for line in crowded.log_lines() if line.get("event") == "plugin"}
    for name, broken in BROKEN.items():
        # Only a running bot starts plugins, so only it knows of those that fail there.
        works = broken.error is None and name != "starting"
        assert told[name]["state"] == ("active" if works else "failed")
