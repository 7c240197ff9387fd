"""Questions to the sums; each reads one range of one key, so that it costs what its answer is long."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, case, func, literal, select, union_all

from fetchgram.api import PluginDatabase
from fetchgram_analytics.audience import AUDIENCE
from fetchgram_analytics.counting import ALL_TIME, TIME, local
from fetchgram_analytics.dates import Level, last_day, month_of, month_of_day
from fetchgram_analytics.histogram import longest_s, percentile
from fetchgram_analytics.periods import Span
from fetchgram_analytics.recording import marks_of
from fetchgram_analytics.summing import OF_LEVEL
from fetchgram_analytics.tables import active, days, hours, tastes

Times = tuple[float, ...]
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
        rows = await self._rows(_sums(span, what, by, plugin=plugin))
        return {key: Amount(int(n), int(amount)) for key, n, amount in rows}

    async def grid(self, what: str, span: Span, *, by: str = "plugin") -> dict[Any, dict[int, Amount]]:
        """Add up a measure by one of its columns and by time."""
        found: dict[Any, dict[int, Amount]] = defaultdict(dict)
        for key, at, n, amount in await self._rows(_sums(span, what, by, "at")):
            found[key][at] = Amount(int(n), int(amount))
        return dict(found)

    async def rhythm(self, span: Span, plugin: str | None = None) -> dict[str, int]:
        """Return how many files there were by weekday and hour: three digits, 0 is Monday."""
        # Where the clocks are another place's, so are the weekdays and hours.
        what, by = ("file", "rhythm") if span.stretches else ("rhythm", "detail")
        statement = _sums(span, what, by, plugin=plugin)
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

    async def times(
        self, stage: str, span: Span, parts: Sequence[float], plugin: str | None = None
    ) -> dict[int, Times]:
        """Return for each part of the span the times, in seconds, that these parts of all stay under."""
        prefix, of = _times_of(span, plugin)
        rows = await self._rows(_percentiles(_sums(span, f"{prefix}{stage}", "at", "detail", plugin=of), parts))
        return {at: tuple(longest_s(int(slot)) for slot in slots) for at, *slots in rows}

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
        prefix, of = _times_of(span, plugin)
        slots: dict[str, dict[int, int]] = {f"{prefix}{stage}": {} for stage in stages}
        statement = _sums(span, tuple(slots), "what", "detail", plugin=of)
        for what, detail, n, _ in await self._rows(statement):
            slots[what][int(detail)] = int(n)
        return {
            what.removeprefix(prefix): (percentile(each, 0.5), percentile(each, 0.95)) for what, each in slots.items()
        }

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


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the sums of a span are.

    Args:
        table: Of hours, days or months.
        first: The first of them.
        last: The last.
        columns: By name, what can be asked for; `at` is the part of the span.
    """

    table: Table
    first: int
    last: int
    columns: Mapping[str, ColumnElement[Any]]

    @classmethod
    def of(cls, span: Span) -> _Source:
        """Find them: days of another place are made of hours."""
        if not span.stretches:
            table = OF_LEVEL[span.level]
            return cls(table, span.first, span.last, dict(table.c))
        ahead: ColumnElement[int] = literal(span.stretches[-1].offset_s, BigInteger())
        for stretch in reversed(span.stretches[:-1]):
            ahead = case((hours.c.at < stretch.until_s, literal(stretch.offset_s, BigInteger())), else_=ahead)
        day, rhythm = local(hours.c.at, ahead)
        columns = {**dict(hours.c), "at": day, "rhythm": rhythm}
        return cls(hours, span.stretches[0].since_s, span.stretches[-1].until_s - 1, columns)

    def rows(self, what: str | tuple[str, ...], *by: str, plugin: str | None = None) -> Select[Any]:
        """Return the sums of one measure, or of several, with these columns."""
        c = self.table.c
        return select(*(self.columns[name].label(f"by_{name}") for name in by), c.n, c.amount).where(
            c.what == what if isinstance(what, str) else c.what.in_(what),
            c.at.between(self.first, self.last),
            *(() if plugin is None else (c.plugin == plugin,)),
        )


def _times_of(span: Span, plugin: str | None) -> tuple[str, str | None]:
    """Return where the times of a platform are, or of all: before the name of the stage, and of which plugin."""
    are_together = plugin is None and span.level is not Level.HOUR and not span.stretches
    return (ALL_TIME, "") if are_together else (TIME, plugin)


def _sums(span: Span, what: str | tuple[str, ...], *by: str, plugin: str | None = None) -> Select[Any]:
    """Add up one measure, or several, over a span by these columns."""
    sources = [_Source.of(part) for part in ((span,) if "at" in by else _parts(span))]
    found = union_all(*(source.rows(what, *by, plugin=plugin) for source in sources)).subquery()
    keys = [found.c[f"by_{name}"] for name in by]
    return select(*keys, func.sum(found.c.n).label("n"), func.sum(found.c.amount)).group_by(*keys)


def _parts(span: Span) -> Iterator[Span]:
    """Take whole months out of many days: a month has a thirtieth of the rows of its days."""
    months = [month_of_day(day) for day in span.slots if span.level is Level.DAY and not span.stretches]
    whole = [
        month
        for month in sorted(set(months))
        if month_of(month).toordinal() >= span.first and last_day(month) <= span.last
    ]
    if not whole:
        yield span
        return
    yield Span(Level.MONTH, tuple(whole))
    for days_ in (range(span.first, month_of(whole[0]).toordinal()), range(last_day(whole[-1]) + 1, span.last + 1)):
        if days_:
            yield Span(Level.DAY, tuple(days_))


def _percentiles(sums: Select[Any], parts: Sequence[float]) -> Select[Any]:
    """Of sums by time and slot, return for each time the slots that these parts of all stay under."""
    slots = sums.subquery()
    at, slot = slots.c.by_at, slots.c.by_detail
    seen = func.sum(slots.c.n).over(partition_by=at, order_by=slot)
    whole = func.sum(slots.c.n).over(partition_by=at)
    running = select(at, slot, seen.label("seen"), whole.label("whole")).subquery()
    # In whole per cent: fractions would be rounded.
    found = [
        func.min(case((running.c.seen * 100 >= running.c.whole * round(part * 100), running.c.by_detail)))
        for part in parts
    ]
    return select(running.c.by_at, *found).group_by(running.c.by_at)
