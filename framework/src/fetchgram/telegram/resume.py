"""After a restart: every status message says again what is true, also where the process died before it could tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Chat, DeliveryState, Event, Request, RequestState, text
from fetchgram.pipeline.audience import Cancelled, Done, Failed, UncertainDelivery
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.progress import TelegramAudience
from fetchgram.telegram.wishes import Wishes

log = structlog.get_logger()

_BATCH = 500
_TICK_S = 2.0
_ENDS = frozenset({"job.delivered", "job.failed", "job.choice_gone", "delivery.failed", "delivery.uncertain"})
"""Events of a job with which a request may have come to an end, or back to its menu."""
_TOLD_BY_WORKERS = frozenset({RequestState.DONE, RequestState.FAILED, RequestState.CHOOSING})
_OWED = frozenset({RequestState.FAILED, RequestState.CANCELLED})

_Answer: TypeAlias = tuple[int, int]
"""What somebody waits for: a request, and the place in its list, 0 for what is no list."""


class Resume:
    """Follows the events behind what was told, so that a restart knows what may not have been.

    The cursor moves only when nothing is left to tell, and one tick late: an event is written a moment before it is
    told. It stays behind what was there when the oldest of the looks began that are still at work: their cards may not
    have been seen.

    Args:
        bot_id: Of the bot.
        storage: Requests and events.
        cards: Looks at links again, shows cards again.
        wishes: Tells places in line.
        audience: Tells ends again.
        clock: Time.
    """

    def __init__(  # everything that may be taken up again
        self,
        *,
        bot_id: int,
        storage: Storage,
        cards: Cards,
        wishes: Wishes,
        audience: TelegramAudience,
        clock: Clock,
    ) -> None:
        self._bot_id = bot_id
        self._storage = storage
        self._cards = cards
        self._wishes = wishes
        self._audience = audience
        self._clock = clock
        self._observer = f"telegram:{bot_id}"

    async def run(self) -> None:
        """Take up what was not finished or not told, then follow until cancelled."""
        for request in await self._untold_at_last():
            try:
                await self._take_up(request)
            except (FetchgramError, LookupError) as error:
                log.warning("request.not_resumed", request=request.id, error=repr(error))
        while True:
            try:
                await self._note()
            except FetchgramError as error:  # told again after a restart, which does no harm
                log.warning("resume.not_noted", error=repr(error))
                await self._clock.sleep(_TICK_S)

    async def _note(self) -> None:
        """Move the cursor behind what everybody has heard of; whom a worker's news did not reach, hears it now."""
        seen = await self._cursor()
        looks: dict[int, int] = {}
        known: dict[_Answer, int] = {}
        while True:
            newest, ended = await self._newest(seen)
            await self._clock.sleep(_TICK_S)
            await self._tell_unheard([each for each, event in ended.items() if event > known.get(each, 0)])
            known = ended
            looks = {request_id: looks.get(request_id, seen) for request_id in self._cards.at_work}
            told = min([newest, *looks.values()])
            if told > seen and self._audience.all_told:
                async with self._storage.write() as session:
                    await session.events.set_cursor(self._observer, told)
                seen = told

    async def _tell_unheard(self, ended: Collection[_Answer]) -> None:
        unheard = {request_id for request_id, position in ended if not self._audience.heard_end(request_id, position)}
        for request_id in sorted(unheard):
            async with self._storage.read() as session:
                request = await session.requests.get(request_id)
            if request is not None and request.bot_id == self._bot_id and _is_told_by_workers(request):
                log.info("request.told_late", request=request_id, state=str(request.state))
                await self._take_up(request)

    async def _untold_at_last(self) -> list[Request]:
        """Read what is left, however long the database takes nothing."""
        while True:
            try:
                return await self._untold()
            except FetchgramError as error:
                log.warning("resume.not_read", error=repr(error))
                await self._clock.sleep(_TICK_S)

    async def _untold(self) -> list[Request]:
        ids: set[int] = set()
        seen = await self._cursor()
        while events := await self._events_after(seen):
            seen = events[-1].id
            ids |= {request_id for request_id, _ in await self._answers_of(events)}
        async with self._storage.read() as session:
            unfinished = await session.requests.unfinished(self._bot_id)
            ids |= {request.id for request in unfinished if request.state is not RequestState.CHOOSING}
            found = [await session.requests.get(request_id) for request_id in sorted(ids)]
        return [request for request in found if request is not None and request.bot_id == self._bot_id]

    async def _answers_of(self, events: Sequence[Event]) -> dict[_Answer, int]:
        """Return whom events are about, each with the last of them.

        All that a job was for: those that the event ended wait no more, and are the ones who may not have heard.
        """
        waited: defaultdict[int | None, list[_Answer]] = defaultdict(list)
        async with self._storage.read() as session:
            jobs = {event.job_id for event in events if event.job_id is not None}
            for delivery in await session.deliveries.of_jobs(jobs):
                waited[delivery.job_id].append((delivery.request_id, delivery.position))
        found: dict[_Answer, int] = {}
        for event in events:
            theirs = [each for each in waited[event.job_id] if event.request_id in {None, each[0]}]
            if not theirs and event.request_id is not None:
                theirs = [(event.request_id, 0)]
            found |= dict.fromkeys(theirs, event.id)
        return found

    async def _take_up(self, request: Request) -> None:
        match request.state:
            case RequestState.PROBING:
                group = isinstance(request.destination, Chat) and request.destination.chat < 0
                self._cards.look(request, group=group and request.status_message is None)
            case RequestState.CHOOSING:
                await self._cards.show(request.id)
            case RequestState.WORKING:
                await self._wishes.show_place(request.id)
            case _ if request.status_message is not None or _is_owed_an_end(request):
                await self._tell_end(request)

    async def _tell_end(self, request: Request) -> None:
        if request.listing is not None and request.recipe is not None:
            self._audience.refresh(request.id)
            return
        async with self._storage.read() as session:
            deliveries = sorted(await session.deliveries.of_request(request.id), key=lambda delivery: delivery.id)
        last = deliveries[-1] if deliveries else None
        if request.state is RequestState.DONE and last is not None and last.receipt is not None:
            await self._audience.tell(request.id, last.position, Done(receipt=last.receipt))
        elif request.state is RequestState.CANCELLED:
            await self._audience.tell(request.id, 0, Cancelled())
        elif last is not None and last.state is DeliveryState.UNCERTAIN:
            await self._audience.tell(request.id, last.position, UncertainDelivery())
        elif request.state is RequestState.FAILED:
            error, number = request.error or text("error-internal"), request.error_number or ""
            await self._audience.tell(request.id, 0, Failed(error=error, number=number))

    async def _cursor(self) -> int:
        async with self._storage.read() as session:
            return await session.events.cursor(self._observer)

    async def _newest(self, seen: int) -> tuple[int, dict[_Answer, int]]:
        """Return the last event, and what came to an end since the one that was seen, with that event."""
        ended: dict[_Answer, int] = {}
        while events := await self._events_after(seen):
            seen = events[-1].id
            if ends := [event for event in events if event.name in _ENDS]:
                ended |= await self._answers_of(ends)
        return seen, ended

    async def _events_after(self, seen: int) -> list[Event]:
        async with self._storage.read() as session:
            return await session.events.after(seen, _BATCH)


def _is_told_by_workers(request: Request) -> bool:
    """Whether it stands where a worker brought it: at an end, back at its menu, or an item of a list further."""
    is_list = request.listing is not None and request.recipe is not None
    return request.state in _TOLD_BY_WORKERS or (is_list and request.state is RequestState.WORKING)


def _is_owed_an_end(request: Request) -> bool:
    """Whether an end is to be told although no message of ours is known.

    The bot died before its first word, or before it heard that word's number; its buttons work all the same. In a group
    a link that nobody claims, or nobody is sure of, is left alone, so silence is right there.
    """
    if request.state not in _OWED or not isinstance(request.destination, Chat) or request.destination.chat > 0:
        return request.state in _OWED
    # A link that nobody is sure of is noted, and the wish cancelled, without a look behind it.
    return (request.link if request.state is RequestState.FAILED else request.probe) is not None
