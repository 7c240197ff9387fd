"""People's own rows counted again from the recorded events: their days, and what they got from which platform.

The database compares, and only what differs comes back. Changes are added, so that the bot may go on; a row that no
event speaks for goes only if nothing was recorded for it since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Delete,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)

from fetchgram.api import PluginDatabase, Transaction
from fetchgram_analytics.counting import AT_S, IN_PIECE, Piece, local, rows_of
from fetchgram_analytics.dates import Place
from fetchgram_analytics.recording import DELIVERED
from fetchgram_analytics.summing import adding
from fetchgram_analytics.tables import active, events, tastes

_VALUES = ("files", "size_bytes")
_EARLIEST = "first_day"
_ADD = {active: adding(active, *_VALUES), tastes: adding(tastes, *_VALUES, earliest=_EARLIEST)}


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one of the two tables, and what the events of a piece say about them.

    Args:
        table: The table.
        key: What besides the person tells rows apart, of an event.
        said: What the events say, in the columns of the table.
        are_meant: Which of the stored rows they can speak for.
    """

    table: Table
    key: ColumnElement[Any]
    said: CTE
    are_meant: ColumnElement[bool]

    def are_same(self, *others: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row is the one with this key; by default the one that events speak of."""
        own = self.table.primary_key.columns
        return and_(
            *(mine == other for mine, other in zip(own, others or [self.said.c[c.name] for c in own], strict=True))
        )


class Restoring:
    """Puts people's own rows right.

    Args:
        database: Has them, and the events.
        place: Whose days count.
    """

    def __init__(self, database: PluginDatabase, place: Place) -> None:
        self._database = database
        self._place = place

    async def restore(self, piece: Piece, first_day: int, oldest_day: int) -> Counter[tuple[str, int]]:
        """Put right what differs from what happened.

        What people got from a platform that they had used before cannot be counted again, and stays.

        Args:
            piece: Which events are there.
            first_day: Since this day all are.
            oldest_day: Since this day people's days are kept.

        Returns:
            How many rows differed, by table and day.
        """
        told: Counter[tuple[str, int]] = Counter()
        day = _day(self._place, piece)
        for rows in (_days(day, max(first_day, oldest_day)), _platforms(day, first_day)):
            bounds = {"after_seq": piece.after_seq, "last_seq": piece.last_seq}
            bounds |= {"first_ms": piece.first_ms, "until_ms": piece.last_ms + 1}
            async with self._database.read() as transaction:
                wrong = await rows_of(_wrong(rows), bounds, transaction)
                surplus = await rows_of(_surplus(rows), bounds, transaction)
            if wrong or surplus:
                async with self._database.write() as transaction:
                    await _mend(rows, wrong, surplus, piece.last_seq, transaction)
            at = "day" if rows.table is active else _EARLIEST
            told.update((rows.table.name, getattr(row, at)) for row in (*wrong, *surplus))
        return told


def _day(place: Place, piece: Piece) -> ColumnElement[int]:
    """Return the day of an event, through all changes of the clocks."""
    stretches = list(place.stretches(piece.first_ms // 1000, piece.last_ms // 1000))
    offset: ColumnElement[int] = literal(stretches[-1].offset_s, BigInteger())
    for stretch in reversed(stretches[:-1]):
        offset = case((stretch.until_s > AT_S, literal(stretch.offset_s, BigInteger())), else_=offset)
    return local(AT_S, offset)[0]


def _days(day: ColumnElement[int], since: int) -> _Rows:
    piece = select(events, day.label("day")).where(*IN_PIECE, events.c.person.is_not(None)).cte("piece").c
    arrived = piece.name == DELIVERED
    files = func.sum(case((arrived, 1), else_=0)).label("files")
    size = func.sum(case((arrived, func.coalesce(piece.size_bytes, 0)), else_=0)).label("size_bytes")
    said = select(piece.person, piece.day, files, size).where(piece.day >= since).group_by(piece.person, piece.day)
    return _Rows(active, day, said.cte("said"), active.c.day >= since)


def _platforms(day: ColumnElement[int], since: int) -> _Rows:
    arrived = (*IN_PIECE, events.c.person.is_not(None), events.c.name == DELIVERED)
    piece = select(events, day.label("day")).where(*arrived).cte("piece").c
    size = func.sum(func.coalesce(piece.size_bytes, 0)).label("size_bytes")
    said = select(piece.person, piece.plugin, func.count().label("files"), size, func.min(piece.day).label(_EARLIEST))
    whole = said.group_by(piece.person, piece.plugin).cte("said")
    return _Rows(tastes, events.c.plugin, whole, tastes.c.first_day >= since)


def _wrong(rows: _Rows) -> Select[Any]:
    """Return what the events say where the table says otherwise; of numbers, how much is missing."""
    table, said = rows.table, rows.said
    differ = [table.c[name] != said.c[name] for name in _VALUES]
    if table is tastes:
        differ.append(table.c[_EARLIEST] > said.c[_EARLIEST])
    missing = {name: (said.c[name] - func.coalesce(table.c[name], 0)).label(name) for name in _VALUES}
    columns = [missing.get(column.name, said.c[column.name]) for column in table.columns]
    wanted = or_(table.c.person.is_(None), and_(rows.are_meant, or_(*differ)))
    return select(*columns).select_from(said.outerjoin(table, rows.are_same())).where(wanted)


def _surplus(rows: _Rows) -> Select[Any]:
    """Return the rows that no event speaks for."""
    return select(rows.table).where(rows.are_meant, ~exists(select(rows.said.c.person).where(rows.are_same())))


async def _mend(rows: _Rows, wrong: Sequence[Any], surplus: Sequence[Any], seen: int, transaction: Transaction) -> None:
    if wrong:
        names = [column.name for column in rows.table.columns]
        await transaction.execute(_ADD[rows.table], [dict(zip(names, row, strict=True)) for row in wrong])
    if surplus:
        keys = [{"who": row[0], "which": row[1], "seen": seen} for row in surplus]
        await transaction.execute(_remove(rows), keys)


def _remove(rows: _Rows) -> Delete:
    who, which = bindparam("who", type_=BigInteger()), bindparam("which", type_=rows.key.type)
    later = exists(
        select(events.c.seq).where(events.c.seq > bindparam("seen"), events.c.person == who, rows.key == which)
    )
    return delete(rows.table).where(rows.are_same(who, which), ~later)
