"""Lists to pick from: pages fetched as they are turned to, entries picked, one quality for all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from fetchgram.errors import ChoiceGone, LimitReached, LinkError, UnsupportedLink
from fetchgram.model import (
    Choice,
    ChoiceKind,
    LinkKind,
    Listing,
    Page,
    Person,
    Probe,
    Recipe,
    Request,
    RequestState,
    text,
)
from fetchgram.pipeline import facts
from fetchgram.pipeline.items import Items, Wanted
from fetchgram.pipeline.limits import Limits
from fetchgram.pipeline.requests import known, listing_of
from fetchgram.plugins.detection import Detector, normalise_url
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage
from fetchgram.storage.entries import ListedEntry

PAGE = 8
"""Entries on one screen: with the other buttons as many as a phone shows."""
_MOST_PAGES = 40
"""Pages of the site that one tap or one typed range may fetch."""
_USUAL = Choice(kind=ChoiceKind.VIDEO, height_px=720, at_most=True)
_AS_IT_IS = Choice(kind=ChoiceKind.VIDEO, at_most=True)
_AS_THEY_ARE = frozenset({LinkKind.POST, LinkKind.STORY, LinkKind.HIGHLIGHT})
"""Lists mostly of pictures, which have one quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """One page of a list to pick from.

    Args:
        request: In state `choosing`, with its `listing`.
        rows: The entries on this page.
        picked: How many are picked, on any page.
        seen: How many are known so far.
        limit: How many may be picked.
    """

    request: Request
    listing: Listing
    rows: tuple[ListedEntry, ...]
    picked: int
    seen: int
    limit: int

    @property
    def pages(self) -> int | None:
        """Return how many pages there are, where that is known."""
        total = self.listing.total if self.listing.next_cursor is not None else self.seen
        return None if total is None else max(1, -(-total // PAGE))

    @property
    def has_next(self) -> bool:
        """Whether there is a page behind this one."""
        return self.listing.next_cursor is not None or self.seen > (self.listing.page + 1) * PAGE


class Lists:
    """Opens lists, turns their pages and takes what was picked.

    Args:
        storage: Holds what was seen and picked.
        hooks: The plugins.
        detector: Asks them whose a list is.
        items: Puts what was picked into the queue.
        limits: How many items of one list a person may have.
        clock: Time.
    """

    def __init__(
        self, *, storage: Storage, hooks: Hooks, detector: Detector, items: Items, limits: Limits, clock: Clock
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._detector = detector
        self._items = items
        self._limits = limits
        self._clock = clock

    async def open(self, request: Request, probe: Probe) -> Request:
        """Show a list in place of whatever the request showed; its first page is fetched.

        Args:
            request: In state `probing` or `choosing`.
            probe: Of the list.

        Raises:
            FetchgramError: As the site answered; nothing was changed.
        """
        page = await self._hooks.entries(probe.link, None)
        if not page.entries:
            raise LinkError("an empty list", told=text("list-empty"))
        listing = Listing(
            link=probe.link,
            title=probe.title,
            author=probe.author,
            total=page.total,
            next_cursor=page.next_cursor,
            wish=_AS_IT_IS if probe.link.kind in _AS_THEY_ARE else _USUAL,
        )
        first = {"link": probe.link, "probe": probe} if request.probe is None else {}
        async with self._storage.write() as session:
            await session.entries.clear(request.id)
            await session.entries.append(request.id, page.entries)
            changes = {"state": RequestState.CHOOSING, "listing": listing, **first}
            request = await session.requests.update(request.id, **changes)  # type: ignore[arg-type]  # named in a dict
            await session.events.add(facts.of_request("request.listed", request, self._clock.now()))
        return request

    async def open_whole(self, request_id: int) -> Request:
        """Open the list that the request's link is part of.

        Raises:
            FetchgramError: As the site answered; nothing was changed.
        """
        request = await self._choosing(request_id)
        url = request.link.within if request.link else None
        if request.probe is None or url is None:
            raise ChoiceGone
        (link,) = await self._detector.detect([normalise_url(url)])
        if link is None:
            raise UnsupportedLink
        is_own = link.media_id == request.probe.link.media_id
        return await self.open(request, request.probe if is_own else await self._hooks.probe(link))

    async def close(self, request_id: int) -> Request:
        """Go back to the card that the list was opened from."""
        request = await self._choosing(request_id)
        if request.probe is None or request.probe.is_list:
            return request
        async with self._storage.write() as session:
            await session.entries.clear(request_id)
            return await session.requests.update(request_id, listing=None)

    async def picker(self, request_id: int, page: int | None = None) -> Picker:
        """Return a page, fetched if it was not seen yet.

        Args:
            request_id: In state `choosing`.
            page: From 0; the one that was shown last by default.
        """
        request = await self._choosing(request_id)
        number = listing_of(request).page if page is None else max(0, page)
        seen = await self._fetch(request, (number + 1) * PAGE)
        number = min(number, max(0, (seen - 1) // PAGE))
        async with self._storage.write() as session:
            request = await _choosing_in(session, request_id)
            listing = dataclasses.replace(listing_of(request), page=number)
            if listing != request.listing:
                request = await session.requests.update(request_id, listing=listing)
            rows = await session.entries.between(request_id, number * PAGE + 1, (number + 1) * PAGE)
            picked = len(await session.entries.positions(request_id))
            limit = await self._limit(session, request)
        return Picker(request=request, listing=listing, rows=tuple(rows), picked=picked, seen=seen, limit=limit)

    async def tick(self, request_id: int, position: int, *, picked: bool) -> None:
        """Pick one entry, or no longer; said twice it is the same, as a tap is after a crash.

        Raises:
            LimitReached: If no more may be picked.
        """
        async with self._storage.write() as session:
            request = await _choosing_in(session, request_id)
            await session.entries.tick(request_id, position, picked=picked)
            await self._check(session, request, len(await session.entries.positions(request_id)))

    async def pick_first(self, request_id: int, count: int | None = None) -> bool:
        """Pick the first so many, and nothing else; all by default.

        Returns:
            Whether that is as many as were asked for: false when the limit is smaller.
        """
        limit = await self.limit(request_id)
        count = min(count or limit + 1, limit + 1)
        seen = await self._fetch(await self._choosing(request_id), count)
        await self._pick(request_id, range(1, min(count, limit) + 1))
        return min(count, seen) <= limit

    async def pick_none(self, request_id: int) -> None:
        """Pick nothing."""
        await self._pick(request_id, ())

    async def pick_ranges(self, request_id: int, ranges: Sequence[range]) -> int:
        """Pick these places, and nothing else; returns how many of them there are.

        Raises:
            LimitReached: If they are more than may be picked; what was picked stays.
        """
        wanted = sorted({position for each in ranges for position in each})
        request = await self._choosing(request_id)
        seen = await self._fetch(request, wanted[-1] if wanted else 0)
        there = [position for position in wanted if position <= seen]
        async with self._storage.read() as session:
            await self._check(session, request, len(there))
        if there:
            await self._pick(request_id, there)
        return len(there)

    async def wish(self, request_id: int, wish: Choice) -> None:
        """Take one quality for all."""
        async with self._storage.write() as session:
            request = await _choosing_in(session, request_id)
            await session.requests.update(request_id, listing=dataclasses.replace(listing_of(request), wish=wish))

    async def choose(self, request_id: int) -> Request:
        """Put what was picked into the queue; all of it is on disk when this returns.

        Raises:
            LimitReached: Told; the picker stays.
            LinkError: If nothing is picked.
        """
        async with self._storage.write() as session:
            request = await known(session, request_id)
            if request.state is not RequestState.CHOOSING:
                return request
            listing = listing_of(request)
            picked = await session.entries.picked(request_id)
            if not picked:
                raise LinkError("nothing is picked", told=text("list-nothing-picked"))
            await self._check(session, request, len(picked))
            settings, schema = self._hooks.shape(listing.link.plugin)
            recipe = Recipe(choice=listing.wish, settings=settings, schema=schema)
            request = await session.requests.update(request_id, recipe=recipe, state=RequestState.WORKING)
            await self._items.put(session, request, [Wanted(e.position, e.entry.link, e.entry.title) for e in picked])
            await session.entries.clear(request_id)
        self._items.announce()
        return request

    async def _fetch(self, request: Request, wanted: int) -> int:
        """Fetch pages until so many entries are known, or there are no more; returns how many are known."""
        async with self._storage.read() as session:
            seen = await session.entries.count(request.id)
        for _ in range(_MOST_PAGES):
            listing = listing_of(request)
            if seen >= wanted or listing.next_cursor is None:
                break
            page = await self._hooks.entries(listing.link, listing.next_cursor)
            request = await self._keep(request, page)
            seen += len(page.entries)
        return seen

    async def _keep(self, request: Request, page: Page) -> Request:
        async with self._storage.write() as session:
            await session.entries.append(request.id, page.entries)
            # A page without entries ends a list that would otherwise be turned for ever.
            cursor = page.next_cursor if page.entries else None
            listing = dataclasses.replace(listing_of(request), next_cursor=cursor)
            return await session.requests.update(request.id, listing=listing)

    async def _pick(self, request_id: int, positions: Sequence[int]) -> None:
        async with self._storage.write() as session:
            await _choosing_in(session, request_id)
            await session.entries.pick(request_id, positions)

    async def limit(self, request_id: int) -> int:
        """Return how many may be picked."""
        async with self._storage.read() as session:
            return await self._limit(session, await known(session, request_id))

    async def _limit(self, session: Session, request: Request) -> int:
        return await self._limits.list_items(session, Person(bot_id=request.bot_id, id=request.person))

    async def _check(self, session: Session, request: Request, count: int) -> None:
        limit = await self._limit(session, request)
        if count > limit:
            raise LimitReached("items of a list", told=text("list-limit", limit=limit))

    async def _choosing(self, request_id: int) -> Request:
        async with self._storage.read() as session:
            return await _choosing_in(session, request_id)


async def _choosing_in(session: Session, request_id: int) -> Request:
    request = await known(session, request_id)
    if request.state is not RequestState.CHOOSING:
        raise LinkError(f"request {request_id} is {request.state}", told=text("toast-queued"))
    return request
