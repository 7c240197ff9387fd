"""What a person does with a wish that did not come yet, or did not come at all: again, now, once more."""

from __future__ import annotations

from fetchgram.model import DeliveryState, Request, RequestState
from fetchgram.pipeline import facts
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.orders import Orders
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.requests import known
from fetchgram.pipeline.turns import Work
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage


class Reruns:
    """Begins wishes again.

    Args:
        storage: Holds the requests.
        items: Of lists at work.
        orders: Puts what is to come again into the queue.
        queue: Hears of what may start sooner.
        clock: Time.
    """

    def __init__(self, *, storage: Storage, items: Items, orders: Orders, queue: JobQueue, clock: Clock) -> None:
        self._storage = storage
        self._items = items
        self._orders = orders
        self._queue = queue
        self._clock = clock

    async def retry(self, request_id: int, *, limited: bool = True) -> Request:
        """Begin an ended wish again: with its recipe when it had one, else from the probe; of a list, what failed.

        Args:
            request_id: Of the wish; one that is at work or arrived stays as it is.
            limited: Whether the person's limits hold; an operator who runs it again is not the person.

        Raises:
            LimitReached: Told; nothing was begun.
        """
        async with self._storage.read() as session:
            before = await known(session, request_id)
        if before.listing is not None and before.recipe is not None:
            return await self._items.again(request_id, {DeliveryState.FAILED}, limited=limited)
        async with self._storage.write() as session:
            request = await known(session, request_id, hold=True)
            if not request.state.ended or request.state is RequestState.DONE:
                return request
            if request.recipe is None:
                request = await _reopened(session, request, RequestState.PROBING)
            else:
                request = await self._again(session, request, limited=limited)
            await session.events.add(facts.of_request("request.retried", request, self._clock.now()))
        self._orders.announce()
        return request

    async def reopen(self, request_id: int) -> Request:
        """Return a wish whose job failed to its menu, for another choice; one that can have none stays as it is."""
        async with self._storage.write() as session:
            request = await known(session, request_id, hold=True)
            if request.state is not RequestState.FAILED or request.recipe is None or request.listing is not None:
                return request
            request = await session.requests.update(
                request_id, state=RequestState.CHOOSING, recipe=None, error=None, error_number=None
            )
            await session.events.add(facts.of_request("request.retried", request, self._clock.now()))
        return request

    async def hurry(self, request_id: int) -> bool:
        """Let a wish that waits for its next try have it now; false when it does not wait."""
        async with self._storage.write() as session:
            waiting = [d.job_id for d in await session.deliveries.of_request(request_id) if not d.state.ended]
            hurried = [job_id for job_id in waiting if await session.jobs.hurry(job_id)]
            for job_id in hurried:
                await self._queue.hint(session, job_id)
        self._orders.announce()
        return bool(hurried)

    async def send_again(self, request_id: int) -> Request:
        """Send once more what may or may not have arrived: the person decided.

        Raises:
            LimitReached: Told; nothing was begun.
        """
        async with self._storage.write() as session:
            request = await known(session, request_id, hold=True)
            if request.state is not RequestState.FAILED or request.recipe is None:
                return request
            request = await self._again(session, request, limited=True)
            await session.events.add(facts.of_request("request.send_again", request, self._clock.now()))
        self._orders.announce()
        return request

    async def _again(self, session: Session, request: Request, *, limited: bool) -> Request:
        if limited:
            await self._orders.check(session, request)
        request = await _reopened(session, request, RequestState.WORKING)
        await self._orders.put(session, request, Work.RERUN)
        return request


async def _reopened(session: Session, request: Request, state: RequestState) -> Request:
    return await session.requests.update(request.id, state=state, error=None, error_number=None)
