from __future__ import annotations

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fetchgram.model import JobState
from fetchgram.pipeline.turns import Work as Kind
from fetchgram.pipeline.turns import cost as cost_of
from fetchgram.storage import Session, Storage, open_storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work

COSTS = (0.25, 1.0, 3.0)
ADD, SERVE = "add", "serve"


Step: TypeAlias = tuple[str, int, float]
Served: TypeAlias = tuple[int, float, frozenset[int]]
"""Who was served, at what cost, and who had work waiting then."""


class Rollback(Exception):
    """Ends an example; the next one begins with an empty database."""


async def serve(session: Session) -> int | None:
    job = await session.jobs.claim("w", 30, running_limit=10_000)
    if job is None:
        return None
    await session.jobs.finish(job.id, job.lease, JobState.DONE)
    return job.id


async def test_a_person_with_one_job_does_not_wait_behind_a_hundred(session: Session, work: Work) -> None:
    for _ in range(100):
        await work.job(session, person=1)
    for _ in range(10):
        await serve(session)
    mine, _, _ = await work.job(session, person=2)
    assert mine.id in [await serve(session) for _ in range(2)]


async def test_who_asks_again_and_again_does_not_starve_who_waits(session: Session, work: Work) -> None:
    patient = [(await work.job(session, person=1))[0].id for _ in range(5)]
    served = []
    for _ in range(10):
        await work.job(session, person=2)
        served.append(await serve(session))
    assert set(patient) <= set(served)


async def test_a_dear_job_moves_the_next_one_of_its_person_back_not_itself(session: Session, work: Work) -> None:
    dear, _, _ = await work.job(session, person=1, cost=3)
    later, _, _ = await work.job(session, person=1, cost=3)
    cheap = [(await work.job(session, person=2))[0].id for _ in range(4)]
    assert [await serve(session) for _ in range(6)] == [dear.id, *cheap[:3], later.id, cheap[3]]


async def test_a_job_that_was_cancelled_before_its_start_costs_its_person_nothing(session: Session, work: Work) -> None:
    for _ in range(20):
        job, _, _ = await work.job(session, person=1)
        await session.jobs.cancel(job.id)
    mine, _, _ = await work.job(session, person=1)
    for _ in range(3):
        await work.job(session, person=2)
    assert await serve(session) == mine.id


async def test_whoever_joins_a_job_far_behind_in_anothers_line_brings_it_forward(session: Session, work: Work) -> None:
    for n in range(10):
        await work.job(session, f"f{n}", person=1)
    joined, _, created = await work.job(session, "f9", person=2)
    assert not created
    assert joined.id in [await serve(session) for _ in range(2)]


async def test_whoever_is_behind_already_does_not_move_a_job_that_they_join(session: Session, work: Work) -> None:
    shared, _, _ = await work.job(session, "f", person=1)
    for n in range(5):
        await work.job(session, f"g{n}", person=2)
    await work.job(session, "f", person=2)
    assert await serve(session) == shared.id
    assert await session.line.counts_of("1") == (0, 0)


async def test_what_was_interrupted_goes_on_before_what_waits_with_a_lower_tag(session: Session, work: Work) -> None:
    mine = [(await work.job(session, person=1))[0].id for _ in range(3)]
    assert await session.jobs.claim("w", 30, running_limit=1) is not None
    await work.job(session, person=2, cost=5)
    await serve_with(session, limit=1)
    theirs, _, _ = await work.job(session, person=2)
    begun = await session.jobs.claim("w", 30, running_limit=1)  # mine are passed over: I am at my limit
    assert begun is not None
    assert begun.id == theirs.id
    await session.jobs.abandon()
    again = [await session.jobs.claim("next", 30, running_limit=10) for _ in range(3)]
    assert [job.id for job in again if job is not None] == [mine[0], theirs.id, mine[1]]


async def serve_with(session: Session, limit: int) -> None:
    job = await session.jobs.claim("w", 30, running_limit=limit)
    assert job is not None
    await session.jobs.finish(job.id, job.lease, JobState.DONE)


async def test_the_clock_outlives_the_process(tmp_path: Path, migrated_url: str | None, work: Work) -> None:
    storage = await open_storage(migrated_url, tmp_path)
    async with storage.write() as session:
        for _ in range(20):
            await work.job(session, person=1)
        for _ in range(10):
            await serve(session)
    await storage.close()
    storage = await open_storage(migrated_url, tmp_path)
    async with storage.write() as session:
        ids = [(await work.job(session, person=2))[0].id for _ in range(20)]
        served = [await serve(session) for _ in range(10)]
    await storage.close()
    # A newcomer has no claim to the time before: they share from now on.
    assert len(set(ids) & set(served)) == 5


@pytest.mark.timeout(120)
def test_in_every_stretch_two_people_who_wait_get_equal_shares(tmp_path: Path, work: Work) -> None:
    steps = st.one_of(
        st.tuples(st.just(ADD), st.integers(1, 3), st.sampled_from(COSTS)),
        st.just((SERVE, 0, 0.0)),
    )
    with asyncio.Runner() as runner:
        storage = runner.run(open_storage(None, tmp_path))

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(st.lists(steps, max_size=40))
        def check(plan: list[Step]) -> None:
            assert_fair(runner.run(play(storage, work, plan)))

        try:
            check()
        finally:
            runner.run(storage.close())


async def play(storage: Storage, work: Work, plan: list[Step]) -> list[Served]:
    history: list[Served] = []
    waiting: dict[int, tuple[int, float]] = {}
    with contextlib.suppress(Rollback):
        async with storage.write() as session:
            for kind, person, cost in [*plan, *([(SERVE, 0, 0.0)] * len(plan))]:
                if kind == ADD:
                    job, _, _ = await work.job(session, person=person, cost=cost)
                    waiting[job.id] = (person, cost)
                elif (job_id := await serve(session)) is not None:
                    backlog = frozenset(who for who, _ in waiting.values())
                    history.append((*waiting.pop(job_id), backlog))
            raise Rollback
    assert not waiting, "somebody was never served"
    return history


def assert_fair(history: list[Served]) -> None:
    """Over every stretch in which two had work, each is within one dearest job of half of what both got.

    (Goyal, Vin, Cheng 1996, theorem 1: what they got differs by at most one job of each.)
    """
    for one, other in itertools.combinations(range(1, 4), 2):
        for start in range(len(history)):
            got = dict.fromkeys(range(1, 4), 0.0)
            for who, cost, backlog in history[start:]:
                if not {one, other} <= backlog:
                    break
                got[who] += cost
                assert abs(got[one] - (got[one] + got[other]) / 2) <= max(COSTS), history


PLAYLIST_COST, INTERACTIVE_COST = (cost_of(kind, cached=False) for kind in (Kind.PLAYLIST, Kind.INTERACTIVE))


async def test_a_playlist_goes_on_under_endless_single_links_of_many_people(session: Session, work: Work) -> None:
    items = [(await work.job(session, person=1, cost=PLAYLIST_COST, flow="1:playlist"))[0].id for _ in range(10)]
    served = []
    for _ in range(60):
        for person in (2, 3, 4):
            await work.job(session, person=person, cost=INTERACTIVE_COST)
        served.append(await serve(session))
    done = [place for place, job in enumerate(served) if job in items]
    # Three people who never stop asking at full speed, and a playlist at half: one of seven halves each.
    assert len(done) >= 60 * 0.5 / 3.5 - 1
    assert max(later - earlier for earlier, later in itertools.pairwise(done)) <= 9


async def test_a_persons_playlist_does_not_hold_up_the_link_that_they_send_next(session: Session, work: Work) -> None:
    for _ in range(50):
        await work.job(session, person=1, cost=PLAYLIST_COST, flow="1:playlist")
    for _ in range(5):
        await serve(session)
    mine, _, _ = await work.job(session, person=1)
    assert mine.id in [await serve(session) for _ in range(2)]


async def test_lists_and_links_of_a_person_share_one_limit_of_what_runs(session: Session, work: Work) -> None:
    await work.job(session, person=1, flow="1:playlist")
    await work.job(session, person=1)
    assert await session.jobs.claim("w", 30, running_limit=1) is not None
    assert await session.jobs.claim("w", 30, running_limit=1) is None
