"""What an event counts for, and the sums of many: the one place that says what each number of a chart means.

The database counts: what comes back is one row for each hour, measure and name, however many events there were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    String,
    bindparam,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast

from fetchgram.api import Transaction
from fetchgram_analytics.dates import EPOCH_DAY, Level, Place, month_of_day
from fetchgram_analytics.tables import events

_DAY_S, _HOUR_S, _MS = 86_400, 3600, 1000
_FIRST_WEEKDAY = 3
"""1970 began on a Thursday."""
_ENDS = {name[0]: name for name in ("delivered", "blocked", "gone", "failed", "uncertain")}
"""How messages of a broadcast end, by the letter that is recorded."""

TIME, ALL_TIME = "time.", "all."
"""Before the name of a stage: its times by platform, and those of all platforms together.

The second are kept by day and month, where charts of all platforms read many days: so what they read does not grow with
the platforms. Among the hours they are kept by quarters of a day, which move as one where days are another place's.
"""
_SIX_HOURS_S = 6 * _HOUR_S

Key = tuple[str, int, str, str]
"""A row of sums: what, when, which plugin, and what tells rows of one measure apart."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Recorded events in a row.

    Args:
        after_seq: The last one before them.
        last_seq: The last of them.
        first_ms: When the earliest happened; what was earlier is none of the piece.
        last_ms: When the latest did.
    """

    after_seq: int
    last_seq: int
    first_ms: int
    last_ms: int

    def stretches(self, place: Place) -> Iterator[dict[str, int]]:
        """Return what the statements of this package take, once for each time between two changes of the clocks."""
        for stretch in place.stretches(self.first_ms // _MS, self.last_ms // _MS):
            yield {
                "after_seq": self.after_seq,
                "last_seq": self.last_seq,
                "first_ms": max(self.first_ms, stretch.since_s * _MS),
                "until_ms": stretch.until_s * _MS,
                "since_s": stretch.since_s,
                "offset_s": stretch.offset_s,
            }


@dataclass(slots=True)
class Sums:
    """What a number of events come to, by level and row: how many, and how much (bytes or milliseconds)."""

    of: dict[Level, dict[Key, list[int]]] = field(default_factory=lambda: {level: {} for level in Level})

    def count(self, level: Level, key: Key, n: int, amount: int = 0) -> None:
        """Add to one row."""
        sums = self.of[level].setdefault(key, [0, 0])
        sums[0] += n
        sums[1] += amount

    def count_day(self, key: Key, n: int, amount: int = 0) -> None:
        """Add to a day and to its month."""
        what, day, plugin, detail = key
        self.count(Level.DAY, key, n, amount)
        self.count(Level.MONTH, (what, month_of_day(day), plugin, detail), n, amount)

    def rows(self, level: Level) -> list[dict[str, object]]:
        """Return the rows of a level."""
        return [
            {"what": what, "at": at, "plugin": plugin, "detail": detail, "n": n, "amount": amount}
            for (what, at, plugin, detail), (n, amount) in self.of[level].items()
        ]


async def sums_of(piece: Piece, place: Place, transaction: Transaction, *, with_hours: bool = False) -> Sums:
    """Add up a piece.

    Args:
        piece: Which events.
        place: Whose days.
        transaction: Has them.
        with_hours: Whether hours are wanted here too; `COUNTED_HOURS` adds them up where they lie.
    """
    found = Sums()
    for stretch in piece.stretches(place):
        for *columns, n, amount in await rows_of(_COUNTED_DAYS, stretch, transaction):
            for key in _with_all(cast_key(columns)):
                found.count_day(key, n, amount)
        for hour, day, told in await rows_of(_BROADCASTS, stretch, transaction):
            for detail, n in _broadcast(told):
                found.count_day(("broadcast", day, "", detail), n)
                found.count(Level.HOUR, ("broadcast", hour, "", detail), n)
        if with_hours:
            for *key, n, amount in await rows_of(COUNTED_HOURS, stretch, transaction):
                found.count(Level.HOUR, cast_key(key), n, amount)
    return found


async def rows_of(statement: Executable, stretch: Mapping[str, int], transaction: Transaction) -> list[Any]:
    """Return the rows of a statement over a stretch of a piece."""
    return list(await transaction.execute(statement, stretch))


def cast_key(columns: Sequence[Any]) -> Key:
    """Return the first four columns of a row of sums as its key."""
    what, at, plugin, detail = columns[:4]
    return what, at, plugin, detail


def _with_all(key: Key) -> Iterator[Key]:
    yield key
    what, at, _, detail = key
    if what.startswith(TIME):
        yield ALL_TIME + what.removeprefix(TIME), at, "", detail


def local(at_s: ColumnElement[int], offset_s: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[str]]:
    """Return the day of an instant, and its weekday and hour as three digits, where clocks are so far ahead of UTC."""
    here = at_s + offset_s
    days = here // _DAY_S
    # The leading 1 keeps the zeros.
    number = 1000 + (days + _FIRST_WEEKDAY) % 7 * 100 + here % _DAY_S // _HOUR_S
    return days + EPOCH_DAY, func.substr(sql_cast(number, String), 2, 3)


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger())


OFFSET_S, _SINCE_S = _number("offset_s"), _number("since_s")
AT_S = events.c.at_ms // _MS
IN_PIECE = (
    events.c.seq > _number("after_seq"),
    events.c.seq <= _number("last_seq"),
    events.c.at_ms >= _number("first_ms"),
    events.c.at_ms < _number("until_ms"),
)
DAY, _RHYTHM = local(AT_S, OFFSET_S)
_BEGAN = AT_S - (AT_S + OFFSET_S) % _HOUR_S
# Where clocks were set within an hour, a new one began then.
_HOUR = case((_BEGAN >= _SINCE_S, _BEGAN), else_=_SINCE_S)

_E = (
    select(events, _HOUR.label("hour"), DAY.label("day"), _RHYTHM.label("rhythm"))
    .where(*IN_PIECE, events.c.name != "broadcast.done")
    .cte("piece")
    .c
)


_FETCHED = _E.cached == 0
_DOWNLOAD = _E.detail == "download"
_ANY = true()


class _Measure(NamedTuple):
    """Which events count, by what besides the time, and what is added up."""

    what: str
    names: tuple[str, ...]
    plugin: ColumnElement[Any] | None = None
    detail: ColumnElement[Any] | None = None
    amount: ColumnElement[Any] | None = None
    where: ColumnElement[bool] = _ANY

    def by(self, at: ColumnElement[int]) -> Select[Any]:
        """Return the statement: what, when, plugin, detail, how many, how much."""
        empty, nothing = literal("", String()), literal(0, BigInteger())
        columns = [column for column in (self.plugin, self.detail) if column is not None]
        much = nothing if self.amount is None else sql_cast(func.sum(func.coalesce(self.amount, 0)), BigInteger)
        return (
            select(
                literal(self.what, String()).label("what"),
                at.label("at"),
                (empty if self.plugin is None else self.plugin).label("plugin"),
                (empty if self.detail is None else self.detail).label("detail"),
                func.count().label("n"),
                much.label("amount"),
            )
            .where(_E.name.in_(self.names), self.where)
            .group_by(at, *columns)
        )


def _file(what: str, detail: ColumnElement[Any] | None = None, where: ColumnElement[bool] = _ANY) -> _Measure:
    return _Measure(what, ("job.delivered",), _E.plugin, detail, _E.size_bytes, where)


def _time(stage: str, name: str, where: ColumnElement[bool] = _ANY) -> _Measure:
    return _Measure(f"{TIME}{stage}", (name,), _E.plugin, _E.took_slot, _E.took_ms, where)


_MEASURES = (
    _Measure("link", ("request.accepted",)),
    _Measure("new", ("person.new",), detail=_E.detail),
    _Measure("failure", ("request.failed", "delivery.failed", "delivery.uncertain"), _E.plugin, _E.detail),
    _Measure("paused", ("plugin.paused",), _E.plugin),
    _Measure("down", ("job.stage",), _E.plugin, None, _E.size_bytes, _DOWNLOAD),
    _file("file"),
    _file("quality", _E.quality),
    _file("kind", _E.detail),
    _file("route", _E.route),
    _file("rhythm", _E.rhythm),
    _file("cached", None, ~_FETCHED),
    _file("up", None, _FETCHED),
    _time("look", "request.probed"),
    _time("wait", "job.begun"),
    _time("download", "job.stage", _DOWNLOAD),
    _time("process", "job.stage", ~_DOWNLOAD),
    _time("total", "job.delivered", _FETCHED),
    _Measure("time.send", ("job.delivered",), _E.plugin, _E.send_slot, _E.send_ms, _FETCHED),
    _Measure("sized", ("job.delivered",), _E.plugin, _E.size_class + _E.took_slot, _E.took_ms, _FETCHED),
)
_BY_HOUR = union_all(*(measure.by(_E.hour) for measure in _MEASURES)).cte("by_hour")


def _together() -> Select[Any]:
    """Return the times of all platforms by quarters of a day."""
    c = _BY_HOUR.c
    name, began = func.replace(c.what, TIME, ALL_TIME), c.at - (c.at + OFFSET_S) % _SIX_HOURS_S
    at = case((began >= _SINCE_S, began), else_=_SINCE_S)
    n, amount = (sql_cast(func.sum(column), BigInteger) for column in (c.n, c.amount))
    times = select(name, at, literal("", String()), c.detail, n, amount).where(c.what.like(f"{TIME}%"))
    return times.group_by(name, at, c.detail)


COUNTED_HOURS = union_all(select(_BY_HOUR), _together())
_COUNTED_DAYS = union_all(*(measure.by(_E.day) for measure in _MEASURES))
_BROADCASTS = select(_HOUR, DAY, events.c.detail).where(*IN_PIECE, events.c.name == "broadcast.done")


def _broadcast(told: str) -> Iterator[tuple[str, int]]:
    yield "", 1
    parts: Mapping[str, str] = dict(part.split("=") for part in told.split(",") if "=" in part)
    for letter, name in _ENDS.items():
        if parts.get(letter, "").isdecimal():
            yield name, int(parts[letter])
