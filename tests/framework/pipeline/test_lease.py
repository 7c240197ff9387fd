from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from fetchgram.clock import SystemClock
from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Choice, ChoiceKind, Job, JobState, Link, LinkKind, Recipe
from fetchgram.pipeline.lease import JobLease, LeaseLost

JOB = Job(
    id=7,
    fingerprint="f",
    link=Link(plugin="site", kind=LinkKind.VIDEO, media_id="1", url="https://site.test/1"),
    recipe=Recipe(choice=Choice(kind=ChoiceKind.VIDEO)),
    title="t",
    state=JobState.RUNNING,
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)


class Renewals:
    """Of the queue, what a lease uses; answers with what the test gives, the last one again and again."""

    def __init__(self, answers: Sequence[Callable[[], object]]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def renew(self, job: Job) -> bool:
        assert job is JOB
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        found = answer()
        return bool(await found) if asyncio.iscoroutine(found) else bool(found)


def lease(renewals: Renewals, lease_s: float = 0.3) -> JobLease:
    clock = SystemClock()
    return JobLease(JOB, renewals, lease_s=lease_s, since=clock.monotonic(), clock=clock)  # type: ignore[arg-type]  # all of it that is used


def yes() -> bool:
    return True


def no() -> bool:
    return False


def away() -> bool:
    raise TemporarilyUnavailable("the database is away")


def silence() -> object:
    return asyncio.sleep(3600)


async def test_a_lease_is_kept_for_as_long_as_it_is_renewed() -> None:
    renewals = Renewals([yes])
    keeping = asyncio.create_task(lease(renewals).keep())
    async with asyncio.timeout(20):
        while renewals.asked < 8:
            await asyncio.sleep(0.01)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait([keeping])


async def test_a_lease_that_somebody_else_has_is_lost_at_once() -> None:
    renewals = Renewals([yes, no])
    async with asyncio.timeout(20):
        with pytest.raises(LeaseLost, match="somebody else"):
            await lease(renewals).keep()
    assert renewals.asked == 2


@pytest.mark.parametrize("answer", [away, silence])
async def test_a_lease_that_cannot_be_renewed_is_given_up(answer: Callable[[], object]) -> None:
    renewals = Renewals([yes, answer])
    async with asyncio.timeout(20):
        with pytest.raises(LeaseLost, match="could not be renewed in time"):
            await lease(renewals).keep()
    assert renewals.asked > 1


async def test_a_database_that_comes_back_in_time_costs_nothing() -> None:
    renewals = Renewals([away, away, yes])
    keeping = asyncio.create_task(lease(renewals, lease_s=30).keep())
    held = lease(renewals, lease_s=30)
    async with asyncio.timeout(20):
        while not await held._renewed():
            await asyncio.sleep(0.01)
    assert renewals.asked == 3
    keeping.cancel()
    await asyncio.wait([keeping])


def test_nothing_is_sent_in_the_last_quarter_of_a_lease() -> None:
    held = lease(Renewals([yes]), lease_s=100)
    assert held._safe_until <= held._clock.monotonic() + 75
