"""What becomes of a job: every transition is one transaction with its event; people hear of it after the commit."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from fetchgram.errors import ChoiceGone, TemporarilyUnavailable
from fetchgram.model import (
    Checkpoint,
    Delivery,
    DeliveryState,
    Job,
    JobState,
    Json,
    Probe,
    Receipt,
    Recipe,
    Request,
    RequestState,
    Route,
    Stage,
    Text,
)
from fetchgram.pipeline import facts
from fetchgram.pipeline.audience import (
    Audience,
    Done,
    Failed,
    MenuAgain,
    News,
    UncertainDelivery,
)
from fetchgram.pipeline.cache import ROUTE, Cache
from fetchgram.pipeline.endings import fail_delivery, leave_uncertain, may_have_arrived, open_deliveries
from fetchgram.pipeline.facts import Took
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.places import waiting_news
from fetchgram.pipeline.poison import note_deaths, refuse_poison
from fetchgram.pipeline.retries import Again
from fetchgram.pipeline.settlement import settle
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage

log = structlog.get_logger()

Hint: TypeAlias = Callable[[Session, int, datetime | None], Awaitable[None]]


class Outcomes:
    """Writes down how jobs and deliveries go on and end, and tells people.

    Args:
        storage: Where it is written.
        audience: Who hears of it.
        cache: Keeps what can be sent again.
        workdirs: Folders to remove at the end.
        hint: Says that a job can start, now or later, to those who may take it.
        clock: Time.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        audience: Audience,
        cache: Cache,
        workdirs: Workdirs,
        hint: Hint,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._audience = audience
        self._cache = cache
        self._workdirs = workdirs
        self._hint = hint
        self._clock = clock

    async def tell_all(self, job: Job, news: News) -> None:
        """Tell everyone who waits for this job."""
        for delivery in await self._open(job):
            await self._audience.tell(delivery.request_id, delivery.position, news)

    async def checkpoint(self, job: Job, stage: Stage, checkpoint: Checkpoint | None, took: Took | None = None) -> Job:
        """Write down what a stage left, and that it took so long; a restart goes on from here."""
        async with self._storage.write() as session:
            updated = await session.jobs.stage(job.id, job.lease, stage, checkpoint)
            if took is not None:
                size_bytes = sum(media.size_bytes for media in checkpoint.media) if checkpoint else 0
                await self._record(session, "job.stage", job, told=facts.ended(took, size_bytes))
        return updated

    async def delivered(self, job: Job, delivery: Delivery, receipt: Receipt, route: Route, *, send_s: float) -> None:
        """A delivery arrived, and sending it took so long."""
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            await session.deliveries.set_state(delivery.id, DeliveryState.DELIVERED, receipt=receipt)
            await self._cache.keep(session, job, delivery, receipt, route)
            request = await settle(session, delivery.request_id)
            told = facts.delivered(
                job, delivery, receipt, route, cached=route.name == ROUTE, send_s=send_s, at=session.now
            )
            await self._record(session, "job.delivered", job, request, told=told)
        log.info("job.delivered", delivery=delivery.id, route=route.name, size_bytes=receipt.size_bytes)
        await self._audience.tell(delivery.request_id, delivery.position, Done(receipt=receipt))

    async def uncertain(self, job: Job, delivery: Delivery, number: str) -> None:
        """A send was cut in the middle."""
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            await leave_uncertain(session, job, delivery, number, self._clock.now())
        await self._audience.tell(delivery.request_id, delivery.position, UncertainDelivery())

    async def not_delivered(self, job: Job, delivery: Delivery, news: Failed) -> None:
        """No route took it."""
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            await fail_delivery(session, job, delivery, news, self._clock.now())
        await self._audience.tell(delivery.request_id, delivery.position, news)

    async def postponed(self, job: Job, delivery_id: int) -> None:
        """Let a delivery of which nothing was sent begin anew: by the next time the cache may have it."""
        async with self._storage.write() as session:
            current, delivery = await session.jobs.get(job.id), await session.deliveries.get(delivery_id)
            held = current is not None and (current.state, current.lease) == (JobState.RUNNING, job.lease)
            if not held or delivery is None or delivery.state is not DeliveryState.SENDING:
                return
            if not await may_have_arrived(session, delivery):
                await session.deliveries.set_state(delivery_id, DeliveryState.WAITING)

    async def done_if_answered(self, job: Job) -> bool:
        """End the job unless a request still waits; joining and ending cannot miss one another."""
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            if any(not d.state.ended for d in await session.deliveries.of_job(job.id)):
                return False
            await session.jobs.finish(job.id, job.lease, JobState.DONE)
            await self._record(session, "job.done", job)
        return True

    async def failed(self, job: Job, news: Failed) -> None:
        """The job failed: so did everything that waits for it, but for what may have arrived already."""
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            waiting = await open_deliveries(session, job)
            unsure = [delivery for delivery in waiting if await may_have_arrived(session, delivery)]
            for delivery in waiting:
                if delivery in unsure:
                    await leave_uncertain(session, job, delivery, news.number, self._clock.now())
                else:
                    await fail_delivery(session, job, delivery, news, self._clock.now())
            await session.jobs.finish(job.id, job.lease, JobState.FAILED, error=news.error, error_number=news.number)
            told: dict[str, Json] = {"reason": facts.reason(news.error), "stage": str(job.stage)}
            await self._record(session, "job.failed", job, told=told)
        await self._tell([delivery for delivery in waiting if delivery not in unsure], news)
        await self._tell(unsure, UncertainDelivery())

    async def back_to_menu(self, job: Job, error: ChoiceGone, news: MenuAgain) -> None:
        """The choice is gone: every request leaves the job and returns to its menu, with what there is now.

        An item of a list has no menu; it failed, and may be tried again with the list's one wish.
        """
        failed = Failed(error=error.text, number=error_number())
        async with self._storage.write() as session:
            await session.jobs.hold(job.id)
            waiting = await open_deliveries(session, job)
            items = [delivery for delivery in waiting if delivery.position]
            single = [delivery for delivery in waiting if not delivery.position]
            for delivery in items:
                await fail_delivery(session, job, delivery, failed, self._clock.now())
            for delivery in single:
                await session.deliveries.set_state(delivery.id, DeliveryState.CANCELLED)
                await self._reopen(session, delivery.request_id, error)
            await session.jobs.finish(job.id, job.lease, JobState.FAILED, error=error.text)
            await self._record(session, "job.choice_gone", job)
        await self._tell(single, news)
        await self._tell(items, failed)

    async def first_waiting(self, job: Job) -> Delivery | None:
        """Return the first delivery that waits for a job."""
        return next(iter(await self._open(job)), None)

    async def request_of(self, delivery: Delivery) -> Request | None:
        """Return whose delivery it is."""
        async with self._storage.read() as session:
            return await session.requests.get(delivery.request_id)

    async def exact(self, job: Job, probe: Probe, recipe: Recipe) -> bool:
        """Write down what the wish of a job became.

        Returns:
            Whether the job goes on; false when the open job that does the same took over everyone who waits.

        Raises:
            TemporarilyUnavailable: If that one cannot take them now.
        """
        async with self._storage.write() as session:
            waiting = await open_deliveries(session, job)
            for delivery in waiting:
                size_bytes, duration_s = recipe.choice.size_bytes or 0, recipe.length_s(probe.duration_s)
                await session.deliveries.expect(delivery.id, size_bytes=size_bytes, duration_s=duration_s)
            if await session.items.make_exact(job, probe.link, recipe, probe.title or job.title):
                await self._record(session, "job.exact", job)
                return True
            if not await session.items.move(waiting, job, recipe.fingerprint(probe.link)):
                raise TemporarilyUnavailable("the same is being done, and cannot be joined")
            await session.jobs.finish(job.id, job.lease, JobState.DONE)
            await self._record(session, "job.joined", job)
        return False

    async def retry(self, job: Job, error: Text, again: Again) -> None:
        """Back into the queue, not before a time; what stopped it is kept, to be told again after a restart."""
        async with self._storage.write() as session:
            waiting = await open_deliveries(session, job)
            not_before = session.now + timedelta(seconds=again.after_s)
            await session.jobs.retry(job.id, job.lease, not_before, error=error, counts=again.counts)
            await self._hint(session, job.id, not_before)
            told: dict[str, Json] = {"reason": facts.reason(error), "after_s": round(again.after_s, 3)}
            await self._record(session, "job.retrying", job, told=told)
        await self._tell(waiting, waiting_news(error, not_before, self._clock.now()))

    async def crashed(self, job: Job) -> None:
        """Write down that the child died that worked on it.

        Raises:
            Poisonous: If that has happened too often.
        """
        async with self._storage.write() as session:
            await note_deaths(session, [job], self._clock.now())
        await self.check(job)

    async def check(self, job: Job) -> None:
        """Let a job pass that may run.

        Raises:
            Poisonous: If it has cost too many workers.
        """
        async with self._storage.read() as session:
            await refuse_poison(session, job)

    async def interrupted(self, job: Job) -> None:
        """The task was cancelled: a cancelled job loses its folder, any other goes back into the queue."""
        async with self._storage.write() as session:
            current = await session.jobs.get(job.id)
            if current is not None and current.state is JobState.RUNNING and current.lease == job.lease:
                await session.jobs.release(job.id, job.lease)
                # At once, but as one for later: the hint that the job came with is not given back yet.
                await self._hint(session, job.id, session.now)
                return
        await self._workdirs.remove(job.id)

    async def give_room(self, job: Job) -> None:
        """Remove what a job has fetched so far; it begins again when there is room."""
        await self._workdirs.remove(job.id)

    async def tidy(self, job: Job) -> None:
        """Remove the folder of a job that ended."""
        async with self._storage.read() as session:
            current = await session.jobs.get(job.id)
        if current is None or current.state.ended:
            await self._workdirs.remove(job.id)

    async def _reopen(self, session: Session, request_id: int, error: ChoiceGone) -> None:
        request = await session.requests.get(request_id)
        probe = request.probe if request else None
        if probe is not None and error.choices:
            probe = dataclasses.replace(probe, choices=error.choices)
        await session.requests.update(request_id, state=RequestState.CHOOSING, probe=probe, recipe=None)

    async def _tell(self, waiting: list[Delivery], news: News) -> None:
        async with asyncio.TaskGroup() as group:
            for delivery in waiting:
                group.create_task(self._audience.tell(delivery.request_id, delivery.position, news))

    async def _open(self, job: Job) -> list[Delivery]:
        async with self._storage.read() as session:
            return await open_deliveries(session, job)

    async def _record(
        self,
        session: Session,
        name: str,
        job: Job,
        request: Request | None = None,
        *,
        told: Mapping[str, Json] | None = None,
    ) -> None:
        await session.events.add(facts.of_job(name, job, self._clock.now(), request=request, **(told or {})))
