from __future__ import annotations

import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fetchgram.api import Context
from fetchgram.settings import WorkSettings
from fetchgram.workers.plugin_workers import PluginWorkers
from fetchgram_youtube.health import Health
from fetchgram_youtube.runtimes import Runtime, find
from fetchgram_youtube.settings import Settings
from fetchgram_youtube.shelf import Shelf


def program(folder: Path, name: str, script: str = "") -> str:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Give the folder of our own Python's programs and the one on the path; both are empty."""
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(own))
    monkeypatch.setenv("PATH", str(elsewhere))
    return own, elsewhere


def test_the_wheels_deno_comes_before_the_one_on_the_path_and_no_other_runtime_is_taken(
    places: tuple[Path, Path],
) -> None:
    own, elsewhere = places
    program(elsewhere, "node")
    assert find(Settings()) is None
    deno = program(elsewhere, "deno")
    assert find(Settings()) == Runtime("deno", deno)
    wheels = program(own, "deno")
    assert find(Settings()) == Runtime("deno", wheels)


def test_a_runtime_can_be_named_placed_or_switched_off(places: tuple[Path, Path]) -> None:
    own, elsewhere = places
    program(own, "deno")
    quick = program(elsewhere, "qjs")
    assert find(Settings(js_runtime="quickjs")) == Runtime("quickjs", quick)
    assert find(Settings(js_runtime="bun")) is None
    assert find(Settings(js_runtime="bun", js_runtime_path=Path("/opt/bun"))) == Runtime("bun", "/opt/bun")
    assert find(Settings(js_runtime="off")) is None


@pytest.fixture
async def workers() -> AsyncIterator[PluginWorkers]:
    workers = PluginWorkers("youtube", settings=WorkSettings(downloads=1))
    workers.prepare((), may_spawn=True)
    yield workers
    await workers.close()


@pytest.mark.timeout(300)
async def test_health_names_the_runtime_or_what_is_wrong_with_it(
    places: tuple[Path, Path], workers: PluginWorkers
) -> None:
    context = cast("Context", SimpleNamespace(workers=workers))
    check = {each.name: each.check for each in Health(Settings(), context, Shelf(None, None)).checks()}[
        "YouTube: JavaScript"
    ]
    assert "no runtime" in (await check()).detail
    deno = program(places[0], "deno", "exit 1")
    assert f"{deno} does not run" in (await check()).detail
    program(places[0], "deno", "echo deno 1.0.0")
    assert f"deno 1.0.0 at {deno} is too old" in (await check()).detail
    program(places[0], "deno", "echo deno 2.9.8")
    assert f"deno 2.9.8 at {deno}" in (await check()).detail


async def test_health_says_when_the_cookies_are_not_there(tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    check = {each.name: each.check for each in Health(Settings(), None, Shelf(None, cookies)).checks()}[
        "YouTube: access"
    ]
    assert (await check()).health == "failing"
    cookies.write_text("# Netscape HTTP Cookie File\n")
    assert (await check()).health == "ok"
