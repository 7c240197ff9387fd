from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import pytest

from fetchgram.api import API_VERSION, SettingsModel
from fetchgram.plugins.roster import Roster
from fetchgram.plugins.status import Loaded

LoadClasses = Callable[..., Loaded]


def _kind(name: str) -> type:
    def build(self: object, settings: SettingsModel, context: object) -> None: ...

    return type("Plugin", (), {"name": name, "api_version": API_VERSION, "__init__": build})


@pytest.fixture
def old(load_classes: LoadClasses) -> Loaded:
    return load_classes(_kind("alpha"), _kind("beta"))


@pytest.fixture
def new(load_classes: LoadClasses) -> Loaded:
    return load_classes(_kind("alpha"))


def test_whoever_began_before_a_change_stays_with_what_was_there(old: Loaded, new: Loaded) -> None:
    roster = Roster(old)
    with roster.hold():
        roster.put(new)
        assert roster.held is old
        assert roster.present is new
    assert roster.held is new


async def test_tasks_of_whoever_holds_stay_with_it_too(old: Loaded, new: Loaded) -> None:
    roster = Roster(old)

    async def look() -> Loaded:
        return roster.held

    with roster.hold():
        roster.put(new)
        assert await asyncio.create_task(look()) is old


def test_rosters_do_not_mix(old: Loaded, new: Loaded) -> None:
    mine, other = Roster(old), Roster(new)
    with mine.hold(), other.hold():
        assert mine.held is old
        assert other.held is new


async def test_a_plugin_is_unused_when_the_last_one_at_work_with_it_ends(old: Loaded, new: Loaded) -> None:
    roster, begun, end = Roster(old), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        with roster.hold():
            begun.set()
            await end.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        await begun.wait()
        roster.put(new)
        waiting = group.create_task(roster.unused(old.plugins["beta"]))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        end.set()
        async with asyncio.timeout(10):
            await waiting


async def test_nobody_waits_for_a_plugin_that_nobody_uses(old: Loaded, new: Loaded) -> None:
    roster = Roster(old)
    roster.put(new)
    async with asyncio.timeout(10):
        await roster.unused(old.plugins["beta"])


async def test_attending_follows_who_is_there(old: Loaded, new: Loaded) -> None:
    roster, served, ended = Roster(old), list[str](), list[str]()

    async def serve(name: str) -> None:
        served.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    def names() -> Iterable[str]:
        return tuple(roster.present.plugins)

    async with asyncio.TaskGroup() as group, asyncio.timeout(10):
        attending = group.create_task(roster.attend(names, serve))
        while len(served) < 2:
            await asyncio.sleep(0)
        roster.put(new)  # another alpha, no beta
        while sorted(ended) != ["alpha", "beta"] or served.count("alpha") != 2:
            await asyncio.sleep(0)
        attending.cancel()
