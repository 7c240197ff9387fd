"""What one person may use, asked at the two doors: a new link, and a new job."""

from __future__ import annotations

from datetime import timedelta

from fetchgram.errors import LimitReached
from fetchgram.model import Person, Role, text
from fetchgram.pipeline.queue import person_key
from fetchgram.ports import Clock
from fetchgram.settings import LimitsSettings
from fetchgram.storage import Session


class Limits:
    """Checks a person's limits against what the database says they used.

    Args:
        settings: The limits.
        clock: Time.
    """

    def __init__(self, settings: LimitsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def check_link(self, session: Session, person: Person) -> None:
        """Refuse a link too many; the one in question is counted already.

        Raises:
            LimitReached: If the person sent more links in the last minute than they may.
        """
        if self._exempt(person):
            return
        since = self._clock.now() - timedelta(minutes=1)
        if await session.requests.count_since(person.bot_id, person.id, since) > self._settings.links_per_minute:
            limit = self._settings.links_per_minute
            raise LimitReached("links a minute", told=text("limit-links", limit=limit))

    async def check_job(self, session: Session, person: Person) -> None:
        """Refuse a job too many.

        Raises:
            LimitReached: If too many of the person's jobs wait, or the day's bytes are used up.
        """
        if self._exempt(person):
            return
        _, waiting = await session.jobs.counts_of(person_key(person.bot_id, person.id))
        if waiting >= self._settings.waiting:
            raise LimitReached("jobs waiting", told=text("limit-waiting", limit=self._settings.waiting))
        since = self._clock.now() - timedelta(days=1)
        used = await session.deliveries.bytes_since(person.bot_id, person.id, since)
        if used >= self._settings.bytes_per_day:
            raise LimitReached("bytes a day", told=text("limit-bytes", limit=int(self._settings.bytes_per_day)))

    def _exempt(self, person: Person) -> bool:
        return self._settings.owners_exempt and person.role is Role.OWNER
