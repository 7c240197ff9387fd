from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from fetchgram.api import JobState, LimitReached, Person, RequestState, TemporarilyUnavailable
from fetchgram.model import Stage, text
from fetchgram.pipeline.audience import NoRoom, Queued, Retrying, Working
from fetchgram.pipeline.places import Standing, rounded_s, standing_of
from fetchgram.settings import Settings
from fetchgram.texts import Texts

from .conftest import BOT, Bench


async def _choose(bench: Bench, name: str) -> int:
    request = await bench.wish(f"https://fake/{name}", key=name)
    return await bench.route.intake.job_of(await bench.route.intake.choose(request.id, 0))


async def _standing(bench: Bench, job_id: int) -> Standing | None:
    async with bench.storage.read() as session:
        return await standing_of(session, job_id)


async def _done(bench: Bench, count: int, *, took_s: float) -> None:
    """Let jobs have taken so long, the checkpoint of a real download included."""
    for number in range(count):
        request = await bench.wish(f"https://fake/done{number}", key=f"done{number}")
        await bench.route.intake.choose(request.id, 0)
        await bench.run_until_ended(request.id)
    async with bench.storage.write() as session:
        await session.execute(sql(f"UPDATE jobs SET started_at = updated_at - {took_s * 1000:.0f}"))


async def test_nothing_is_said_of_the_wait_before_anything_was_measured(bench: Bench) -> None:
    await _done(bench, 2, took_s=60)
    await _choose(bench, "first")
    assert await _standing(bench, await _choose(bench, "second")) == Queued(place=2, running=0)


async def test_the_wait_is_what_the_last_jobs_took_times_the_place_by_how_many_run(bench: Bench) -> None:
    await _done(bench, 3, took_s=240)
    ids = [await _choose(bench, name) for name in "abcdef"]
    for _ in range(2):
        assert await bench.route.queue.claim() is not None
    assert await _standing(bench, ids[5]) == Queued(place=4, running=2, wait_s=480)
    assert await _standing(bench, ids[0]) is None


async def test_who_joins_a_job_that_has_begun_hears_what_is_done(bench: Bench) -> None:
    job_id = await _choose(bench, "a")
    assert await bench.route.queue.claim() is not None
    assert await _standing(bench, job_id) is None
    other = await bench.wish("https://fake/a", key="b", person=Person(bot_id=BOT, id=8))
    await bench.route.intake.choose(other.id, 0)
    assert await _standing(bench, job_id) == Working(stage=Stage.DOWNLOAD)


async def test_jobs_from_the_cache_say_nothing_of_how_long_one_takes(bench: Bench) -> None:
    await _done(bench, 3, took_s=60)
    async with bench.storage.write() as session:
        await session.execute(sql("UPDATE jobs SET checkpoint = NULL"))
    await _choose(bench, "a")
    assert await _standing(bench, await _choose(bench, "b")) == Queued(place=2, running=0)


async def test_a_job_that_is_tried_again_says_when_counting_down_and_then_its_place(bench: Bench) -> None:
    job_id = await _choose(bench, "a")
    job = await bench.route.queue.claim()
    assert job is not None
    error = TemporarilyUnavailable().text
    async with bench.storage.write() as session:
        await session.jobs.retry(job.id, job.lease, session.now + timedelta(seconds=38), error=error)
    assert await _standing(bench, job_id) == Retrying(after_s=40, error=error)
    async with bench.storage.write() as session:
        await session.execute(sql("UPDATE jobs SET not_before = not_before - 20000"))
    assert await _standing(bench, job_id) == Retrying(after_s=20, error=error)
    async with bench.storage.write() as session:
        await session.execute(sql("UPDATE jobs SET not_before = not_before - 20000"))
    assert await _standing(bench, job_id) == Queued(place=1, running=0)


async def test_a_try_can_be_had_at_once(bench: Bench) -> None:
    job_id = await _choose(bench, "a")
    job = await bench.route.queue.claim()
    assert job is not None
    assert not await bench.route.reruns.hurry(1)
    async with bench.storage.write() as session:
        later = session.now + timedelta(hours=1)
        await session.jobs.retry(job.id, job.lease, later, error=TemporarilyUnavailable().text)
    assert await bench.route.queue.claim() is None
    assert await bench.route.reruns.hurry(1)
    again = await bench.route.queue.claim()
    assert again is not None
    assert (again.id, again.attempt, again.error) == (job_id, 2, None)


@pytest.mark.parametrize(("exact_s", "said_s"), [(0.2, 5), (31, 35), (60, 60), (61, 120), (3599, 3600)])
def test_a_wait_is_said_in_steps_so_that_it_does_not_change_with_every_look(exact_s: float, said_s: float) -> None:
    assert rounded_s(exact_s) == said_s


@pytest.mark.parametrize(
    ("place", "wait", "said"),
    [
        (1, 0, "⏳ You are next in line."),
        (3, 0, "⏳ Number 3 in line, 2 running."),
        (3, 300, "⏳ Number 3 in line, 2 running. It starts in about 5 min."),
    ],
)
def test_the_wait_is_said_as_about_and_not_at_all_when_unknown(place: int, wait: float, said: str) -> None:
    assert Texts.load().render(text("status-queued", place=place, running=2, wait=wait), "en") == said


async def test_when_everybodys_line_is_full_one_more_is_refused_and_the_menu_stays(bench: Bench) -> None:
    bench.route.intake._orders._limits._line_max = 2
    for name in "ab":
        await _choose(bench, name)
    request = await bench.wish("https://fake/c", key="c")
    with pytest.raises(LimitReached) as refused:
        await bench.route.intake.choose(request.id, 0)
    assert refused.value.text == text("limit-line", count=2, wait=0)
    assert (await bench.route.intake.request(request.id)).state is RequestState.CHOOSING


def test_the_line_of_everybody_has_an_end_by_default() -> None:
    assert 100 <= Settings().work.line_max <= 100_000


async def test_the_same_standing_is_there_after_a_restart(bench: Bench) -> None:
    job_id = await _choose(bench, "a")
    job = await bench.route.queue.claim()
    assert job is not None
    async with bench.storage.write() as session:
        later = session.now + timedelta(seconds=100)
        await session.jobs.retry(job.id, job.lease, later, error=text("error-disk-full"), counts=False)
        held = await session.jobs.get(job_id)
    assert held is not None
    assert (held.state, held.attempt) == (JobState.WAITING, 0)
    assert await _standing(bench, job_id) == NoRoom()
