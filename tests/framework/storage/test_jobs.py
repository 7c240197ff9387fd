from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Checkpoint, Job, JobState, Media, MediaKind, Person, Stage, text
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work

CLAIMER = """
import asyncio, sys
from pathlib import Path
from fetchgram.storage import open_storage

async def main(folder, worker, url):
    storage = await open_storage(url or None, Path(folder))
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        async with storage.write() as session:
            job = await session.jobs.claim(worker, 60, running_limit=1000)
        if job is None:
            break
        print(job.id, flush=True)
        await asyncio.sleep(0.002)
    await storage.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def claim(session: Session, *, limit: int = 3, lease_s: float = 30) -> Job:
    job = await session.jobs.claim("w1", lease_s, running_limit=limit)
    assert job is not None
    return job


async def test_equal_wishes_meet_in_one_open_job(session: Session, work: Work) -> None:
    first, mine, created = await work.job(session, "f", person=7)
    second, yours, again = await work.job(session, "f", person=8)
    assert (created, again) == (True, False)
    assert first.id == second.id
    assert mine.id != yours.id
    assert await session.deliveries.requests_of(first.id) == [mine.request_id, yours.request_id]


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
async def test_an_ended_job_is_not_joined(session: Session, work: Work, state: JobState) -> None:
    first, _, _ = await work.job(session, "f")
    await session.jobs.finish(first.id, (await claim(session)).lease, state)
    second, _, created = await work.job(session, "f")
    assert created
    assert second.id > first.id


async def test_a_running_job_is_joined(session: Session, work: Work) -> None:
    first, _, _ = await work.job(session, "f")
    await claim(session)
    joined, _, created = await work.job(session, "f", person=8)
    assert (joined.id, joined.state, created) == (first.id, JobState.RUNNING, False)


async def test_joining_twice_is_one_delivery(session: Session, work: Work) -> None:
    request = await work.request(session)
    arguments = ("f", work.link, work.recipe, "t", request, 0, work.chat, "7", 1.0)
    _, first, _ = await session.jobs.join_or_create(*arguments)
    _, second, created = await session.jobs.join_or_create(*arguments)
    assert not created
    assert second == first


async def test_a_job_for_a_request_that_does_not_exist_is_refused(session: Session, work: Work) -> None:
    with pytest.raises(LookupError):
        await session.jobs.join_or_create("f", work.link, work.recipe, "t", 99, 0, work.chat, "7", 1.0)


async def test_a_claim_runs_the_job_under_a_new_lease(session: Session, work: Work) -> None:
    created, _, _ = await work.job(session)
    job = await claim(session)
    assert (job.id, job.state, job.attempt, job.lease) == (created.id, JobState.RUNNING, 1, 1)
    assert (job.link, job.recipe, job.title, job.stage) == (work.link, work.recipe, "title", Stage.DOWNLOAD)
    assert await session.jobs.claim("w2", 30, running_limit=3) is None


async def test_a_person_at_the_limit_waits_and_the_next_one_goes(session: Session, work: Work) -> None:
    for _ in range(3):
        await work.job(session, person=7)
    other, _, _ = await work.job(session, person=8)
    taken = [await claim(session, limit=2) for _ in range(3)]
    assert other.id in {job.id for job in taken}
    assert await session.jobs.claim("w1", 30, running_limit=2) is None
    assert await session.line.counts_of("7") == (2, 1)
    mine = next(job for job in taken if job.id != other.id)
    await session.jobs.finish(mine.id, mine.lease, JobState.DONE)
    assert (await claim(session, limit=2)).id not in {job.id for job in taken}


async def test_who_has_a_limit_of_their_own_waits_sooner_or_later_than_others(session: Session, work: Work) -> None:
    for person, own in {7: {"running": 1}, 8: {"running": 3}, 9: {"jobs_per_day": 1}, 10: {}}.items():
        await session.people.seen(Person(bot_id=1, id=person))
        await session.people.set_limits(1, person, own)
        for _ in range(4):
            await work.job(session, person=person, key=f"1:{person}")
    while await session.jobs.claim("w1", 30, running_limit=2, unlimited=(10,)) is not None:
        pass
    counts = [await session.line.counts_of(f"1:{person}") for person in (7, 8, 9, 10)]
    assert counts == [(1, 3), (3, 1), (2, 2), (4, 0)]


async def test_a_claim_may_be_for_one_job_only(session: Session, work: Work) -> None:
    await work.job(session)
    wanted, _, _ = await work.job(session)
    job = await session.jobs.claim("w1", 30, running_limit=3, only=wanted.id)
    assert job is not None
    assert job.id == wanted.id
    assert await session.jobs.claim("w1", 30, running_limit=3, only=wanted.id) is None


async def test_a_silent_worker_loses_its_job_and_may_write_nothing_more(
    storage: Storage, work: Work, clock: StoppedClock
) -> None:
    async with storage.write() as session:
        _, delivery, _ = await work.job(session)
        old = await claim(session)
        clock.pass_(29.9)
    async with storage.write() as session:
        assert await session.jobs.claim("w2", 30, running_limit=3) is None
        clock.pass_(0.1)
    async with storage.write() as session:
        new = await session.jobs.claim("w2", 30, running_limit=1)
        assert new is not None
        assert (new.id, new.lease, new.attempt) == (old.id, old.lease + 1, 2)
        await assert_refused(session, old, delivery.id)
        assert (await session.jobs.stage(new.id, new.lease, Stage.DELIVER, None)).stage is Stage.DELIVER


async def assert_refused(session: Session, job: Job, delivery_id: int) -> None:
    assert await session.jobs.renew(job.id, job.lease, 30) is False
    for call in (
        session.jobs.stage(job.id, job.lease, Stage.DELIVER, None),
        session.jobs.finish(job.id, job.lease, JobState.DONE),
        session.jobs.retry(job.id, job.lease, session.now),
        session.jobs.release(job.id, job.lease),
        session.deliveries.ledger_put(delivery_id, "k", 1, job_id=job.id, lease=job.lease),
    ):
        with pytest.raises(TemporarilyUnavailable, match="lease lost"):
            await call


async def test_a_renewed_lease_holds_longer(storage: Storage, work: Work, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await work.job(session)
        job = await claim(session)
        clock.pass_(20)
    async with storage.write() as session:
        assert await session.jobs.renew(job.id, job.lease, 30) is True
        clock.pass_(20)
    async with storage.write() as session:
        assert await session.jobs.claim("w2", 30, running_limit=3) is None
        assert await session.line.next_due() == session.now + timedelta(seconds=10)


async def test_a_cancelled_job_is_lost_to_its_worker(session: Session, work: Work) -> None:
    _, delivery, _ = await work.job(session)
    job = await claim(session)
    assert await session.jobs.cancel(job.id) is True
    assert await session.jobs.cancel(job.id) is False
    await assert_refused(session, job, delivery.id)
    found = await session.jobs.get(job.id)
    assert found is not None
    assert found.state is JobState.CANCELLED


async def test_the_leases_of_a_dead_worker_end_at_once(session: Session, work: Work) -> None:
    await work.job(session)
    old = await claim(session)
    assert await session.jobs.abandon("somebody else") == 0
    assert await session.jobs.abandon("w1") == 1
    assert (await claim(session)).lease == old.lease + 1
    assert await session.jobs.abandon() == 1


async def test_a_checkpoint_stays_until_a_new_one_or_the_download_begins_anew(session: Session, work: Work) -> None:
    await work.job(session)
    job = await claim(session)
    media = Media(path=Path("a.mp4"), kind=MediaKind.VIDEO, mime="video/mp4", size_bytes=3)
    left = Checkpoint(media=(media,), steps_done=1)
    await session.jobs.stage(job.id, job.lease, Stage.POST_PROCESS, left)
    assert (await session.jobs.stage(job.id, job.lease, Stage.DELIVER, None)).checkpoint == left
    assert (await session.jobs.stage(job.id, job.lease, Stage.DOWNLOAD, None)).checkpoint is None


async def test_a_retried_job_waits_for_its_time(storage: Storage, work: Work, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await work.job(session)
        job = await claim(session)
        due = session.now + timedelta(seconds=5)
        waiting = await session.jobs.retry(job.id, job.lease, due)
        assert (waiting.state, waiting.not_before, waiting.attempt) == (JobState.WAITING, due, 1)
        assert await session.line.next_due() == due
        assert await session.jobs.claim("w1", 30, running_limit=3) is None
    clock.pass_(5)
    async with storage.write() as session:
        again = await claim(session)
        assert (again.id, again.attempt, again.not_before) == (job.id, 2, None)


async def test_a_released_job_is_queued_and_the_attempt_does_not_count(session: Session, work: Work) -> None:
    await work.job(session)
    job = await claim(session)
    released = await session.jobs.release(job.id, job.lease)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)
    assert (await claim(session)).attempt == 1


async def test_an_error_is_kept(session: Session, work: Work) -> None:
    await work.job(session)
    job = await claim(session)
    error = text("error-gone")
    ended = await session.jobs.finish(job.id, job.lease, JobState.FAILED, error=error, error_number="E7")
    assert (ended.state, ended.error, ended.error_number) == (JobState.FAILED, error, "E7")
    assert await session.line.next_due() is None


async def test_jobs_are_listed_by_state_newest_first(session: Session, work: Work) -> None:
    ids = [(await work.job(session))[0].id for _ in range(3)]
    running = await claim(session)
    queued = await session.jobs.list([JobState.QUEUED], 9)
    assert [job.id for job in queued] == sorted(set(ids) - {running.id}, reverse=True)
    assert len(await session.jobs.list(list(JobState), 2)) == 2


@pytest.mark.timeout(120)
async def test_two_processes_never_claim_the_same_job(
    storage: Storage, tmp_path: Path, migrated_url: str | None, work: Work
) -> None:
    async with storage.write() as session:
        made = {(await work.job(session, person=n % 7))[0].id for n in range(120)}
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CLAIMER,
            str(tmp_path),
            name,
            migrated_url or "",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for name in ("a", "b")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    claimed = [[int(line) for line in output.split()] for output, _ in outputs]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert sorted(itertools.chain(*claimed)) == sorted(made)
    # All of them worked: it was a race, not one after the other.
    assert sum(bool(ids) for ids in claimed) > 1
