"""What one person may use, asked at the two doors: a new link, and a new job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from fetchgram.errors import LimitReached
from fetchgram.model import Person, Role, Text, text
from fetchgram.pipeline.places import expected_wait_s
from fetchgram.pipeline.turns import person_key
from fetchgram.ports import Clock
from fetchgram.settings import LimitsSettings
from fetchgram.storage import Session
from fetchgram.storage.deliveries import Used

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Budget:
    """So much of something in a window of time; a limit of 0 is none."""

    kind: str
    window: timedelta
    limit: float

    def of(self, used: Used) -> float:
        match self.kind:
            case "bytes":
                return used.size_bytes
            case "minutes":
                return used.duration_s / 60
            case _:
                return 1

    def free_at(self, history: Sequence[Used], now: datetime) -> datetime | None:
        """Return when there is some left again; `None` when there is now."""
        recent = [used for used in history if used.at > now - self.window]
        left = [self.limit - total for total in accumulate(map(self.of, reversed(recent)))]
        full = next((place for place, rest in enumerate(left) if rest <= 0), None)
        # The newest ones alone use it up: it is free again when the oldest of those has left the window.
        return None if full is None or not self.limit else recent[-1 - full].at + self.window


class Limits:
    """Checks a person's limits against what the database says they used.

    What waits or runs counts as what it is expected to be, so that a long line cannot hide behind its first download.

    Args:
        settings: The limits.
        clock: Time.
        line_max: Jobs of everybody in line.
        closed: Returns what people read while nothing new is taken from them.
    """

    def __init__(
        self,
        settings: LimitsSettings,
        clock: Clock,
        *,
        line_max: int,
        closed: Callable[[], Text | None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._line_max = line_max
        self._closed = closed
        self._clock = clock

    async def check_link(self, session: Session, person: Person) -> None:
        """Refuse a link too many; the one in question is counted already.

        Raises:
            LimitReached: If the person sent more links in the last minute than they may.
        """
        if self._exempt(person):
            return
        limit, now = (await self._own(session, person)).links_per_minute, self._clock.now()
        if await session.requests.count_since(person.bot_id, person.id, now - _MINUTE) > limit:
            *_, oldest = await session.requests.list_for(person.bot_id, person.id, limit + 1)
            wait_s = _seconds_until(oldest.created_at + _MINUTE, now)
            raise LimitReached("links a minute", told=text("limit-links", limit=limit, wait=wait_s))

    async def check_job(self, session: Session, person: Person) -> None:
        """Refuse a job too many.

        Raises:
            LimitReached: If too many jobs wait, the person's or everybody's, or an hour's or a day's share is used up.
        """
        if self._exempt(person):
            return
        await self._check_line(session)
        _, waiting = await session.line.counts_of(person_key(person.bot_id, person.id))
        own = await self._own(session, person)
        if waiting >= own.waiting:
            raise LimitReached("jobs waiting", told=text("limit-waiting", limit=own.waiting))
        await self._check_budgets(session, person, own)

    async def check_item(self, session: Session, person: Person) -> None:
        """Refuse an item of a list too many; how many may wait is the affair of `limits.list_items`.

        Raises:
            LimitReached: If too many jobs of everybody wait, or an hour's or a day's share is used up.
        """
        if not self._exempt(person):
            await self._check_line(session)
            await self._check_budgets(session, person, await self._own(session, person))

    async def list_items(self, session: Session, person: Person) -> int:
        """Return how many items of a list may be picked: more than an hour or a day allows could never be taken."""
        own = await self._own(session, person)
        return min(limit for limit in (own.list_items, own.jobs_per_hour, own.jobs_per_day) if limit)

    async def _own(self, session: Session, person: Person) -> LimitsSettings:
        """Return what holds for a person: everybody's limits, and those that an admin gave them in place."""
        row = await session.people.get(person.bot_id, person.id)
        return self._settings if row is None or not row.limits else self._settings.model_copy(update=dict(row.limits))

    async def _check_budgets(self, session: Session, person: Person, own: LimitsSettings) -> None:
        now = self._clock.now()
        history = await session.deliveries.used_since(person.bot_id, person.id, now - _DAY)
        full = [(at, budget) for budget in _budgets(own) if (at := budget.free_at(history, now)) is not None]
        if full:
            # All of them must be free again: the last one says when.
            at, budget = max(full, key=lambda pair: pair[0])
            window_s, wait_s = budget.window.total_seconds(), _seconds_until(at, now)
            told = text(f"limit-{budget.kind}", limit=budget.limit, window=window_s, wait=wait_s)
            raise LimitReached(f"{budget.kind} in {budget.window}", told=told)

    async def _check_line(self, session: Session) -> None:
        count = await session.line.in_line()
        if count >= self._line_max:
            _, running = await session.line.place(0)
            wait_s = await expected_wait_s(session, count, running)
            raise LimitReached("jobs in line", told=text("limit-line", count=count, wait=wait_s or 0))

    def _exempt(self, person: Person) -> bool:
        """Whether nothing limits them; while the bot is closed, that is a limit for all but admins."""
        closed = self._closed()
        if closed is not None and not person.role.includes(Role.ADMIN):
            raise LimitReached("closed", told=closed)
        return self._settings.owners_exempt and person.role is Role.OWNER


def _budgets(settings: LimitsSettings) -> tuple[_Budget, ...]:
    return (
        _Budget("count", _HOUR, settings.jobs_per_hour),
        _Budget("count", _DAY, settings.jobs_per_day),
        _Budget("bytes", _HOUR, settings.bytes_per_hour),
        _Budget("bytes", _DAY, settings.bytes_per_day),
        _Budget("minutes", _HOUR, settings.minutes_per_hour),
        _Budget("minutes", _DAY, settings.minutes_per_day),
    )


def _seconds_until(at: datetime, now: datetime) -> float:
    return max(1.0, (at - now).total_seconds())
