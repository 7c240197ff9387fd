"""How large downloads may be: everybody's limit, and the own one of people who have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fetchgram.errors import TooLarge
from fetchgram.model import Delivery, Job, Media
from fetchgram.settings import LimitsSettings
from fetchgram.storage import Storage


class Sizes:
    """Knows the limit of a job, which may serve many people, and of each of them.

    Args:
        storage: Who waits, and their own limits.
        limits: Everybody's.
    """

    def __init__(self, storage: Storage, limits: LimitsSettings) -> None:
        self._storage = storage
        self._general = int(limits.file_max)

    async def of_job(self, job: Job) -> int:
        """Return how many bytes a job may fetch: as many as the one may who may most."""
        return max((await self._of(job)).values(), default=self._general)

    async def check(self, job: Job, delivery: Delivery, media: Sequence[Media]) -> None:
        """Refuse what is too large for one of those who wait, though it is not for another.

        Raises:
            TooLarge: If it is so.
        """
        size_bytes, limit = sum(item.size_bytes for item in media), (await self._of(job)).get(delivery.id)
        if limit is not None and size_bytes > limit:
            raise TooLarge(size_bytes, limit)

    async def _of(self, job: Job) -> Mapping[int, int]:
        async with self._storage.read() as session:
            own = await session.deliveries.limits_of(job.id)
        return {delivery: limits.get("file_max", self._general) for delivery, limits in own.items()}
