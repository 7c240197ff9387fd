from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.model import JobState
from fetchgram.storage import Session

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work


async def fill(session: Session, work: Work, count: int) -> list[int]:
    return [(await work.job(session, f"f{number}", person=number))[0].id for number in range(count)]


async def test_the_line_is_read_in_the_order_of_turns_page_by_page(session: Session, work: Work) -> None:
    ids = await fill(session, work, 5)
    await session.jobs.cancel(ids[1])
    first = await session.line.page(2)
    second = await session.line.page(9, after=(first[-1].tag, first[-1].id))
    assert [job.id for job in (*first, *second)] == [ids[0], *ids[2:]]
    assert (first[0].plugin, first[0].title, first[0].state) == ("site", "title", JobState.QUEUED)


async def test_the_line_is_counted_by_state(session: Session, work: Work) -> None:
    await fill(session, work, 3)
    await session.jobs.claim("w", 30, running_limit=9)
    assert await session.line.counts() == {JobState.RUNNING: 1, JobState.QUEUED: 2}


async def test_who_waits_for_a_job_is_named_in_the_order_of_joining(session: Session, work: Work) -> None:
    job, *_ = await work.job(session, "same", person=7)
    await work.job(session, "same", person=8)
    assert [(w.person, w.job_id, w.url) for w in await session.line.waiters([job.id])] == [
        (7, job.id, work.link.url),
        (8, job.id, work.link.url),
    ]


async def test_a_job_that_is_moved_to_the_front_is_claimed_next(session: Session, work: Work) -> None:
    ids = await fill(session, work, 4)
    assert await session.line.to_front(ids[3]) is True
    assert await session.line.to_front(ids[2]) is True
    claimed = [await session.jobs.claim("w", 30, running_limit=9) for _ in range(4)]
    assert [job.id for job in claimed if job] == [ids[2], ids[3], ids[0], ids[1]]


async def test_a_job_that_waits_for_another_try_has_it_at_once(session: Session, work: Work) -> None:
    (id_,) = await fill(session, work, 1)
    job = await session.jobs.claim("w", 30, running_limit=9)
    assert job is not None
    await session.jobs.retry(id_, job.lease, session.now.replace(year=2100))
    assert await session.jobs.claim("w", 30, running_limit=9) is None
    assert await session.line.to_front(id_) is True
    assert await session.jobs.claim("w", 30, running_limit=9) is not None


async def test_what_runs_or_has_ended_is_not_moved(session: Session, work: Work) -> None:
    running, ended = await fill(session, work, 2)
    await session.jobs.claim("w", 30, running_limit=9)
    await session.jobs.cancel(ended)
    assert await session.line.to_front(running) is False
    assert await session.line.to_front(ended) is False
    assert await session.line.to_front(999) is False
    assert (await session.line.worker_of(running), await session.line.worker_of(ended)) == ("w", None)


async def test_the_place_in_line_counts_from_one_and_is_zero_outside_it(session: Session, work: Work) -> None:
    ids = [(await work.job(session, person=person))[0].id for person in (1, 2, 3)]
    assert [await session.line.place(id_) for id_ in ids] == [(1, 0), (2, 0), (3, 0)]
    first = await session.jobs.claim("w", 30, running_limit=9)
    assert first is not None
    assert [await session.line.place(id_) for id_ in ids] == [(0, 1), (1, 1), (2, 1)]
    assert await session.line.place(99) == (0, 1)
    assert first.id == ids[0]
