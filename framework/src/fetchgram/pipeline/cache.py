"""The cache of what Telegram keeps: sent again by id, healed when an id is refused."""

from __future__ import annotations

from datetime import timedelta

import structlog

from fetchgram.model import Chat, Delivery, Job, Receipt, Route
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage

log = structlog.get_logger()

ROUTE = "cache"
LEDGER_KEY = "cached"
"""Where a delivery on the cache route finds the receipt to send again."""


class Cache:
    """File ids by recipe and bot.

    Args:
        storage: Holds them.
        clock: Time.
        ttl_s: Life of an entry.
    """

    def __init__(self, storage: Storage, clock: Clock, *, ttl_s: float) -> None:
        self._storage = storage
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_s)

    async def find(self, job: Job, delivery: Delivery) -> Receipt | None:
        """Return what can be sent again for this delivery."""
        if not isinstance(delivery.destination, Chat):
            return None
        async with self._storage.read() as session:
            return await session.cache.get(delivery.destination.bot_id, job.fingerprint, self._clock.now())

    async def keep(self, session: Session, job: Job, delivery: Delivery, receipt: Receipt, route: Route) -> None:
        """Remember a receipt whose files Telegram keeps."""
        if not receipt.file_ids or route.name == ROUTE or not isinstance(delivery.destination, Chat):
            return
        await session.cache.put(
            delivery.destination.bot_id,
            job.fingerprint,
            job.link.plugin,
            receipt,
            self._clock.now() + self._ttl,
        )

    async def drop(self, job: Job, delivery: Delivery) -> None:
        """Forget an entry that Telegram refused."""
        if isinstance(delivery.destination, Chat):
            log.info("cache.healed", job=job.id, plugin=job.link.plugin)
            async with self._storage.write() as session:
                await session.cache.drop(delivery.destination.bot_id, job.fingerprint)
