from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
import structlog

from fetchgram.errors import PluginError, WorkerCrashed
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.detection import BATCH, Detector
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.plugins.status import PluginState
from fetchgram.settings import Settings

if TYPE_CHECKING:
    from tests.framework.plugins.conftest import Shelf

    from fetchgram.testing import FakeClock

ODD = """
class Own(SettingsModel):
    site: str = "odd.example"
    since: str = ""

class Plugin:
    name = "odd"
    api_version = 1
    Settings = Own

    def __init__(self, settings, context):
        assert context is None
        self.settings = settings
        self.asked = 0

    @hookimpl
    def detect(self, url):
        self.asked += 1
        if "hang" in url:
            time.sleep(60)
        if "crash" in url:
            os._exit(3)
        if "exit" in url:
            raise SystemExit(1)
        if "raise" in url:
            raise ValueError("odd")
        if "wrong" in url:
            return "mine"
        if "network" in url:
            import socket
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1)
        if "counter" in url:
            return Link(plugin="odd", kind=LinkKind.VIDEO, media_id=str(self.asked), url=url)
        if self.settings.site in url:
            return Link(plugin="odd", kind=LinkKind.VIDEO, media_id=self.settings.since or url, url=url)
"""
LAST = """
class Plugin:
    name = "last"
    api_version = 1

    def __init__(self, settings, context):
        pass

    @hookimpl(trylast=True)
    def detect(self, url):
        return Link(plugin="last", kind=LinkKind.FILE, media_id=url, url=url, sure=False)
"""


class _Bench:
    def __init__(
        self,
        points: list[metadata.EntryPoint],
        clock: FakeClock,
        *,
        overrides: Overrides | None = None,
        **settings: object,
    ) -> None:
        plugins = {"detect_timeout_s": 0.4, "breaker_failures": 2, "breaker_pause_s": 100}
        self.settings = Settings.model_validate({"plugins": plugins, **settings})
        self.loaded = load(self.settings, lambda *_: None, entry_points=points, overrides=overrides)
        assert all(row.error is None for row in self.loaded.statuses)
        self.breaker = Breaker(self.settings.plugins, clock)
        self.hooks = Hooks(self.loaded, self.breaker, self.settings.plugins, clock)
        self.detector = Detector(self.hooks.roster, self.breaker, limit_s=self.settings.plugins.detect_timeout_s)

    async def who(self, *urls: str) -> list[str | None]:
        return [
            link.plugin if link else None for link in await self.detector.detect([f"https://{url}" for url in urls])
        ]


MakeBench = Callable[..., _Bench]


@pytest.fixture
async def make_bench(shelf: Shelf, clock: FakeClock) -> AsyncIterator[MakeBench]:
    shelf.put("odd", ODD)
    shelf.put("alpha")
    shelf.put("last", LAST)
    made: list[_Bench] = []

    def make(*, overrides: Overrides | None = None, **settings: object) -> _Bench:
        made.append(_Bench(shelf.points(), clock, overrides=overrides, **settings))
        return made[-1]

    yield make
    for bench in made:
        await bench.detector.close()


async def test_links_are_claimed_in_pluggys_order_and_answered_in_input_order(make_bench: MakeBench) -> None:
    bench = make_bench()
    assert await bench.who("odd.example/1", "x.example/", "alpha.example", "odd.example/2") == [
        "odd",
        "last",
        "alpha",
        "odd",
    ]


async def test_nobody_claims_without_plugins(make_bench: MakeBench) -> None:
    bench = make_bench(plugins={"disabled": ["odd", "alpha", "last"]})
    assert await bench.who("a.example", "b.example") == [None, None]
    assert await bench.who() == []


async def test_plugins_are_built_from_their_own_settings(make_bench: MakeBench) -> None:
    bench = make_bench(plugin={"odd": {"site": "my.example", "since": "2026-01-01"}})
    (link,) = await bench.detector.detect(["https://my.example/"])
    assert link is not None
    assert (link.plugin, link.media_id) == ("odd", "2026-01-01")


async def test_the_child_stays_warm_and_builds_each_plugin_once(make_bench: MakeBench) -> None:
    bench = make_bench()
    asked = [(await bench.detector.detect(["https://counter.example/"]))[0] for _ in range(3)]
    # The first question of all is the child's own, to have everything imported.
    assert [link and link.media_id for link in asked] == ["2", "3", "4"]


async def test_many_links_go_in_batches(make_bench: MakeBench) -> None:
    bench = make_bench()
    urls = [f"odd.example/{n}" if n % 2 else f"x.example/{n}" for n in range(2 * BATCH + 7)]
    assert await bench.who(*urls) == ["odd" if n % 2 else "last" for n in range(2 * BATCH + 7)]


@pytest.mark.parametrize("trouble", ["hang", "crash"])
async def test_a_plugin_that_has_to_be_killed_is_counted_and_the_batch_goes_on_without_it(
    make_bench: MakeBench, trouble: str
) -> None:
    bench = make_bench()
    with structlog.testing.capture_logs() as logs:
        assert await bench.who("alpha.example", f"{trouble}.example", "x.example") == ["alpha", "last", "last"]
    (failed,) = (log for log in logs if log["event"] == "plugin.hook_failed")
    assert failed["plugin"] == "odd"
    assert bench.breaker.state("odd") is PluginState.ACTIVE
    assert await bench.who("odd.example") == ["odd"]
    assert await bench.who(f"{trouble}.example") == ["last"]
    assert await bench.who(f"{trouble}.example") == ["last"]
    assert bench.breaker.state("odd") is PluginState.PAUSED
    assert bench.breaker.state("last") is PluginState.ACTIVE


@pytest.mark.parametrize("trouble", ["raise", "exit", "wrong"])
async def test_a_plugin_that_fails_at_one_link_still_claims_its_others(make_bench: MakeBench, trouble: str) -> None:
    bench = make_bench()
    with structlog.testing.capture_logs() as logs:
        assert await bench.who(f"{trouble}.example", "odd.example") == ["last", "odd"]
    (failed,) = (log for log in logs if log["event"] == "plugin.hook_failed")
    assert failed["plugin"] == "odd"
    assert "Traceback" in failed["traceback"]
    assert await bench.who(f"{trouble}.example") == ["last"]
    assert bench.breaker.state("odd") is PluginState.PAUSED


async def test_detect_reaches_no_address_at_all(make_bench: MakeBench) -> None:
    bench, reached = make_bench(), asyncio.Event()
    server = await asyncio.start_server(lambda _reader, _writer: reached.set(), "127.0.0.1", 0)
    async with server:
        with structlog.testing.capture_logs() as logs:
            assert await bench.who(f"network.example:{server.sockets[0].getsockname()[1]}") == ["last"]
    (failed,) = (log for log in logs if log["event"] == "plugin.hook_failed")
    assert "PermissionError" in failed["error"]
    assert not reached.is_set()


async def test_a_plugin_paused_for_detect_is_tried_again_after_the_pause(
    make_bench: MakeBench, clock: FakeClock
) -> None:
    bench = make_bench()
    await bench.who("raise.example")
    await bench.who("raise.example")
    assert await bench.who("odd.example") == ["last"]
    clock.advance(100)
    assert await bench.who("odd.example") == ["odd"]
    assert bench.breaker.state("odd") is PluginState.ACTIVE


async def test_a_plugin_paused_for_something_else_keeps_its_links_from_those_who_are_not_sure(
    make_bench: MakeBench,
) -> None:
    bench = make_bench()
    for _ in range(2):
        bench.breaker.record_failure("odd", PluginError("x", plugin="odd"), "download")
        bench.breaker.record_failure("last", PluginError("x", plugin="last"), "download")
    assert bench.breaker.state("odd") is PluginState.PAUSED
    assert await bench.who("odd.example", "odd.example/alpha", "x.example") == ["odd", "alpha", "last"]


async def test_a_plugin_that_an_admin_switched_off_keeps_its_links_from_those_who_are_not_sure(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(overrides=Overrides({"odd": Override(enabled=False), "last": Override(enabled=False)}))
    assert bench.hooks.active("detect") == ("alpha",)
    assert await bench.who("odd.example", "odd.example/alpha", "x.example") == ["odd", "alpha", "last"]


async def test_a_plugin_that_the_configuration_leaves_out_keeps_nothing_from_anybody(make_bench: MakeBench) -> None:
    bench = make_bench(plugins={"disabled": ["odd"]})
    assert await bench.who("odd.example") == ["last"]


async def test_a_warm_up_that_fails_is_logged_and_ends_nothing(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(*_: object, **__: object) -> None:
        raise WorkerCrashed("the child died by nobody's fault")

    bench = make_bench()
    with monkeypatch.context() as patch, structlog.testing.capture_logs() as logs:
        patch.setattr(bench.detector._pool, "run", died)
        await bench.detector.warm_up()
        with pytest.raises(WorkerCrashed):
            await bench.who("odd.example")
    assert "detector.cold" in {log["event"] for log in logs}
    assert await bench.who("odd.example") == ["odd"]


async def test_cancelling_kills_the_child_and_the_next_link_is_claimed(make_bench: MakeBench) -> None:
    bench = make_bench(plugins={"detect_timeout_s": 30, "breaker_failures": 1})
    await bench.detector.warm_up()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await bench.who("hang.example")
    assert bench.breaker.state("odd") is PluginState.ACTIVE
    assert await bench.who("odd.example") == ["odd"]
