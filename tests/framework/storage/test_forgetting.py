from __future__ import annotations

from datetime import UTC, datetime

from fetchgram.model import Event, JobState, Person, Role
from fetchgram.model.failures import Story
from fetchgram.storage import Session, Storage

from .conftest import Work

NOW = datetime(2026, 1, 2, tzinfo=UTC)


async def know(session: Session, person: int) -> None:
    await session.people.seen(Person(bot_id=1, id=person, first_name="Ann", username="ann"))


async def test_nothing_is_left_of_somebody_who_is_forgotten(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        await know(session, 7)
        job, delivery, _ = await work.job(session, person=7)
        await session.events.add(Event(name="request.accepted", at=NOW, bot_id=1, person=7))
        await session.forgetting.forget(1, 7)
        assert await session.people.get(1, 7) is None
        assert await session.requests.get(delivery.request_id) is None
        assert [event.person for event in await session.events.after(0, 9)] in ([None], [])
        ended = await session.jobs.get(job.id)
    assert ended is not None
    assert ended.state is JobState.CANCELLED


async def test_a_job_that_others_wait_for_goes_on(storage: Storage, work: Work) -> None:
    async with storage.write() as session:
        job, _, _ = await work.job(session, "same", person=7)
        _, other, _ = await work.job(session, "same", person=8)
        await session.forgetting.forget(1, 7)
        left = await session.jobs.get(job.id)
        assert left is not None
        assert left.state is JobState.QUEUED
        assert [delivery.id for delivery in await session.deliveries.of_job(job.id)] == [other.id]


async def test_a_ban_and_a_role_stay_without_a_name(storage: Storage) -> None:
    async with storage.write() as session:
        for person in (7, 8):
            await know(session, person)
        await session.people.ban(1, 7, None, "spam")
        await session.people.set_role(1, 8, Role.ADMIN)
        for person in (7, 8):
            await session.forgetting.forget(1, person)
        banned, admin = await session.people.get(1, 7), await session.people.get(1, 8)
    assert banned is not None
    assert admin is not None
    assert banned.is_banned(NOW)
    assert admin.role is Role.ADMIN
    assert (banned.person.first_name, admin.person.username) == ("", None)


async def test_own_limits_stay_and_nobody_finds_the_name_any_more(storage: Storage) -> None:
    async with storage.write() as session:
        await know(session, 7)
        await session.people.set_limits(1, 7, {"jobs_per_day": 1})
        await session.forgetting.forget(1, 7)
        left = await session.people.get(1, 7)
        assert left is not None
        assert left.limits == {"jobs_per_day": 1}
        assert await session.directory.find(1, "ann", 9) == []


async def test_the_stories_of_a_persons_failures_go_with_them(storage: Storage) -> None:
    async with storage.write() as session:
        for number, person in (("A", 7), ("B", 8)):
            told = Story(
                number=number, at=NOW, kind="request", plugin="p", reason="r", error="e", bot_id=1, person=person
            )
            await session.stories.add(told)
        await session.forgetting.forget(1, 7)
        assert await session.stories.get("A") is None
        assert await session.stories.get("B") is not None
