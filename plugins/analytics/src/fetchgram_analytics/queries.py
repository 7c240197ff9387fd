"""Questions to the sums; each reads one range of one key, so that it costs what its answer is long."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from fetchgram.api import PluginDatabase
from fetchgram_analytics.audience import AUDIENCE
from fetchgram_analytics.counting import ALL_TIME, TIME
from fetchgram_analytics.dates import Level, Place, month_of, month_of_day
from fetchgram_analytics.histogram import percentile
from fetchgram_analytics.moving import Moving, Slots, listed, slots_of
from fetchgram_analytics.periods import Span
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.sources import kept, sums
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
        home: Whose days and hours they are.
    """

    def __init__(self, database: PluginDatabase, home: Place) -> None:
        self._database = database
        self._home = home

    async def series(self, what: str, span: Span, *, by: str = "at", plugin: str | None = None) -> dict[Any, Amount]:
        """Add up a measure by one of its columns, over a span.

        Args:
            what: The measure.
            span: When.
            by: `at`, `plugin` or `detail`.
            plugin: Of this one only.
        """
        rows = await self._rows(sums(span, self._home, what, by, plugin=plugin))
        return {key: Amount(int(n), int(amount)) for key, n, amount in rows}

    async def grid(self, what: str, span: Span, *, by: str = "plugin") -> dict[Any, dict[int, Amount]]:
        """Add up a measure by one of its columns and by time."""
        found: dict[Any, dict[int, Amount]] = defaultdict(dict)
        for key, at, n, amount in await self._rows(sums(span, self._home, what, by, "at")):
            found[key][at] = Amount(int(n), int(amount))
        return dict(found)

    async def rhythm(self, span: Span, plugin: str | None = None) -> dict[str, int]:
        """Return how many files there were by weekday and hour: three digits, 0 is Monday."""
        # Where the clocks are another place's, so are the weekdays and hours.
        what, by = ("file", "rhythm") if span.place else ("rhythm", "detail")
        statement = sums(span, self._home, what, by, plugin=plugin)
        return {detail: int(n) for detail, n, _ in await self._rows(statement)}

    async def total(self, what: str, span: Span, plugin: str | None = None) -> Amount:
        """Add up a measure over a span."""
        found = await self.series(what, span, by="what", plugin=plugin)
        return found.get(what, Amount())

    async def active(self, windows: Iterable[int], days_: Collection[int]) -> dict[int, dict[int, int]]:
        """Return by window, and for each day, how many people were active in so many days up to it."""
        names = {f"active{window}": window for window in windows}
        found: dict[int, dict[int, int]] = {window: dict.fromkeys(days_, 0) for window in names.values()}
        span = days.c.at.between(min(days_), max(days_))
        for what, at, n in await self._rows(
            select(days.c.what, days.c.at, days.c.n).where(days.c.what.in_(names), span)
        ):
            if at in found[names[what]]:
                found[names[what]][at] = n
        return found

    async def audience(self, day: int) -> dict[str, int]:
        """Return for each platform how many people had got files from it by the end of a day."""
        month = month_of_day(day)
        found: Counter[str] = Counter()
        for span in (Span(Level.MONTH, (0, month - 1)), Span(Level.DAY, (month_of(month).toordinal(), day))):
            found.update({plugin: each.n for plugin, each in (await self.series(AUDIENCE, span, by="plugin")).items()})
        return dict(found)

    async def times(self, stage: str, span: Span, plugin: str | None = None) -> Slots:
        """Return for each part of the span how many times there were, by slot."""
        what = f"{TIME}{stage}"
        if not span.is_moved:
            return slots_of(await self._rows(listed(kept(span, what, plugin))))
        moving = Moving(span, self._home)
        moved = moving.moved(what, plugin)
        async with asyncio.TaskGroup() as group:
            own = group.create_task(self._rows(listed(kept(moving.own, what, plugin))))
            more = None if moved is None else group.create_task(self._rows(moved))
        return moving.days(own.result(), [] if more is None else more.result())

    async def sizes(self, span: Span, plugin: str | None = None) -> dict[str, dict[int, int]]:
        """Return for each class of sizes the slots of times from the choice to the file."""
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for detail, amount in (await self.series("sized", span, by="detail", plugin=plugin)).items():
            found[detail[0]][int(detail[1:])] = amount.n
        return dict(found)

    async def percentiles(
        self, stages: Iterable[str], span: Span, plugin: str | None = None
    ) -> dict[str, tuple[float | None, float | None]]:
        """Return for each stage the median of its times and their 95th percentile, in seconds."""
        slots: dict[str, Counter[int]] = {stage: Counter() for stage in stages}
        statement = sums(span, self._home, tuple(f"{TIME}{stage}" for stage in slots), "what", "detail", plugin=plugin)
        for what, detail, n, _ in await self._rows(statement):
            slots[what.removeprefix(TIME).removeprefix(ALL_TIME)][int(detail)] += int(n)
        return {stage: (percentile(each, 0.5), percentile(each, 0.95)) for stage, each in slots.items()}

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
            # All at once: one by one takes as long as to find them.
            return list((await transaction.execute(statement)).all())
