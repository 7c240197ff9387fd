"""Whoever asks and however often: everything behind one link shares one span of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from fetchgram.api import (
    Json,
    Link,
    LinkKind,
    PluginError,
    TemporarilyUnavailable,
    WorkerTimeout,
    encode,
)
from fetchgram.settings import PluginsSettings
from fetchgram.testing import FakeClock, FakeContext, open_database
from fetchgram_instagram.deadline import Deadline
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.guide import Guide
from fetchgram_instagram.health import VISITOR
from fetchgram_instagram.links import claim
from fetchgram_instagram.plugin import Plugin
from fetchgram_instagram.settings import Settings

COOKIES = {"sessionid": "secret", "ds_user_id": "1", "csrftoken": "token"}
LOOK_S = 25.0


@dataclass
class SlowWorkers:
    """Children that take their time, and are stopped at their limit.

    Args:
        clock: Passes while they work.
        takes_s: How long each work would take.
        verdict: What they come to.
        limits_s: The limits that they were given.
    """

    clock: FakeClock
    takes_s: float
    verdict: Verdict
    limits_s: list[float] = field(default_factory=list)

    async def run(self, target: str, payload: Json, *, timeout_s: float, **_: object) -> Json:
        self.limits_s.append(timeout_s)
        self.clock.advance(min(self.takes_s, timeout_s))
        await asyncio.sleep(0)
        if self.takes_s >= timeout_s:
            raise WorkerTimeout(f"took over {timeout_s} s")
        assert target == "fetchgram_instagram.child:look", "yt-dlp would take too long"
        assert isinstance(payload, dict)
        return {"refusal": encode(Refusal(verdict=self.verdict)), "asked": 1}


Made = tuple[Guide, SlowWorkers, FakeClock]


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Made]]]:
    clock = FakeClock()

    async def made(takes_s: float, verdict: Verdict, accounts: Sequence[str] = ()) -> Made:
        workers = SlowWorkers(clock, takes_s, verdict)
        context = FakeContext(name="instagram", data_dir=tmp_path, clock=clock, database=database, workers=workers)  # type: ignore[arg-type]  # only what is asked for
        guide = Guide(context, Settings(look_timeout_s=LOOK_S))
        for name in accounts:
            await guide._accounts.keep(name, COOKIES)
        return guide, workers, clock

    async with open_database("instagram", tmp_path, Plugin.migrations, clock=clock) as database:
        yield made


def link(path: str = "reel/Creel000001/") -> Link:
    return cast("Link", claim(f"https://www.instagram.com/{path}"))


def test_by_default_it_ends_before_the_core_loses_its_patience() -> None:
    assert Settings().look_timeout_s < PluginsSettings().hook_timeout_s


def test_a_deadline_counts_down_and_never_below_nothing() -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, 5)
    clock.advance(2)
    assert deadline.left_s == 3
    clock.advance(10)
    assert deadline.left_s == 0


async def test_the_other_engine_has_what_the_first_one_left(made: Callable[..., Awaitable[Made]]) -> None:
    guide, workers, clock = await made(15.0, Verdict.BROKEN)
    with pytest.raises(PluginError):
        await guide.probe(link())
    assert workers.limits_s == [25.0, 10.0]
    assert clock.monotonic() == LOOK_S


async def test_one_account_after_the_other_has_what_is_left_and_then_nobody_is_asked(
    made: Callable[..., Awaitable[Made]],
) -> None:
    guide, workers, clock = await made(10.0, Verdict.RATE, ("a", "b", "c", "d"))
    with pytest.raises(TemporarilyUnavailable):
        await guide.probe(link())
    assert workers.limits_s == [25.0, 15.0, 5.0]
    assert clock.monotonic() == LOOK_S


async def test_who_does_not_answer_in_time_is_said_so(made: Callable[..., Awaitable[Made]]) -> None:
    guide, _, clock = await made(1000.0, Verdict.BROKEN)
    with pytest.raises(TemporarilyUnavailable) as caught:
        await guide.probe(link())
    assert caught.value.text.key == "instagram-unreachable"
    assert clock.monotonic() == LOOK_S
    assert (await guide._accounts._table.read()).of(VISITOR).used != (), "it was asked all the same"


async def test_waiting_for_an_account_leaves_time_to_ask_with_it(made: Callable[..., Awaitable[Made]]) -> None:
    guide, workers, clock = await made(10.0, Verdict.GONE, ("a",))
    story = link("stories/some.body/")
    assert story.kind is LinkKind.STORY
    async with guide._accounts.lease(("a",), patience_s=0):
        looking = asyncio.create_task(guide.probe(story))
        while not looking.done():
            await asyncio.sleep(0.001)
            if (
                len(clock._sleepers) > 1
            ):  # whoever waits, besides whoever renews the lease; never while the database works
                clock.advance(0.5)
        with pytest.raises(TemporarilyUnavailable):
            await looking
    assert workers.limits_s == []
    assert clock.monotonic() < LOOK_S
