"""What the person chooses from: every choice with its size, its route, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fetchgram.model import Choice, ChoiceKind, MediaKind, Option, Request, Route, Text

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


def best_of(rows: Sequence[ChoiceRow]) -> int | None:
    """Return the index of what is taken for the best: the first that plays everywhere, else the first of all.

    Only what can be delivered counts, and only what is of the first one's kind: the sound alone is not the best of a
    film that is too large. What comes in parts is the best only where nothing comes whole.
    """
    alike = [row for row in rows if row.route is not None and row.choice.kind is rows[0].choice.kind]
    alike = [row for row in alike if row.route != IN_PARTS] or alike
    found = next((row for row in alike if row.choice.plays_everywhere), alike[0] if alike else None)
    return found.index if found else None
