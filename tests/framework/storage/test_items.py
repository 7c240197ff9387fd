from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Choice, ChoiceKind, Delivery, DeliveryState, Job, JobState, Recipe, text
from fetchgram.storage import Session

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work

WISH = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720, at_most=True))


async def put(session: Session, work: Work, request: int, position: int) -> tuple[Job, Delivery]:
    link = dataclasses.replace(work.link, media_id=f"m{position}")
    job, delivery, _ = await session.jobs.join_or_create(
        WISH.fingerprint(link), link, WISH, f"Film {position}", request, position, work.chat, "7", 1
    )
    return job, delivery


async def test_an_item_stands_where_its_latest_delivery_does(session: Session, work: Work) -> None:
    request = await work.request(session)
    for position in (2, 1):
        await put(session, work, request, position)
    job, delivery = await put(session, work, request, 3)
    await session.deliveries.set_state(delivery.id, DeliveryState.FAILED, error=text("error-private"))
    await session.jobs.cancel(job.id)
    again, _ = await put(session, work, request, 3)
    items = await session.items.of_request(request)
    assert [(item.position, item.title, item.state) for item in items] == [
        (position, f"Film {position}", DeliveryState.WAITING) for position in (1, 2, 3)
    ]
    assert (items[2].job_id, items[2].error, items[2].job_state) == (again.id, None, JobState.QUEUED)


async def test_a_wish_is_made_exact_under_the_lease_only(session: Session, work: Work) -> None:
    request = await work.request(session)
    await put(session, work, request, 1)
    job = await session.jobs.claim("w", 30, running_limit=9)
    assert job is not None
    with pytest.raises(TemporarilyUnavailable):
        await session.items.make_exact(dataclasses.replace(job, lease=0), work.link, work.recipe, "A film")
    assert await session.items.make_exact(job, work.link, work.recipe, "A film")
    exact = await session.jobs.get(job.id)
    assert exact is not None
    assert (exact.link, exact.recipe, exact.title) == (work.link, work.recipe, "A film")
    assert exact.fingerprint == work.recipe.fingerprint(work.link)
    assert (await session.items.of_request(request))[0].choice == work.recipe.choice


async def test_who_waits_goes_over_to_the_open_job_that_does_the_same(session: Session, work: Work) -> None:
    fingerprint = work.recipe.fingerprint(work.link)
    other, _, _ = await work.job(session, fingerprint)
    request = await work.request(session)
    job, delivery = await put(session, work, request, 1)
    assert not await session.items.make_exact(job, work.link, work.recipe, "A film")
    assert await session.items.move([delivery], job, fingerprint) == other.id
    assert [each.id for each in await session.deliveries.of_job(other.id)][-1] == delivery.id
    assert await session.deliveries.of_job(job.id) == []
    assert await session.items.move([delivery], job, "nobody does this") is None


async def test_only_what_has_not_begun_is_let_go_when_that_is_meant(session: Session, work: Work) -> None:
    request = await work.request(session)
    for position in (1, 2, 3):
        await put(session, work, request, position)
    running = await session.jobs.claim("w", 30, running_limit=9)
    assert running is not None
    orphans = await session.deliveries.detach(request, begun=False)
    assert running.id not in orphans
    assert len(orphans) == 2
    assert [item.state for item in await session.items.of_request(request)] == [
        DeliveryState.WAITING,
        DeliveryState.CANCELLED,
        DeliveryState.CANCELLED,
    ]
