"""Intake: from a link that a person sent to a job in the queue; interactive, seconds at most."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Unpack

import structlog

from fetchgram.errors import ChoiceGone, FetchgramError, UnsupportedLink
from fetchgram.model import Destination, Json, Link, Person, Request, RequestState, Step, text
from fetchgram.pipeline import facts
from fetchgram.pipeline.lists import Lists
from fetchgram.pipeline.menu import Menu, Menus
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.orders import Orders
from fetchgram.pipeline.queue import JobQueue
from fetchgram.pipeline.requests import known, probe_of
from fetchgram.pipeline.stories import Stories
from fetchgram.pipeline.turns import Work
from fetchgram.plugins.detection import Detector, normalise_url
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.requests import RequestChanges

log = structlog.get_logger()


class Intake:
    """Accepts links, looks at them, shows what there is, and puts what was chosen into the queue.

    Args:
        storage: Holds the requests.
        hooks: The plugins.
        detector: Asks them whose a link is.
        queue: Stops the jobs.
        lists: Opens what is a list.
        menus: Say what can be chosen.
        orders: Puts what was chosen into the queue.
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
        menus: Menus,
        orders: Orders,
        stories: Stories,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._detector = detector
        self._queue = queue
        self._clock = clock
        self._lists = lists
        self._menus = menus
        self._orders = orders
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
            await self._orders.check_link(session, person)
            await session.events.add(facts.of_request("request.accepted", request, self._clock.now()))
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
        return await self._menus.of(await self.request(request_id), selected)

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
            request = await known(session, request_id, hold=True)
            if request.state is not RequestState.CHOOSING:
                return request
            await self._orders.check(session, request)
            probe = probe_of(request)
            if not 0 <= index < len(probe.choices):
                raise ChoiceGone(probe.choices)
            recipe = self._orders.recipe(probe.link, probe.choices[index], steps)
            request = await session.requests.update(request_id, recipe=recipe, state=RequestState.WORKING)
            await self._orders.put(session, request, Work.INTERACTIVE)
        self._queue.announce()
        return request

    async def cancel(self, request_id: int) -> Request:
        """Stop a wish at any stage; a job dies with its last wish."""
        async with self._storage.write() as session:
            await session.jobs.hold(*await session.deliveries.jobs_of(request_id))
            request = await known(session, request_id, hold=True)
            if request.state.ended:
                return request
            request = await session.requests.update(request_id, state=RequestState.CANCELLED)
            await session.entries.clear(request_id)
            orphans = await session.deliveries.detach(request_id)
            for job_id in orphans:
                await session.jobs.cancel(job_id)
            await session.events.add(facts.of_request("request.cancelled", request, self._clock.now()))
        for job_id in orphans:
            await self._queue.stop(job_id)
        return request

    async def request(self, request_id: int) -> Request:
        """Return a request as it stands."""
        async with self._storage.read() as session:
            return await known(session, request_id)

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
            await session.events.add(facts.of_request(event, updated, self._clock.now(), **(told or {})))
        return updated


def _own_link(request: Request) -> Link | None:
    """Return the link of a wish that came without an address to ask the plugins about."""
    return None if "://" in request.url else request.link
