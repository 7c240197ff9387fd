"""Items of a list at work: a job each, and a word for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fetchgram.errors import ChoiceGone
from fetchgram.model import DeliveryState, Link, Request, RequestState
from fetchgram.pipeline import facts
from fetchgram.pipeline.limits import Limits
from fetchgram.pipeline.persons import Persons
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.requests import known
from fetchgram.pipeline.settlement import settle
from fetchgram.pipeline.turns import Work
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage
from fetchgram.storage.items import Item


@dataclass(frozen=True, slots=True)
class Wanted:
    """One item that shall come: its place in the list, from 1, and what it is."""

    position: int
    link: Link
    title: str


class Items:
    """Puts the items of a list into the queue, again where they failed, and stops them.

    Args:
        storage: Where they rest.
        queue: Takes the jobs.
        limits: Of people.
        persons: Whose the requests are.
        clock: Time.
    """

    def __init__(self, *, storage: Storage, queue: JobQueue, limits: Limits, persons: Persons, clock: Clock) -> None:
        self._storage = storage
        self._queue = queue
        self._limits = limits
        self._persons = persons
        self._clock = clock

    async def read(self, request_id: int) -> tuple[Request, list[Item]]:
        """Return a list and how its items stand."""
        async with self._storage.read() as session:
            return await known(session, request_id), await session.items.of_request(request_id)

    async def put(self, session: Session, request: Request, wanted: Sequence[Wanted], *, limited: bool = True) -> None:
        """Give each item a job for the request's wish; nothing is probed before its turn.

        Args:
            session: The caller's transaction.
            request: With its recipe.
            wanted: In the order of the list.
            limited: Whether the person's limits hold.

        Raises:
            LimitReached: If what an hour or a day allows is used up before the last of them.
        """
        if request.recipe is None:
            raise ChoiceGone(message=f"request {request.id} has no wish")
        person = await self._persons.of(session, request)
        for each in wanted:
            if limited:
                await self._limits.check_item(session, person)
            job, _ = await self._queue.put(
                session,
                request,
                link=each.link,
                recipe=request.recipe,
                title=each.title,
                cached=False,
                work=Work.PLAYLIST,
                position=each.position,
            )
            told = facts.chosen(request.recipe.choice)
            queued = facts.of_job("job.queued", job, self._clock.now(), request=request, cached=False, **told)
            await session.events.add(queued)

    def announce(self) -> None:
        """Say, after the commit, that there is work."""
        self._queue.announce()

    async def again(self, request_id: int, states: Collection[DeliveryState], *, limited: bool = True) -> Request:
        """Let the items come again whose deliveries ended like this.

        Args:
            request_id: Of the list.
            states: What ended so.
            limited: Whether the person's limits hold.

        Raises:
            LimitReached: Told; nothing was begun.
        """
        async with self._storage.write() as session:
            await session.requests.get(request_id, hold=True)  # a second tap sees what the first one began
            items = await session.items.of_request(request_id)
            wanted = [Wanted(item.position, item.link, item.title) for item in items if item.state in states]
            if wanted:
                request = await session.requests.update(
                    request_id, state=RequestState.WORKING, error=None, error_number=None
                )
                await self.put(session, request, wanted, limited=limited)
        self._queue.announce()
        request, _ = await self.read(request_id)
        return request

    async def stop_waiting(self, request_id: int) -> Request:
        """Cancel the items that have not begun; those at work finish."""
        await self._stop(request_id, begun=False)
        self._queue.announce()
        request, _ = await self.read(request_id)
        return request

    async def stop_one(self, request_id: int, job_id: int) -> int | None:
        """Cancel the item that this job is for; returns its place, if it had not ended."""
        _, items = await self.read(request_id)
        place = next((item.position for item in items if item.job_id == job_id and not item.state.ended), None)
        for orphan in await self._stop(request_id, only=job_id):
            await self._queue.stop(orphan)
        return place

    async def _stop(self, request_id: int, *, begun: bool = True, only: int | None = None) -> list[int]:
        async with self._storage.write() as session:
            await session.jobs.hold(*await session.deliveries.jobs_of(request_id))
            orphans = await session.deliveries.detach(request_id, begun=begun, only=only)
            for job_id in orphans:
                await session.jobs.cancel(job_id)
            await settle(session, request_id)
        return orphans
