"""Sums counted again from the recorded events, and put right where they differ; people's own rows before them.

What differs is found in one snapshot and added in one short transaction. In between the bot may go on adding: it adds
to both sides alike, so that a difference stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, tuple_, update

from fetchgram.api import PluginDatabase, PluginError, Transaction
from fetchgram_analytics.activity import LONGEST, all_active
from fetchgram_analytics.audience import AUDIENCE, all_people
from fetchgram_analytics.counting import Key, Piece, Sums, cast_key, rows_of, sums_of
from fetchgram_analytics.dates import Level, Place, month_of, month_of_day
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.restoring import Restoring
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import ADD, OF_LEVEL
from fetchgram_analytics.tables import active, events, marks, tastes

_ACTIVE = "active"
_THEIRS = {active.name: "people's days", tastes.name: "people's platforms"}
_AT_ONCE = 200
_MOST_TOLD = 40


_Which = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Some of the sums, by what they are called."""


def _of_windows(what: ColumnElement[str]) -> ColumnElement[bool]:
    return what.like(f"{_ACTIVE}%")


def _of_all_but_windows(what: ColumnElement[str]) -> ColumnElement[bool]:
    return ~_of_windows(what)


def _of_who_came(what: ColumnElement[str]) -> ColumnElement[bool]:
    return what == AUDIENCE


def _of_events(what: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(_of_all_but_windows(what), ~_of_who_came(what))


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of sums that was not what the events say.

    Args:
        level: Hour, day or month.
        key: What, when, which plugin, and the detail.
        n: By how much it was too low; negative where it was too high. Of people's own rows, how many were wrong.
        amount: The same in bytes or milliseconds.
    """

    level: Level
    key: Key
    n: int
    amount: int


def told(found: tuple[Difference, ...]) -> list[str]:
    """Say what differed, in lines that are read."""
    if not found:
        return ["Every sum is what the events say."]
    lines = [
        "One sum differed, and was put right:"
        if len(found) == 1
        else f"{len(found)} sums differed, and were put right:"
    ]
    lines += [f"  {each.level} {_when(each)}  {_what(each)}  {each.n:+,}" for each in found[:_MOST_TOLD]]
    return lines if len(found) <= _MOST_TOLD else [*lines, f"  and {len(found) - _MOST_TOLD} more"]


def _when(difference: Difference) -> str:
    at = difference.key[1]
    if difference.level is Level.HOUR:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{date.fromordinal(at)}" if difference.level is Level.DAY else f"{month_of(at):%Y-%m}"


def _what(difference: Difference) -> str:
    what, _, plugin, detail = difference.key
    return " ".join(word for word in (what, plugin, detail) if word)


class Rebuilding:
    """Counts again.

    Args:
        database: Has the events and the sums.
        place: Whose days and hours count.
        settings: How long things are kept: what is incomplete is left as it is.
    """

    def __init__(self, database: PluginDatabase, place: Place, settings: Settings) -> None:
        self._database = database
        self._place = place
        self._settings = settings

    async def rebuild(self, now: datetime) -> tuple[Difference, ...]:
        """Put right what differs, and return it.

        Days whose events are not all kept stay as they are, and so does what people got from platforms that they had
        used before.

        Raises:
            PluginError: If somebody else did the same meanwhile.
        """
        theirs = await self._restored(now)
        async with self._database.read() as transaction:
            known = await marks_of(transaction)
            found = await self._differences(known, now, transaction)
        if found:
            async with self._database.write() as transaction:
                if (await marks_of(transaction, hold=True))["rebuilt"] != known["rebuilt"]:
                    raise PluginError("the sums were rebuilt by somebody else meanwhile: try again")
                await _add(found, transaction)
        return (*theirs, *found)

    async def _restored(self, now: datetime) -> tuple[Difference, ...]:
        """Put people's own rows right."""
        async with self._database.read() as transaction:
            kept = await self._kept(await marks_of(transaction), transaction)
        if kept is None:
            return ()
        first, piece = kept
        wrong = await Restoring(self._database, self._place).restore(piece, first, self._oldest_day(now))
        return tuple(
            Difference(Level.DAY, (_THEIRS[name], day, "", ""), n, 0) for (name, day), n in sorted(wrong.items())
        )

    async def _kept(self, known: dict[str, int], transaction: Transaction) -> tuple[int, Piece] | None:
        """Return since which day all events are there, and these events."""
        ends = select(func.min(events.c.at_ms), func.max(events.c.at_ms)).where(events.c.seq <= known["summed"])
        ((first_ms, last_ms),) = await rows_of(ends, {}, transaction)
        if last_ms is None:
            return None
        first = self._first_whole_day(known["too_late_ms"], first_ms)
        begins_ms = self._place.begins(first) * 1000
        return first, Piece(0, known["summed"], begins_ms, max(begins_ms, last_ms))

    async def _differences(
        self, known: dict[str, int], now: datetime, transaction: Transaction
    ) -> tuple[Difference, ...]:
        kept = await self._kept(known, transaction)
        if kept is None:
            return ()
        first, piece = kept
        fresh = await sums_of(piece, self._place, transaction, with_hours=True)
        hour = max(self._place.begins(first), self._kept_since(now, self._settings.keep_hours_days))
        found = await _compared(Level.HOUR, hour, fresh, _of_events, transaction)
        found += await _compared(Level.DAY, first, fresh, _of_events, transaction)
        found += await _of_audience(first, transaction)
        found += await _of_months(first, found, transaction)
        return (*found, *await self._of_people(first, now, transaction))

    def _first_whole_day(self, too_late_ms: int, first_ms: int) -> int:
        """Return the first day of which all events are there: from `too_late_ms` on nothing was removed."""
        day = self._place.moment(max(too_late_ms, first_ms) // 1000).day
        return day if self._place.begins(day) * 1000 >= too_late_ms else day + 1

    async def _of_people(self, first: int, now: datetime, transaction: Transaction) -> list[Difference]:
        """Compare how many people were active: of the days that look back on days which are all there."""
        since = max(first, self._oldest_day(now) + LONGEST)
        fresh = Sums()
        for (window, day), n in (await all_active(since, transaction)).items():
            fresh.count(Level.DAY, (f"{_ACTIVE}{window}", day, "", ""), n)
        return await _compared(Level.DAY, since, fresh, _of_windows, transaction)

    def _oldest_day(self, now: datetime) -> int:
        """Return since which day it is kept who was there."""
        return self._place.moment(self._kept_since(now, self._settings.keep_people_days)).day

    @staticmethod
    def _kept_since(now: datetime, days: int) -> int:
        # A day less than is kept: what is just being removed is none of ours.
        return int((now - timedelta(days=days - 1)).timestamp())


async def _compared(level: Level, since: int, fresh: Sums, which: _Which, transaction: Transaction) -> list[Difference]:
    stored = await _stored(level, since, which, transaction)
    wanted = {key: (n, amount) for key, (n, amount) in fresh.of[level].items() if key[1] >= since}
    found = []
    for key in sorted(stored.keys() | wanted.keys()):
        (was, much), (is_now, is_much) = stored.get(key, (0, 0)), wanted.get(key, (0, 0))
        if (was, much) != (is_now, is_much):
            found.append(Difference(level, key, is_now - was, is_much - much))
    return found


async def _stored(level: Level, since: int, which: _Which, transaction: Transaction) -> dict[Key, tuple[int, int]]:
    table = OF_LEVEL[level]
    rows = await rows_of(select(table).where(table.c.at >= since, which(table.c.what)), {}, transaction)
    return {cast_key(row): (row.n, row.amount) for row in rows}


async def _of_audience(first: int, transaction: Transaction) -> list[Difference]:
    """Compare how many people came to each platform, on the days since."""
    fresh = Sums()
    for (day, plugin), n in (await all_people(transaction)).items():
        fresh.count(Level.DAY, (AUDIENCE, day, plugin, ""), n)
    return await _compared(Level.DAY, first, fresh, _of_who_came, transaction)


async def _of_months(first: int, found: list[Difference], transaction: Transaction) -> list[Difference]:
    """Compare months with their days, as these will be."""
    month, fresh = month_of_day(first), Sums()
    for key, (n, amount) in (
        await _stored(Level.DAY, month_of(month).toordinal(), _of_all_but_windows, transaction)
    ).items():
        fresh.count_day(key, n, amount)
    for each in found:
        if each.level is Level.DAY:
            fresh.count_day(each.key, each.n, each.amount)
    fresh.of[Level.MONTH] = {key: sums for key, sums in fresh.of[Level.MONTH].items() if any(sums)}
    return await _compared(Level.MONTH, month, fresh, _of_all_but_windows, transaction)


async def _add(found: tuple[Difference, ...], transaction: Transaction) -> None:
    sums = Sums()
    for each in found:
        sums.count(each.level, each.key, each.n, each.amount)
    for level, statement in ADD.items():
        if rows := sums.rows(level):
            await transaction.execute(statement, rows)
            await _remove_empty(OF_LEVEL[level], list(sums.of[level]), transaction)
    await transaction.execute(update(marks).where(marks.c.name == "rebuilt").values(value=marks.c.value + 1))


async def _remove_empty(table: Table, keys: list[Key], transaction: Transaction) -> None:
    key = tuple_(*table.primary_key.columns)
    for start in range(0, len(keys), _AT_ONCE):
        among = key.in_(keys[start : start + _AT_ONCE])
        await transaction.execute(delete(table).where(and_(among, table.c.n == 0, table.c.amount == 0)))
