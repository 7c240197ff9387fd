"""What the person chooses from: every choice with its size, its route, and why not; with what plugins add to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fetchgram.model import Chat, Choice, ChoiceKind, MediaKind, Option, Person, Request, Route, Text, text
from fetchgram.pipeline.orders import Orders
from fetchgram.pipeline.requests import probe_of
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.storage import Storage

_ARRIVES_AS = {
    ChoiceKind.VIDEO: MediaKind.VIDEO,
    ChoiceKind.AUDIO: MediaKind.AUDIO,
    ChoiceKind.IMAGE: MediaKind.PHOTO,
    ChoiceKind.ALBUM: MediaKind.PHOTO,
    ChoiceKind.THUMBNAIL: MediaKind.PHOTO,
    ChoiceKind.FILE: MediaKind.DOCUMENT,
}

IN_PARTS = "split"
"""The way of what no other takes, in pieces: it can be chosen, and is not chosen by itself while another can."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes that are up, for what can be chosen.

    Args:
        routes: All of a destination.
    """

    routes: Sequence[Route]

    def of(self, choice: Choice) -> str | None:
        """Return the name of the first route that takes a choice."""
        kind = _ARRIVES_AS[choice.kind]
        return next((route.name for route in self._up if route.takes(kind, choice.file_bytes)), None)

    def limit_bytes(self, choice: Choice) -> int:
        """Return the most that any route takes of this kind."""
        kind = _ARRIVES_AS[choice.kind]
        return max((route.max_bytes.get(kind.value, 0) for route in self._up), default=0)

    @property
    def _up(self) -> list[Route]:
        return [route for route in self.routes if route.down is None and route.name != "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """One choice on the menu.

    Args:
        index: Its place in `request.probe.choices`.
        choice: What it brings.
        route: Name of the route that would take it; `None` when there is none.
        why_not: Why it cannot be delivered.
        cached: Whether it arrives at once.
    """

    index: int
    choice: Choice
    route: str | None
    why_not: Text | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The menu of one request.

    Args:
        request: In state `choosing`; title, author, duration are in `request.probe`.
        rows: In the probe's order.
        best: Index of the row that "best" stands for, as `best_of` says.
        options: What plugins add for the selected row.
        reasons: Why plugins add nothing where people might expect it.
    """

    request: Request
    rows: tuple[ChoiceRow, ...]
    best: int | None
    options: tuple[Option, ...] = ()
    reasons: tuple[Text, ...] = ()

    @classmethod
    def of(cls, request: Request, rows: tuple[ChoiceRow, ...], best: int | None, offered: Sequence[Option]) -> Menu:
        """Build it from all that plugins offer, what cannot be had among it."""
        options = tuple(option for option in offered if option.why_not is None)
        reasons = tuple(option.why_not for option in offered if option.why_not is not None)
        return cls(request=request, rows=rows, best=best, options=options, reasons=reasons)


class Menus:
    """Says what can be chosen.

    Args:
        storage: Holds what can be sent again at once.
        hooks: The plugins.
        orders: Know what recipe a choice would be.
        clock: Time.
    """

    def __init__(self, *, storage: Storage, hooks: Hooks, orders: Orders, clock: Clock) -> None:
        self._storage = storage
        self._hooks = hooks
        self._orders = orders
        self._clock = clock

    async def of(self, request: Request, selected: int | None = None) -> Menu:
        """Build the menu of a request.

        Args:
            request: In state `choosing`.
            selected: Index of the choice that the options are for; the best one by default.
        """
        probe = probe_of(request)
        routes = await self._hooks.routes(request.destination)
        rows = tuple([await self._row(request, i, choice, routes) for i, choice in enumerate(probe.choices)])
        best = best_of(rows)
        chosen = selected if selected is not None else best
        options: tuple[Option, ...] = ()
        if chosen is not None:
            person = Person(bot_id=request.bot_id, id=request.person, locale=request.locale)
            options = await self._hooks.offer(probe, probe.choices[chosen], routes, person)
        return Menu.of(request, rows, best, options)

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
        link = probe_of(request).link
        fingerprint = self._orders.recipe(link, choice).fingerprint(link)
        async with self._storage.read() as session:
            return await session.cache.get(request.bot_id, fingerprint, self._clock.now()) is not None


def best_of(rows: Sequence[ChoiceRow]) -> int | None:
    """Return the index of what is taken for the best: the first that plays everywhere, else the first of all.

    Only what can be delivered counts, and only what is of the first one's kind: the sound alone is not the best of a
    film that is too large. What comes in parts is the best only where nothing comes whole.
    """
    alike = [row for row in rows if row.route is not None and row.choice.kind is rows[0].choice.kind]
    alike = [row for row in alike if row.route != IN_PARTS] or alike
    found = next((row for row in alike if row.choice.plays_everywhere), alike[0] if alike else None)
    return found.index if found else None
