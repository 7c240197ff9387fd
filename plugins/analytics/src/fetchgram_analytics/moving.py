"""Days of another place, made of the bot's: the hours at their ends are moved from one day to its neighbour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, FromClause, Select, String, cast, column, func, select, text, union_all

from fetchgram_analytics.counting import ALL_TIME, TIME
from fetchgram_analytics.dates import DAY_S, Level, Place
from fetchgram_analytics.periods import Span
from fetchgram_analytics.tables import hours

Slots = Mapping[int, Counter[int]]
"""How many times there were, by when and slot."""

Rows = Iterable[tuple[int, str, str]]
"""The same as rows: when, slots, and how many of each; both with commas between them."""


def listed(sums: FromClause) -> Select[Any]:
    """Return rows of sums that have the columns at, slot and n: one row for each time is fetched ten times as fast."""
    at, slot, n = sums.c
    return select(at, func.aggregate_strings(slot, ","), func.aggregate_strings(cast(n, String), ",")).group_by(at)


def slots_of(rows: Rows) -> dict[int, Counter[int]]:
    """Read rows, in which a slot may come more than once."""
    found: dict[int, Counter[int]] = {}
    for at, slots, n in rows:
        of_it = found[at] = Counter()
        for slot, count in zip(map(int, slots.split(",")), map(int, n.split(",")), strict=True):
            of_it[slot] = of_it.get(slot, 0) + count
    return found


@dataclass(frozen=True, slots=True)
class _Border:
    """Where one day ends there, and the next begins.

    Args:
        day: The one that begins.
        first_s: The first instant that is of another day than the bot's.
        end_s: The first again that is not.
        is_early: Whether it begins before the bot's, so that hours move to it, and else from it.
    """

    day: int
    first_s: int
    end_s: int
    is_early: bool


_QUARTERS = (0, 6, 12, 18)
_Piece = tuple[int, int, int]
"""The day of a border, and from when to when."""


class Moving:
    """Makes days of another place.

    Args:
        span: Of its days.
        home: The bot's.
    """

    def __init__(self, span: Span, home: Place) -> None:
        place, self._span, self._home = span.place or home, span, home
        # Half a day away at the most, wherever that is.
        self._later = round((place.begins(span.first) - home.begins(span.first)) / DAY_S)
        self._borders = [
            _Border(day, min(there, here), max(there, here), is_early=there < here)
            for day in (*span.slots, span.last + 1)
            if (there := place.begins(day)) != (here := home.begins(day + self._later))
        ]

    @property
    def own(self) -> Span:
        """The bot's days that are nearest."""
        return Span(Level.DAY, tuple(day + self._later for day in self._span.slots))

    def moved(self, what: str, plugin: str | None = None) -> Select[Any] | None:
        """Return what is moved at each border, by the day that begins there; `None` if nothing is."""
        hours_, quarters = self._pieces(quarters=plugin is None)
        found = [_between("hours", hours_, what, plugin)] if hours_ else []
        found += [_between("quarters", quarters, what.replace(TIME, ALL_TIME), None)] if quarters else []
        return listed(union_all(*found).subquery()) if found else None

    def _pieces(self, *, quarters: bool) -> tuple[list[_Piece], list[_Piece]]:
        """Return the hours, and the quarters of the bot's days that are taken as one."""
        rest: list[_Piece] = []
        whole: list[_Piece] = []
        for border in self._borders:
            cuts = self._cuts(border) if quarters else []
            first, end = (min(cuts), max(cuts)) if cuts else (border.end_s, border.end_s)
            whole.append((border.day, first, end - 1))
            rest += [(border.day, border.first_s, first - 1), (border.day, end, border.end_s - 1)]
        return [piece for piece in rest if piece[1] < piece[2]], [piece for piece in whole if piece[1] < piece[2]]

    def _cuts(self, border: _Border) -> list[int]:
        """Return when quarters of the bot's days begin within what is moved, and at its ends."""
        day = border.day + self._later - border.is_early
        begins = [self._home.begins(day, hour) for hour in _QUARTERS] + [self._home.begins(day + 1)]
        return [at for at in begins if border.first_s <= at <= border.end_s]

    def days(self, own: Rows, moved: Rows) -> Slots:
        """Return the days, of those that are nearest and of what is moved."""
        found = defaultdict(Counter, {day - self._later: slots for day, slots in slots_of(own).items()})
        early = {border.day for border in self._borders if border.is_early}
        for day, slots in slots_of(moved).items():
            to, of = (day, day - 1) if day in early else (day - 1, day)
            found[to].update(slots)
            found[of].subtract(slots)
        return {day: +found[day] for day in self._span.slots if day in found}


def _between(name: str, pieces: Iterable[_Piece], what: str, plugin: str | None) -> Select[Any]:
    """Return the sums of pieces: day, slot, how many."""
    # As one text: hundreds of parameters take longer to write than to look up.
    values = text(f"VALUES {', '.join(map(str, pieces))}")
    day, first, last = values.columns(*(column(f"column{number}", BigInteger()) for number in (1, 2, 3))).cte(name).c
    wanted = [hours.c.what == what, hours.c.at.between(first, last)]
    wanted += [] if plugin is None else [hours.c.plugin == plugin]
    return select(day, hours.c.detail, func.sum(hours.c.n)).where(*wanted).group_by(day, hours.c.detail)
