"""Questions to the sums; each reads one range of one key, so that it costs what its answer is long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from fetchgram.api import PluginDatabase
from fetchgram_analytics.histogram import percentile
from fetchgram_analytics.periods import Span
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.summing import OF_LEVEL
from fetchgram_analytics.tables import active, days, tastes

STAGES = ("look", "wait", "download", "process", "send", "total")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many, and how much: bytes of files, milliseconds of times."""

    n: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Mine:
    """What one person got.

    Args:
        files: How many.
        size_bytes: How much.
        by_plugin: Files by plugin, the most first.
        by_day: Files by day.
        first: Day on which they were seen first, of those that are kept.
    """

    files: int
    size_bytes: int
    by_plugin: tuple[tuple[str, int], ...]
    by_day: Mapping[int, int]
    first: int | None


class Queries:
    """Asks the sums.

    Args:
        database: Has them.
    """

    def __init__(self, database: PluginDatabase) -> None:
        self._database = database

    async def series(self, what: str, span: Span, *, by: str = "at", plugin: str | None = None) -> dict[Any, Amount]:
        """Add up a measure by one of its columns, over a span.

        Args:
            what: The measure.
            span: When.
            by: `at`, `plugin` or `detail`.
            plugin: Of this one only.
        """
        table = OF_LEVEL[span.level]
        column = table.c[by]
        rows = await self._rows(_sums(table, what, span, column, plugin=plugin).group_by(column))
        return {key: Amount(int(n), int(amount)) for key, n, amount in rows}

    async def grid(self, what: str, span: Span, *, by: str = "plugin") -> dict[Any, dict[int, Amount]]:
        """Add up a measure by one of its columns and by time."""
        table = OF_LEVEL[span.level]
        column = table.c[by]
        found: dict[Any, dict[int, Amount]] = defaultdict(dict)
        statement = _sums(table, what, span, column, table.c.at).group_by(column, table.c.at)
        for key, at, n, amount in await self._rows(statement):
            found[key][at] = Amount(int(n), int(amount))
        return dict(found)

    async def total(self, what: str, span: Span, plugin: str | None = None) -> Amount:
        """Add up a measure over a span."""
        found = await self.series(what, span, by="what", plugin=plugin)
        return found.get(what, Amount())

    async def active(self, window: int, days_: Iterable[int]) -> dict[int, int]:
        """Return for each day how many people were active in so many days up to it."""
        statement = select(days.c.at, func.sum(days.c.n)).where(
            days.c.what == f"active{window}", days.c.at.in_(list(days_))
        )
        return {at: int(n) for at, n in await self._rows(statement.group_by(days.c.at))}

    async def times(self, stage: str, span: Span) -> dict[int, dict[int, int]]:
        """Return for each part of the span the slots of times of a stage."""
        found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for detail, by_time in (await self.grid(f"time.{stage}", span, by="detail")).items():
            for at, amount in by_time.items():
                found[at][int(detail[1:])] += amount.n
        return {at: dict(slots) for at, slots in found.items()}

    async def sizes(self, stage: str, span: Span) -> dict[str, dict[int, int]]:
        """Return for each class of sizes the slots of times of a stage."""
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for detail, amount in (await self.series(f"time.{stage}", span, by="detail")).items():
            found[detail[0]][int(detail[1:])] = amount.n
        return dict(found)

    async def percentiles(self, stage: str, span: Span) -> tuple[float | None, float | None]:
        """Return the median of a stage's times and their 95th percentile, in seconds."""
        whole: dict[int, int] = defaultdict(int)
        for slots in (await self.sizes(stage, span)).values():
            for number, count in slots.items():
                whole[number] += count
        return percentile(whole, 0.5), percentile(whole, 0.95)

    async def mine(self, person: int) -> Mine:
        """Return what a person got."""
        by_day = await self._rows(
            select(active.c.day, active.c.files).where(active.c.person == person).order_by(active.c.day)
        )
        by_plugin = await self._rows(
            select(tastes.c.plugin, tastes.c.files, tastes.c.size_bytes)
            .where(tastes.c.person == person)
            .order_by(tastes.c.files.desc(), tastes.c.plugin)
        )
        return Mine(
            files=sum(files for _, files, _ in by_plugin),
            size_bytes=sum(size for _, _, size in by_plugin),
            by_plugin=tuple((plugin, files) for plugin, files, _ in by_plugin),
            by_day=dict(by_day),
            first=by_day[0][0] if by_day else None,
        )

    async def salt(self) -> int:
        """Return the secret that ids are hashed with."""
        async with self._database.read() as transaction:
            return (await marks_of(transaction))["salt"]

    async def _rows(self, statement: Select[Any]) -> list[Any]:
        async with self._database.read() as transaction:
            return list(await transaction.execute(statement))


def _sums(
    table: Any, what: str, span: Span, *columns: Any, plugin: str | None = None
) -> Select[Any]:  # columns of any type
    found = select(*columns, func.sum(table.c.n), func.sum(table.c.amount)).where(
        table.c.what == what, table.c.at.between(span.first, span.last)
    )
    return found if plugin is None else found.where(table.c.plugin == plugin)
