"""Intake: from a link that a person sent to a job in the queue; interactive, seconds at most."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Unpack

import structlog

from fetchgram.errors import ChoiceGone, FetchgramError, LinkError, UnsupportedLink
from fetchgram.model import (
    At,
    Chat,
    Choice,
    DeliveryState,
    Destination,
    Event,
    Json,
    Link,
    Option,
    Person,
    Probe,
    Recipe,
    Request,
    RequestState,
    Route,
    Step,
    text,
)
from fetchgram.pipeline import facts
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.limits import Limits
from fetchgram.pipeline.lists import Lists
from fetchgram.pipeline.menu import ChoiceRow, Menu, Ways, best_of
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.persons import Persons
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.stories import Stories
from fetchgram.pipeline.turns import Work
from fetchgram.plugins.detection import Detector, normalise_url
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage
from fetchgram.storage.requests import RequestChanges

log = structlog.get_logger()


class Intake:
    """Accepts links, looks at them, shows what there is, and puts what was chosen into the queue.

    Args:
        storage: Holds the requests.
        hooks: The plugins.
        detector: Asks them whose a link is.
        queue: Takes the jobs.
        lists: Opens what is a list.
        items: Of lists at work.
        limits: Of people.
        persons: Whose the requests are.
        stories: Of failures.
        clock: Time.
    """

    def __init__(  # noqa: PLR0913  # every part that a link may touch on its way in
        self,
        *,
        storage: Storage,
        hooks: Hooks,
        detector: Detector,
        queue: JobQueue,
        lists: Lists,
        items: Items,
        limits: Limits,
        persons: Persons,
        stories: Stories,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._detector = detector
        self._queue = queue
        self._clock = clock
        self._lists = lists
        self._items = items
        self._limits = limits
        self._persons = persons
        self._stories = stories

    async def accept(
        self, *, key: str, person: Person, destination: Destination, url: str, link: Link | None = None
    ) -> tuple[Request, bool]:
        """Write a wish down.

        Args:
            key: What makes a repeated update the same wish.
            person: Who wishes.
            destination: Where it shall arrive.
            url: As it was sent.
            link: What it is, when no plugin is to be asked: a file of Telegram's own.

        Returns:
            The request, and whether it is new.

        Raises:
            LimitReached: Told to the person; nothing was written.
        """
        async with self._storage.write() as session:
            request, created = await session.requests.accept(
                key=key,
                bot_id=person.bot_id,
                person=person.id,
                destination=destination,
                locale=person.locale,
                url=url,
                link=link,
            )
            if not created:
                return request, False
            await self._limits.check_link(session, self._persons.with_role(person))
            await self._record(session, "request.accepted", request)
        return request, True

    async def look(self, request: Request, *, group: bool = False) -> Request | None:
        """Find out whose the link is and what is behind it.

        Args:
            request: In state `probing`; one that is further is returned as it is.
            group: Only sure claims are answered.

        Returns:
            The request in state `choosing`; `None` when nobody is sure in a group.

        Raises:
            FetchgramError: Told to the person; the request failed with an error number.
        """
        if request.state is not RequestState.PROBING:
            return request
        began_s = self._clock.monotonic()
        try:
            link = _own_link(request) or await self._claim(request.url)
            request = dataclasses.replace(request, link=link)
            if group and not link.sure:
                await self._update(request, "request.ignored", state=RequestState.CANCELLED, link=link)
                return None
            probe = await self._hooks.probe(link)
            if probe.is_list:
                return await self._lists.open(request, probe)
        except FetchgramError as error:
            await self._failed(request, error, began_s)
            raise
        told = self._took(began_s)
        changes: RequestChanges = {"state": RequestState.CHOOSING, "link": probe.link, "probe": probe}
        return await self._update(request, "request.probed", told, **changes)

    async def menu(self, request_id: int, *, selected: int | None = None) -> Menu:
        """Say what can be chosen, how large, on which route, and what plugins add to it.

        Args:
            request_id: In state `choosing`.
            selected: Index of the choice that the options are for; the best one by default.
        """
        request = await self.request(request_id)
        probe = _probe_of(request)
        routes = await self._hooks.routes(request.destination)
        rows = tuple([await self._row(request, i, choice, routes) for i, choice in enumerate(probe.choices)])
        best = best_of(rows)
        chosen = selected if selected is not None else best
        options: tuple[Option, ...] = ()
        if chosen is not None:
            person = Person(bot_id=request.bot_id, id=request.person, locale=request.locale)
            options = await self._hooks.offer(probe, probe.choices[chosen], routes, person)
        return Menu.of(request, rows, best, options)

    async def choose(self, request_id: int, index: int, steps: Sequence[Step] = ()) -> Request:
        """Turn a choice into a job; the job is on disk when this returns.

        Args:
            request_id: In state `choosing`; a second tap on one that is at work changes nothing.
            index: Of the choice in the probe.
            steps: Options with their inputs.

        Raises:
            ChoiceGone: If there is no such choice.
            LimitReached: Told; the menu stays.
        """
        async with self._storage.write() as session:
            request = await _known(session, request_id)
            if request.state is not RequestState.CHOOSING:
                return request
            await self._limits.check_job(session, await self._persons.of(session, request))
            probe = _probe_of(request)
            if not 0 <= index < len(probe.choices):
                raise ChoiceGone(probe.choices)
            recipe = self._recipe(probe.link, probe.choices[index], tuple(steps))
            request = await session.requests.update(request_id, recipe=recipe, state=RequestState.WORKING)
            await self._enqueue(session, request, Work.INTERACTIVE)
        self._queue.announce()
        return request

    async def cancel(self, request_id: int) -> Request:
        """Stop a wish at any stage; a job dies with its last wish."""
        async with self._storage.write() as session:
            await session.jobs.hold(*await session.deliveries.jobs_of(request_id))
            request = await _known(session, request_id)
            if request.state.ended:
                return request
            request = await session.requests.update(request_id, state=RequestState.CANCELLED)
            await session.entries.clear(request_id)
            orphans = await session.deliveries.detach(request_id)
            for job_id in orphans:
                await session.jobs.cancel(job_id)
            await self._record(session, "request.cancelled", request)
        for job_id in orphans:
            await self._queue.stop(job_id)
        return request

    async def retry(self, request_id: int, *, limited: bool = True) -> Request:
        """Begin an ended wish again: with its recipe when it had one, else from the probe; of a list, what failed.

        Args:
            request_id: Of the wish; one that is at work or arrived stays as it is.
            limited: Whether the person's limits hold; an operator who runs it again is not the person.

        Raises:
            LimitReached: Told; nothing was begun.
        """
        known = await self.request(request_id)
        if known.listing is not None and known.recipe is not None:
            return await self._items.again(request_id, {DeliveryState.FAILED}, limited=limited)
        async with self._storage.write() as session:
            request = await _known(session, request_id)
            if not request.state.ended or request.state is RequestState.DONE:
                return request
            if request.recipe is None:
                request = await self._reopened(session, request, RequestState.PROBING)
            else:
                request = await self._again(session, request, limited=limited)
            await self._record(session, "request.retried", request)
        self._queue.announce()
        return request

    async def hurry(self, request_id: int) -> bool:
        """Let a wish that waits for its next try have it now; false when it does not wait."""
        async with self._storage.write() as session:
            waiting = [d.job_id for d in await session.deliveries.of_request(request_id) if not d.state.ended]
            hurried = [job_id for job_id in waiting if await session.jobs.hurry(job_id)]
            for job_id in hurried:
                await self._queue.hint(session, job_id)
        self._queue.announce()
        return bool(hurried)

    async def send_again(self, request_id: int) -> Request:
        """Send once more what may or may not have arrived: the person decided.

        Raises:
            LimitReached: Told; nothing was begun.
        """
        async with self._storage.write() as session:
            request = await _known(session, request_id)
            if request.state is not RequestState.FAILED or request.recipe is None:
                return request
            request = await self._again(session, request)
            await self._record(session, "request.send_again", request)
        self._queue.announce()
        return request

    async def request(self, request_id: int) -> Request:
        """Return a request as it stands."""
        async with self._storage.read() as session:
            return _there(await session.requests.get(request_id), request_id)

    async def job_of(self, request: Request) -> int:
        """Return the id of the latest job of a request that was chosen."""
        async with self._storage.read() as session:
            return max(delivery.job_id for delivery in await session.deliveries.of_request(request.id))

    async def set_status_message(self, request_id: int, message_id: int, *, photo: bool) -> Request:
        """Remember the message that tells how it goes."""
        async with self._storage.write() as session:
            return await session.requests.update(request_id, status_message=message_id, status_photo=photo)

    async def _claim(self, url: str) -> Link:
        (link,) = await self._detector.detect([normalise_url(url)])
        if link is None:
            raise UnsupportedLink(told=text("error-unsupported"))
        return link

    async def _row(self, request: Request, index: int, choice: Choice, routes: Sequence[Route]) -> ChoiceRow:
        if await self._is_cached(request, choice):
            return ChoiceRow(index=index, choice=choice, route="cache", cached=True)
        ways = Ways(routes)
        taken = ways.of(choice)
        why_not = text("route-none", limit=ways.limit_bytes(choice)) if taken is None else None
        return ChoiceRow(index=index, choice=choice, route=taken, why_not=why_not)

    async def _is_cached(self, request: Request, choice: Choice) -> bool:
        if not isinstance(request.destination, Chat):
            return False
        link = _probe_of(request).link
        fingerprint = self._recipe(link, choice, ()).fingerprint(link)
        async with self._storage.read() as session:
            return await session.cache.get(request.bot_id, fingerprint, self._clock.now()) is not None

    def _recipe(self, link: Link, choice: Choice, steps: tuple[Step, ...]) -> Recipe:
        """Build the recipe; the plugins of its steps shape the result as the link's own does."""
        settings, schema = self._hooks.shape(link.plugin)
        others = sorted({step.plugin for step in steps if step.at is At.AFTER} - {link.plugin})
        shapes = [f"{name}:{':'.join(map(str, self._hooks.shape(name)))}" for name in others]
        return Recipe(choice=choice, steps=steps, settings="+".join([settings, *shapes]), schema=schema)

    async def _enqueue(self, session: Session, request: Request, work: Work) -> None:
        now, probe, recipe = self._clock.now(), _probe_of(request), request.recipe
        if recipe is None:
            raise ChoiceGone(probe.choices)
        cached = await session.cache.get(request.bot_id, recipe.fingerprint(probe.link), now) is not None
        job, delivery = await self._queue.put(
            session, request, link=probe.link, recipe=recipe, title=probe.title, cached=cached, work=work
        )
        size_bytes, duration_s = recipe.choice.size_bytes or 0, recipe.length_s(probe.duration_s)
        await session.deliveries.expect(delivery.id, size_bytes=size_bytes, duration_s=duration_s)
        told = {"cached": cached, **facts.chosen(recipe.choice)}
        await self._record(session, "job.queued", request, job_id=job.id, data=told)

    async def _again(self, session: Session, request: Request, *, limited: bool = True) -> Request:
        if limited:
            await self._limits.check_job(session, await self._persons.of(session, request))
        request = await self._reopened(session, request, RequestState.WORKING)
        await self._enqueue(session, request, Work.RERUN)
        return request

    async def _reopened(self, session: Session, request: Request, state: RequestState) -> Request:
        return await session.requests.update(request.id, state=state, error=None, error_number=None)

    def _took(self, began_s: float) -> dict[str, Json]:
        return {"seconds": round(self._clock.monotonic() - began_s, 3)}

    async def _failed(self, request: Request, error: FetchgramError, began_s: float) -> None:
        number = error_number()
        plugin = getattr(error, "plugin", None) or (request.link.plugin if request.link else None)
        log.warning(
            "request.failed", request=request.id, plugin=plugin, number=number, error=repr(error), exc_info=error
        )
        await self._stories.of_request(number, error, request)
        await self._update(
            request,
            "request.failed",
            {"reason": facts.reason(error.text), **self._took(began_s)},
            state=RequestState.FAILED,
            link=request.link,
            error=error.text,
            error_number=number,
        )
        error.number = number

    async def _update(
        self, request: Request, event: str, told: Mapping[str, Json] | None = None, **changes: Unpack[RequestChanges]
    ) -> Request:
        async with self._storage.write() as session:
            updated = await session.requests.update(request.id, **changes)
            await self._record(session, event, updated, data=told or {})
        return updated

    async def _record(self, session: Session, name: str, request: Request, **more: object) -> None:
        event = Event(
            name=name,
            at=self._clock.now(),
            bot_id=request.bot_id,
            person=request.person,
            request_id=request.id,
            plugin=request.link.plugin if request.link else None,
        )
        await session.events.add(dataclasses.replace(event, **more))  # type: ignore[arg-type]  # fields of Event


async def _known(session: Session, request_id: int) -> Request:
    """Return a request and hold it: what is decided by its state is decided once."""
    return _there(await session.requests.get(request_id, hold=True), request_id)


def _there(request: Request | None, request_id: int) -> Request:
    if request is None:
        raise LinkError(f"request {request_id} is gone", told=text("toast-expired"))
    return request


def _own_link(request: Request) -> Link | None:
    """Return the link of a wish that came without an address to ask the plugins about."""
    return None if "://" in request.url else request.link


def _probe_of(request: Request) -> Probe:
    if request.probe is None:
        raise ChoiceGone(message=f"request {request.id} has no menu")
    return request.probe
