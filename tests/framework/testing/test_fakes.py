from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fetchgram.errors import ContentUnavailable, TooLarge
from fetchgram.model import Json, text
from fetchgram.ports import Context
from fetchgram.testing import (
    FakeClock,
    FakeContext,
    FakeLedger,
    FakeNetwork,
    FakeNotifyAdmins,
    FakeWorkers,
    fake_platform,
)


def test_the_package_brings_neither_telegram_nor_a_test_runner() -> None:
    source = (
        "import sys, fetchgram.testing; print([m for m in ('aiogram', 'sqlalchemy', 'pytest') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_the_clock_wakes_those_whose_time_has_come() -> None:
    clock, woken = FakeClock(), []
    start = clock.now()

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (10, 20):
            group.create_task(sleeper(seconds))
        await asyncio.sleep(0)
        clock.advance(10)
        await asyncio.sleep(0)
        assert woken == [10]
        clock.advance(10)
    assert woken == [10, 20]
    assert (clock.now() - start, clock.monotonic()) == (timedelta(seconds=20), 20)


async def test_the_network_knows_its_table_only(tmp_path: Path) -> None:
    network = FakeNetwork(pages={"https://a.example/": b"12345"})
    assert (await network.fetch("https://a.example/", max_bytes=5)).body == b"12345"
    assert await network.download("https://a.example/", tmp_path / "x", max_bytes=5) == 5
    with pytest.raises(TooLarge):
        await network.fetch("https://a.example/", max_bytes=4)
    with pytest.raises(ContentUnavailable):
        await network.fetch("https://b.example/", max_bytes=4)
    assert network.asked[-1] == "https://b.example/"


def double(payload: Json, report: object) -> Json:
    assert callable(report)
    report("working")
    return [payload, payload]


async def test_workers_run_the_named_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "here", sys.modules[__name__])
    heard: list[Json] = []
    assert await FakeWorkers().run("here:double", 2, on_message=heard.append) == [2, 2]
    assert heard == ["working"]


async def test_the_context_is_all_that_a_plugin_is_given(tmp_path: Path) -> None:
    notify, ledger = FakeNotifyAdmins(), FakeLedger()
    context: Context = FakeContext(name="one", data_dir=tmp_path, notify_admins=notify)
    await context.notify_admins(text("one-x", n=1), once_key="k")
    await ledger.put("a", 1)
    assert await ledger.get("a") == 1
    assert notify.told == [text("one-x", n=1)]
    assert context.texts.render(text("one-x", n=1), "en") == "one-x(n=1)"


def test_each_fake_platform_behaves_on_its_own() -> None:
    one, two = fake_platform("one"), fake_platform("two")
    one.behaviour.content = b"x"
    assert (one.name, two.name, two.behaviour.content) == ("one", "two", b"a file")
