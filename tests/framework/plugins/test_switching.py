"""Plugins replaced while others work with them; the parts around them are counted, the plugins are real classes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import pytest

from fetchgram.api import LinkKind, PluginError
from fetchgram.errors import ConfigError, LinkError, PluginLoadError
from fetchgram.model import Link
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Override, Overrides
from fetchgram.plugins.status import PluginState
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Context
from fetchgram.settings import Settings, SettingsModel
from fetchgram.testing import FakeClock, FakeContext

from .conftest import Shelf

SITE = """
from pydantic import Field

class Settings(SettingsModel):
    word: str = "old"
    size: int = Field(default=1, ge=1, description="How much.")
    breaks: str = ""

class Plugin:
    name = "NAME"
    api_version = 1
    Settings = Settings

    def __init__(self, settings, context):
        self.settings, self.log = settings, context.data_dir / "log"
        if settings.breaks == "building":
            raise RuntimeError("cannot be built")

    def say(self, what):
        with self.log.open("a") as file:
            file.write(f"{self.settings.word} {what}\\n")

    @hookimpl
    def detect(self, url):
        return None

    @hookimpl
    async def startup(self):
        if self.settings.breaks == "starting":
            raise RuntimeError("cannot be started")
        self.say("startup")

    @hookimpl
    async def shutdown(self):
        self.say("shutdown")

    @hookimpl
    async def probe(self, link):
        if link.media_id == "slow":
            while not (self.log.parent / "go").exists():
                await asyncio.sleep(0.005)
            self.say("answer")
        if link.media_id == "bad":
            raise RuntimeError("bad day")
        return Probe(link=link, title=self.settings.word, choices=(Choice(kind=ChoiceKind.VIDEO),))
"""
FIXED = SITE.replace("api_version = 1", "api_version = 1\n    replaceable = False")


@dataclass
class Bench:
    """One site, `site`, and beside it `fixed`, which can be replaced at a start only.

    Args:
        folder: Where the plugins write what happened to them.
        points: Their entry points.
        values: Of the configuration.
    """

    folder: Path
    points: list[metadata.EntryPoint]
    values: dict[str, object]
    put_aside: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings, clock = Settings.model_validate(self.values), FakeClock()
        loaded = load(settings, self.context_of, entry_points=self.points)
        self.breaker = Breaker(settings.plugins, clock)
        self.hooks = Hooks(loaded, self.breaker, settings.plugins, clock)
        self.switching = Switching(hooks=self.hooks, settings=settings, overrides=Overrides(), workshop=self)

    def context_of(self, name: str, own: SettingsModel) -> Context:
        self.made.append(f"{name} {own.model_dump().get('word')}")
        return FakeContext(name=name, data_dir=self.folder)

    async def ready(self, plugin: object, context: Context) -> None:
        assert getattr(plugin, "name", "") == context.name

    async def put_away(self, context: Context) -> None:
        self.put_aside.append(context.name)

    async def title(self, media_id: str = "1") -> str:
        link = Link(plugin="site", kind=LinkKind.VIDEO, media_id=media_id, url="https://site/1")
        return (await self.hooks.probe(link)).title

    def happened(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def state(self, name: str = "site") -> PluginState:
        return next(row.state for row in self.hooks.statuses() if row.name == name)


@pytest.fixture
def make_bench(shelf: Shelf, tmp_path: Path) -> Callable[..., Bench]:
    shelf.put("site", SITE)
    shelf.put("fixed", FIXED)

    def made(**values: object) -> Bench:
        return Bench(tmp_path, shelf.points(), values)

    return made


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@contextmanager
def refused(error: type[Exception], match: str, bench: Bench) -> Iterator[None]:
    """Expect a change to be refused, with everything as it was."""
    before = (bench.hooks.roster.present, bench.switching.overrides)
    with pytest.raises(error, match=match):
        yield
    assert (bench.hooks.roster.present, bench.switching.overrides) == before


async def test_new_settings_hold_at_once(bench: Bench) -> None:
    assert await bench.title() == "old"
    await bench.switching.change("site", Override(settings={"word": "new"}))
    assert await bench.title() == "new"


async def test_what_runs_ends_on_the_old_one_which_is_then_put_away(bench: Bench) -> None:
    async with asyncio.TaskGroup() as group:
        seeing_off = group.create_task(bench.switching.run())
        running = group.create_task(bench.title("slow"))
        await asyncio.sleep(0)
        await bench.switching.change("site", Override(settings={"word": "new"}))
        assert await bench.title() == "new"
        for _ in range(50):  # whoever does not wait for what runs has its turns now
            await asyncio.sleep(0)
        (bench.folder / "go").touch()
        assert await running == "old"
        await until(lambda: bench.put_aside)
        assert bench.happened() == ["new startup", "old answer", "old shutdown"]
        seeing_off.cancel()


async def test_what_still_ran_at_the_end_is_put_away_then(bench: Bench) -> None:
    running = asyncio.create_task(bench.title("slow"))
    await asyncio.sleep(0)
    await bench.switching.change("site", Override(enabled=False))
    await bench.switching.close()
    assert bench.happened() == ["old shutdown"]
    assert bench.put_aside == ["site"]
    running.cancel()


async def test_a_plugin_switched_off_says_so_kindly_and_comes_back(bench: Bench) -> None:
    await bench.switching.change("site", Override(enabled=False))
    with pytest.raises(LinkError) as refusal:
        await bench.title()
    assert refusal.value.text.key == "error-plugin-off"
    assert bench.state() is PluginState.DISABLED
    await bench.switching.change("site", Override())
    assert await bench.title() == "old"
    assert bench.state() is PluginState.ACTIVE


async def test_the_order_of_asking_survives_a_replacement(bench: Bench) -> None:
    before = bench.hooks.active("probe")
    await bench.switching.change("site", Override(settings={"word": "new"}))
    assert bench.hooks.active("probe") == before


async def test_a_setting_that_does_not_fit_is_refused_and_the_old_plugin_goes_on(bench: Bench) -> None:
    with refused(ConfigError, "greater than or equal to 1", bench):
        await bench.switching.change("site", Override(settings={"size": 0}))
    with refused(ConfigError, "'syze', did you mean 'size'", bench):
        await bench.switching.change("site", Override(settings={"syze": 2}))
    assert await bench.title() == "old"


@pytest.mark.parametrize(("when", "error"), [("building", PluginLoadError), ("starting", PluginError)])
async def test_a_new_plugin_that_breaks_leaves_the_old_one(bench: Bench, when: str, error: type[Exception]) -> None:
    with refused(error, "RuntimeError: cannot be", bench):
        await bench.switching.change("site", Override(settings={"breaks": when}))
    assert await bench.title() == "old"
    assert bench.put_aside == ["site"]


async def test_a_change_that_cannot_be_kept_does_not_hold(bench: Bench) -> None:
    async def keep() -> None:
        raise ConnectionError("no database")

    with refused(ConnectionError, "no database", bench):
        await bench.switching.change("site", Override(settings={"word": "new"}), keep)
    assert await bench.title() == "old"
    assert bench.happened() == ["new startup", "new shutdown"]
    assert bench.put_aside == ["site"]


async def test_a_plugin_that_cannot_be_replaced_waits_for_a_restart(bench: Bench) -> None:
    assert not bench.switching.replaceable("fixed")
    kept = list[str]()

    async def keep() -> None:
        kept.append("kept")

    await bench.switching.change("fixed", Override(settings={"word": "new"}), keep)
    row = next(row for row in bench.hooks.statuses() if row.name == "fixed")
    assert (row.state, row.pending, kept) == (PluginState.ACTIVE, True, ["kept"])
    assert bench.made == ["fixed old", "site old"]


async def test_a_paused_plugin_is_resumed_by_hand_without_being_built_anew(bench: Bench) -> None:
    for _ in range(5):
        with pytest.raises(PluginError):
            await bench.title("bad")
    assert bench.state() is PluginState.PAUSED
    await bench.switching.change("site", Override(resumed=1))
    assert bench.state() is PluginState.ACTIVE
    assert bench.made == ["fixed old", "site old"]


async def test_a_failed_plugin_is_tried_again_by_hand(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(plugin={"site": {"breaks": "building"}})
    assert bench.state() is PluginState.FAILED
    with refused(PluginLoadError, "cannot be built", bench):
        await bench.switching.change("site", Override(resumed=1))
    await bench.switching.change("site", Override(resumed=1, settings={"breaks": ""}))
    assert bench.state() is PluginState.ACTIVE


async def test_a_replaced_plugin_begins_without_its_predecessors_failures(bench: Bench) -> None:
    for _ in range(5):
        with pytest.raises(PluginError):
            await bench.title("bad")
    await bench.switching.change("site", Override(settings={"word": "new"}))
    assert bench.state() is PluginState.ACTIVE


async def test_what_the_configuration_leaves_out_can_be_switched_on(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(plugins={"disabled": ["site"]})
    assert bench.state() is PluginState.DISABLED
    await bench.switching.change("site", Override(enabled=True))
    assert await bench.title() == "old"


async def test_nobody_can_be_switched_who_is_not_there(bench: Bench) -> None:
    with refused(PluginLoadError, "did you mean 'site'", bench):
        await bench.switching.change("sitee", Override(enabled=False))


async def test_a_part_of_the_core_cannot_be_switched_off(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    loaded = load(
        Settings(), lambda *_: None, entry_points=[], builtins=(type(bench.hooks.roster.present.plugins["site"]),)
    )
    hooks = Hooks(loaded, bench.breaker, Settings().plugins, FakeClock())
    switching = Switching(hooks=hooks, settings=Settings(), overrides=Overrides(), workshop=bench)
    with pytest.raises(ConfigError, match="part of the core"):
        await switching.change("site", Override(enabled=False))
