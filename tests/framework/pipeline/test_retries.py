from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from fetchgram.api import (
    ChoiceGone,
    ContentUnavailable,
    DiskFull,
    FfmpegError,
    Reason,
    TemporarilyUnavailable,
    TooLarge,
    Uncertain,
    WorkerCrashed,
)
from fetchgram.model import Choice, ChoiceKind, Job, JobState, Link, LinkKind, Recipe
from fetchgram.pipeline.poison import Poisonous
from fetchgram.pipeline.retries import Retries
from fetchgram.settings import WorkSettings
from fetchgram.testing import FakeClock

JOB = Job(
    id=1,
    fingerprint="f",
    link=Link(plugin="fake", kind=LinkKind.VIDEO, media_id="1", url="https://fake/1"),
    recipe=Recipe(choice=Choice(kind=ChoiceKind.VIDEO)),
    title="",
    state=JobState.RUNNING,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    attempt=1,
)
LAST = dataclasses.replace(JOB, attempt=4)
PASSING = (
    TemporarilyUnavailable("502"),
    ContentUnavailable(Reason.UNREACHABLE),
    WorkerCrashed("signal 9"),
    FfmpegError("killed"),
)
FINAL = (
    *(ContentUnavailable(reason) for reason in Reason if reason is not Reason.UNREACHABLE),
    *(FfmpegError(kind) for kind in ("failed", "input", "refused", "timeout")),
    *(TooLarge(2, 1), ChoiceGone(), Uncertain(), Poisonous(), ZeroDivisionError()),
)


@pytest.fixture
def retries() -> Retries:
    return Retries(WorkSettings(attempts=4, retry_age_s=3600), FakeClock(JOB.created_at))


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass_is_tried_again_as_often_as_allowed(retries: Retries, error: Exception) -> None:
    again = retries.another(JOB, error)
    assert again is not None
    assert again.counts
    assert retries.another(LAST, error) is None


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_what_would_end_the_same_way_is_told_at_once(retries: Retries, error: Exception) -> None:
    assert retries.another(JOB, error) is None


def test_waits_double_and_no_two_are_alike(retries: Retries) -> None:
    waits = [_waits(retries, attempt) for attempt in (1, 2, 3)]
    for longest_s, seen in zip((5, 10, 20), waits, strict=True):
        assert longest_s / 2 <= min(seen) < max(seen) <= longest_s


def test_whoever_says_how_long_is_not_asked_sooner(retries: Retries) -> None:
    asked = [retries.another(JOB, TemporarilyUnavailable(retry_after_s=100)) for _ in range(50)]
    waits = [again.after_s for again in asked if again]
    assert 100 <= min(waits) < max(waits) <= 110


def test_waiting_for_room_is_no_try(retries: Retries) -> None:
    again = retries.another(LAST, DiskFull())
    assert again is not None
    assert not again.counts


@pytest.mark.parametrize("error", [TemporarilyUnavailable(), DiskFull()], ids=repr)
def test_a_job_that_is_too_old_is_not_tried_again(error: Exception) -> None:
    clock = FakeClock(JOB.created_at + timedelta(seconds=3599))
    assert Retries(WorkSettings(retry_age_s=3600, room_wait_s=3600), clock).another(JOB, error) is None


def test_whoever_does_not_want_to_wait_for_room_hears_at_once_that_there_is_none() -> None:
    assert Retries(WorkSettings(room_wait_s=0), FakeClock(JOB.created_at)).another(JOB, DiskFull()) is None


def test_a_wait_beyond_the_job_s_age_is_told_as_a_failure_now(retries: Retries) -> None:
    assert retries.another(JOB, TemporarilyUnavailable(retry_after_s=1e15)) is None


def _waits(retries: Retries, attempt: int) -> list[float]:
    job = dataclasses.replace(JOB, attempt=attempt)
    found = [retries.another(job, TemporarilyUnavailable()) for _ in range(50)]
    return [again.after_s for again in found if again]
