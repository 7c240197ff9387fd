"""Deliveries: every request of a job gets its files, on the first route that takes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import structlog

from fetchgram.errors import (
    CannotDeliver,
    DiskFull,
    FetchgramError,
    TemporarilyUnavailable,
    TooLarge,
    Uncertain,
    may_go_better,
)
from fetchgram.model import Delivery, DeliveryState, Growing, Job, Json, Media, Receipt, Route, encode, text
from fetchgram.pipeline import cache as cached
from fetchgram.pipeline.audience import Failed
from fetchgram.pipeline.cache import Cache
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.pipeline.sizes import Sizes
from fetchgram.pipeline.stories import Stories
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock, Sink
from fetchgram.storage import Storage

log = structlog.get_logger()


class _NotWanted(Exception):
    """The request was cancelled while others of the same job had their turn."""


class DurableLedger:
    """The ledger of one delivery, under the lease of its job.

    Args:
        storage: Holds it.
        delivery_id: Whose values.
        job: Under whose lease.
    """

    def __init__(self, storage: Storage, delivery_id: int, job: Job) -> None:
        self._storage = storage
        self._delivery_id = delivery_id
        self._job = job

    async def get(self, key: str) -> Json:
        """Return the value, or `None`."""
        async with self._storage.read() as session:
            return await session.deliveries.ledger_get(self._delivery_id, key)

    async def put(self, key: str, value: Json) -> None:
        """Store a value; on disk when this returns."""
        async with self._storage.write() as session:
            await session.deliveries.ledger_put(
                self._delivery_id, key, value, job_id=self._job.id, lease=self._job.lease
            )


class Deliveries:
    """The last stage of a job.

    Args:
        storage: Holds deliveries and ledgers.
        hooks: The plugins that own the routes.
        cache: What Telegram keeps.
        outcomes: How a delivery ends, durably, and who hears of it.
        stories: Of failures.
        sizes: Largest downloads.
        clock: Time.
    """

    def __init__(  # what a delivery touches
        self,
        *,
        storage: Storage,
        hooks: Hooks,
        cache: Cache,
        outcomes: Outcomes,
        stories: Stories,
        sizes: Sizes,
        clock: Clock,
    ) -> None:
        self._sizes = sizes
        self._clock = clock
        self._stories = stories
        self._storage = storage
        self._hooks = hooks
        self._cache = cache
        self._outcomes = outcomes

    async def from_cache(self, job: Job) -> bool:
        """Send what the cache has; true when nothing is left to do, and the job is then done."""
        if job.checkpoint is not None:
            return False
        for delivery in await self._open(job):
            if delivery.state is DeliveryState.WAITING:
                with suppress(_NotWanted):
                    await self._try_cache(job, delivery, _Silent())
        return await self._outcomes.done_if_answered(job)

    async def deliver(self, job: Job, sink: Sink) -> None:
        """Answer every request, also those that join meanwhile; the job is then done.

        Raises:
            TemporarilyUnavailable: Some must wait, the others have theirs.
            DiskFull: Nothing can be written down now.
        """
        media = job.checkpoint.media if job.checkpoint else ()
        while not await self._outcomes.done_if_answered(job):
            postponed: list[TemporarilyUnavailable] = []
            for delivery in await self._open(job):
                try:
                    await self._answer(job, delivery, media, sink)
                except TemporarilyUnavailable as error:  # one chat that must wait holds up no other
                    postponed.append(error)
                    await self._outcomes.postponed(job, delivery.id)
            if postponed:
                raise max(postponed, key=lambda error: error.retry_after_s or 0.0)

    async def _open(self, job: Job) -> list[Delivery]:
        async with self._storage.read() as session:
            return [d for d in await session.deliveries.of_job(job.id) if not d.state.ended]

    async def _answer(self, job: Job, delivery: Delivery, media: Sequence[Media], sink: Sink) -> None:
        try:
            if delivery.state is DeliveryState.WAITING and await self._try_cache(job, delivery, sink):
                return
            await self._sizes.check(job, delivery, media)
            began_s = self._clock.monotonic()
            receipt, route = await self._walk(job, delivery, media, sink)
        except _NotWanted:
            log.info("delivery.not_wanted", delivery=delivery.id)
        except (TemporarilyUnavailable, DiskFull):
            # Also of a send that arrived and could not be written down: the ledger knows that it began.
            raise
        except Uncertain as error:
            await self._unsure(job, delivery, error)
        except FetchgramError as error:
            number = error_number()
            log.warning("delivery.failed", delivery=delivery.id, number=number, error=repr(error), exc_info=error)
            await self._stories.of_delivery(number, error, job, delivery.request_id)
            news = Failed(error=error.text, number=number, retryable=may_go_better(error))
            await self._outcomes.not_delivered(job, delivery, news)
        else:
            send_s = self._clock.monotonic() - began_s
            await self._outcomes.delivered(job, delivery, receipt, route, send_s=send_s)

    async def _walk(self, job: Job, delivery: Delivery, media: Sequence[Media], sink: Sink) -> tuple[Receipt, Route]:
        """Try the routes in their order; only what is known to be unsent goes to the next one."""
        refusal: CannotDeliver | None = None
        tried: set[tuple[str, str]] = set()
        for route in await self._routes(delivery):
            way = (route.plugin, route.name)
            if way in tried or not all(route.takes(item.kind, item.size_bytes) for item in media):
                continue
            tried.add(way)
            try:
                return await self._send(job, delivery, route, media, sink), route
            except CannotDeliver as error:
                log.warning("route.refused", route=route.name, delivery=delivery.id, error=repr(error))
                refusal = error
        raise refusal or await self._no_route(delivery, media)

    async def _try_cache(self, job: Job, delivery: Delivery, sink: Sink) -> bool:
        receipt = await self._cache.find(job, delivery)
        route = next((r for r in await self._hooks.routes(delivery.destination) if r.name == cached.ROUTE), None)
        if receipt is None or route is None:
            return False
        await DurableLedger(self._storage, delivery.id, job).put(cached.LEDGER_KEY, encode(receipt))
        began_s = self._clock.monotonic()
        try:
            sent = await self._send(job, delivery, route, (), sink)
        except CannotDeliver:
            await self._cache.drop(job, delivery)
            return False
        except TemporarilyUnavailable:
            async with self._storage.write() as session:  # nothing was sent: the cache is asked again next time
                await session.deliveries.set_state(delivery.id, DeliveryState.WAITING)
            raise
        except Uncertain as error:
            await self._unsure(job, delivery, error)
            return True
        await self._outcomes.delivered(job, delivery, sent, route, send_s=self._clock.monotonic() - began_s)
        return True

    async def _send(self, job: Job, delivery: Delivery, route: Route, media: Sequence[Media], sink: Sink) -> Receipt:
        async with self._storage.write() as session:
            if not await session.deliveries.begin(delivery.id):
                raise _NotWanted
        ledger = DurableLedger(self._storage, delivery.id, job)
        return await self._hooks.deliver(delivery, route, media, ledger, sink)

    async def _unsure(self, job: Job, delivery: Delivery, error: Uncertain) -> None:
        number = error_number()
        log.warning("delivery.uncertain", delivery=delivery.id, number=number, error=repr(error))
        await self._stories.of_delivery(number, error, job, delivery.request_id)
        await self._outcomes.uncertain(job, delivery, number)

    async def _routes(self, delivery: Delivery) -> list[Route]:
        found = await self._hooks.routes(delivery.destination)
        return [route for route in found if route.name != cached.ROUTE]

    async def _no_route(self, delivery: Delivery, media: Sequence[Media]) -> FetchgramError:
        largest = max(media, key=lambda item: item.size_bytes)
        limits, down = [], None
        for route in await self._routes(delivery):
            limit = route.max_bytes.get(largest.kind.value, 0)
            if route.down is None:
                limits.append(limit)
            elif largest.size_bytes <= limit:
                down = route.down
        if down is not None:
            return TemporarilyUnavailable("the only route for this file is down", told=down)
        if (most := max(limits, default=0)) and largest.size_bytes > most:
            return TooLarge(largest.size_bytes, most)
        return CannotDeliver("no route is up", told=text("error-cannot-deliver"))


class _Silent:
    """A sink for what takes no time."""

    max_bytes: int | None = None

    def progress(self, done: int, total: int | None) -> None:
        """Ignore it."""

    def announce(self, growing: Growing) -> None:
        """Ignore it."""
