"""Analytics: recording, adding up and asking, over two years of events; and what it costs everybody else."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite
import psutil
from sqlalchemy import insert, select

from fetchgram.api import Event, Json
from fetchgram.plugins.loader import packages
from fetchgram.settings import WorkSettings
from fetchgram.storage import PluginTables, SharedStorage
from fetchgram.testing import FakeClock, FakeContext
from fetchgram.texts import Texts
from fetchgram.workers.plugin_workers import PluginWorkers
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, DASHBOARD, sheet
from fetchgram_analytics.dates import Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import PERIODS
from fetchgram_analytics.plugin import Plugin
from fetchgram_analytics.settings import Settings, Theme
from fetchgram_analytics.summing import Summing
from fetchgram_analytics.tables import events
from fetchgram_sandbox.postgres import PostgresServer
from table import Table, is_quick, percentile, ratio, silence_logs

NOW = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
_YEARS = timedelta(days=730)
_BATCH = 500
_PEOPLE = 20_000
_GOLDEN = 2654435761
"""Times it, modulo 2**32, numbers are spread evenly and out of order (Knuth, volume 3, 6.4)."""
_BARE = (
    "INSERT INTO bare (event_id, at_ms, name, person, plugin, detail, height_px, route, cached, size_bytes, took_ms, "
    "send_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ELSEWHERE = Place("Asia/Tokyo")
_SETTINGS = Settings(timezone="Europe/Berlin", keep_events_days=1000, keep_hours_days=1000)


@dataclass(slots=True)
class Stand:
    """The plugin over a database."""

    plugin: Plugin
    context: FakeContext
    shared: SharedStorage
    summing: Summing
    number: int = 0

    async def tell(self, events: Sequence[Event]) -> None:
        """Record a batch, as the core does."""
        async with self.context.database.write() as transaction:
            await self.plugin.on_events(events, transaction)


async def main() -> None:
    """Measure and print."""
    quick = is_quick(__doc__ or "")
    silence_logs()
    most = 100_000 if quick else 10_000_000
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        await _rates(Path(name) / "rates", 10_000 if quick else 100_000)
        async with _stand(None, Path(name) / "sqlite") as stand:
            await _growth(stand, most, Path(name) / "sqlite" / "fetchgram.db", "SQLite")
            await _questions(stand)
            await _others(stand)
        with PostgresServer() as server:
            url = server.create("analytics")
            async with _stand(url, Path(name) / "postgres") as stand:
                await _growth(stand, most // 10, None, "PostgreSQL")


async def _rates(folder: Path, count: int) -> None:
    """Record the same events through the plugin and by bare aiosqlite, in turns."""
    table = Table("Recording: the plugin beside bare aiosqlite executemany", "way", "events/s", "x bare")
    spent = {"plugin, on_events": 0.0, "bare aiosqlite": 0.0}
    async with _stand(None, folder) as stand, aiosqlite.connect(folder / "bare.db") as bare:
        await bare.execute("PRAGMA journal_mode = WAL")
        await bare.execute("PRAGMA synchronous = FULL")
        columns = "event_id INTEGER UNIQUE, at_ms, name, person, plugin, detail, height_px, route, cached, size_bytes"
        await bare.execute(f"CREATE TABLE bare (seq INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, took_ms, send_ms)")
        for batch in _batches(stand, count):
            spent["plugin, on_events"] += await _timed(lambda batch=batch: stand.tell(batch))  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
            spent["bare aiosqlite"] += await _timed(lambda batch=batch: _bare(bare, batch))  # type: ignore[misc]  # the same
    for way, seconds in spent.items():
        table.row(way, f"{count / seconds:,.0f}", ratio(seconds, spent["bare aiosqlite"]))
    table.note(
        f"{_BATCH} events in a transaction, synchronous=FULL; the plugin translates events and refuses repetitions."
    )
    table.show()


async def _bare(bare: aiosqlite.Connection, batch: Sequence[Event]) -> None:
    rows = [
        (e.id, int(e.at.timestamp() * 1000), e.name, e.person, e.plugin, "video", 720, "botapi", False, 1, 1, 1)
        for e in batch
    ]
    await bare.executemany(_BARE, rows)
    await bare.commit()


async def _growth(stand: Stand, most: int, path: Path | None, engine: str) -> None:
    """Fill in steps, so that what grows with the table shows.

    The first and the last tenth come through the plugin, event by event. What is between is the first tenth, later
    and with other numbers, copied by the database: it lies there as if it had been recorded, in a tenth of the time.
    """
    columns = ("recorded/s", "CPU us each", "added up/s", "CPU us each", "MB a million")
    table = Table(f"Two years of events on {engine}", "events", *columns)
    tenth = most // 10
    for copies in (0, 4, 4, 0):
        if copies:
            for _ in range(copies):
                await _copy(stand, tenth)
            recorded = ("copied", "-")
        else:
            batches = _batches(stand, tenth, spread=most)
            recorded = _cells(tenth, *await _spent(lambda b=batches: _tell_all(stand, b)))  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
        summed = _cells(tenth * max(1, copies), *await _spent(stand.summing.catch_up))
        size = f"{path.stat().st_size / 1e6 / (stand.number / 1e6):.0f}" if path else "-"
        table.row(f"{stand.number:,}", *recorded, *summed, size)
    table.note(
        "All raw events and all hours are kept here; the bot keeps 60 days of them, and days and months for ever."
    )
    table.note(
        "The middle was copied by the database from the first tenth, 73 days later each time; added up like the rest."
    )
    table.show()


async def _tell_all(stand: Stand, batches: Iterator[list[Event]]) -> float:
    """Record batches; returns the seconds without those that it takes to make them."""
    return sum([await _timed(lambda batch=batch: stand.tell(batch)) for batch in batches])  # type: ignore[misc]  # mypy cannot infer lambdas with defaults


async def _copy(stand: Stand, count: int) -> None:
    shifted = {
        "event_id": events.c.event_id + stand.number,
        "at_ms": events.c.at_ms + stand.number // count * round(_YEARS.total_seconds() * 1000) // 10,
    }
    names = [column.name for column in events.columns if column.name != "seq"]
    rows = select(*(shifted.get(name, events.c[name]) for name in names)).where(events.c.event_id <= count)
    async with stand.context.database.write() as transaction:
        await transaction.execute(insert(events).from_select(names, rows.order_by(events.c.seq)))
    stand.number += count


async def _spent(work: Callable[[], Awaitable[float | None]]) -> tuple[float, float]:
    """Return the seconds that it took by the clock (as it says, where it says so), and of the processor."""
    cpu, wall = time.process_time(), time.perf_counter()
    said = await work()
    return said or time.perf_counter() - wall, time.process_time() - cpu


def _cells(count: int, wall_s: float, cpu_s: float) -> tuple[str, str]:
    return f"{count / wall_s:,.0f}", f"{cpu_s / count * 1e6:.0f}"


async def _questions(stand: Stand) -> None:
    """Ask for every chart and period while 1,000 events a second are written."""
    columns = ("p50 ms", "p95 ms", "worst period", "own zone: p95 ms", "worst period ")
    table = Table("Every chart's questions while 1,000 events a second come in", "chart", *columns)
    painter = Painter(stand.context, _SETTINGS, stand.summing)
    written: list[int] = []
    writing, since = asyncio.create_task(_write_for_ever(stand, written)), time.perf_counter()
    for chart in (*CHARTS, DASHBOARD):
        times, worst = await _times(painter, chart, None)
        here = (f"{percentile(times, 0.5) * 1000:.1f}", f"{percentile(times, 0.95) * 1000:.1f}", worst)
        times, worst = await _times(painter, chart, _ELSEWHERE)
        table.row(chart, *here, f"{percentile(times, 0.95) * 1000:.1f}", worst)
    writing.cancel()
    rate = sum(written) / (time.perf_counter() - since)
    table.note(f"{rate:,.0f} events a second were recorded meanwhile, and added up every second.")
    table.note("The goal is 50 ms at p95 for each chart; the dashboard is six of them and four numbers.")
    table.note(f"Own zone: {_ELSEWHERE.name}, of an admin; the bot's is {_SETTINGS.timezone}.")
    table.show()


async def _times(painter: Painter, chart: str, place: Place | None) -> tuple[list[float], str]:
    """Return how long the answers took for all periods, and the name of the slowest one."""
    by_period = {
        period.name: [await _timed(lambda p=period: _ask(painter, chart, p, place)) for _ in range(8)]  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
        for period in PERIODS
    }
    worst = max(by_period, key=lambda name: percentile(by_period[name], 0.95))
    return [each for mine in by_period.values() for each in mine], worst


async def _ask(painter: Painter, chart: str, period: object, place: Place | None) -> None:
    asked = await painter.asked(View(chart=chart, period=period), "en", place, fresh=False)  # type: ignore[arg-type]  # a Period
    await sheet(asked, Theme.LIGHT)


async def _write_for_ever(stand: Stand, seen: list[int]) -> None:
    while True:
        began = time.perf_counter()
        for _ in range(10):
            await stand.tell(next(iter(_batches(stand, 100, spread=10**9))))
            seen.append(100)
            await asyncio.sleep(max(0.0, len(seen) % 10 * 0.1 - (time.perf_counter() - began)))
        await stand.summing.catch_up()
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - began)))


async def _others(stand: Stand) -> None:
    """Measure what everybody else pays: an event on the job path, the loop while charts are drawn, the child."""
    table = Table("What it costs everybody else", "what", "p50", "p99")
    names = ("an event, ms", "a transition without one, ms", "a transition with one, ms")
    for name, times in zip(names, await _events_cost(stand), strict=True):
        table.row(name, *(f"{percentile(times, part) * 1000:.3f}" for part in (0.5, 0.99)))
    lags, resident = await _drawing(stand)
    table.row("loop late while charts are drawn, ms", *(f"{percentile(lags, p) * 1000:.2f}" for p in (0.5, 0.99)))
    table.row("child that drew 12 dashboards, MB", f"{resident / 1e6:.0f}", "-")
    table.note(
        "The goal is 0.2 ms at p99 for an event. Its INSERT travels with the commit: see the whole transition too."
    )
    table.show()


async def _events_cost(stand: Stand) -> tuple[list[float], list[float], list[float]]:
    """Return the times of adding an event to a transition, and of whole transitions without one and with one."""
    storage = await stand.shared.get()
    await storage.migrate()
    adding: list[float] = []
    whole: tuple[list[float], list[float]] = ([], [])
    for number in range(2400):
        event = Event(
            name="job.stage", at=NOW, job_id=number, plugin="site", data={"stage": "download", "seconds": 1.0}
        )
        began = time.perf_counter()
        async with storage.write() as session:
            await session.overrides.set("benchmark", number)
            if number % 2:
                adding.append(await _timed(lambda: session.events.add(event)))  # noqa: B023  # called at once
        whole[number % 2].append(time.perf_counter() - began)
    return adding[100:], whole[0][100:], whole[1][100:]


async def _drawing(stand: Stand) -> tuple[list[float], int]:
    workers = PluginWorkers("analytics", settings=WorkSettings(downloads=1))
    stand.context.workers = workers
    painter = Painter(stand.context, _SETTINGS, stand.summing)
    lags: list[float] = []
    ticking = asyncio.create_task(_tick(lags))
    for _ in range(12):
        await painter.picture(View(), "en")
    ticking.cancel()
    children = psutil.Process().children(recursive=True)
    resident = max((child.memory_info().rss for child in children), default=0)
    await workers.close()
    return lags, resident


async def _tick(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - began - 0.005)


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


@asynccontextmanager
async def _stand(url: str | None, folder: Path) -> AsyncIterator[Stand]:
    folder.mkdir()
    shared, texts = SharedStorage(url, folder, migrate=False), Texts.load()
    tables = PluginTables("analytics", shared.get)
    tables.prepare(Plugin.migrations)
    context = FakeContext(name="analytics", data_dir=folder, clock=FakeClock(NOW), database=tables, texts=texts)
    plugin = Plugin(_SETTINGS, context)
    texts.add(packages({"analytics": plugin}))
    await tables.migrated()
    try:
        yield Stand(plugin, context, shared, Summing(tables, Place(_SETTINGS.timezone)))
    finally:
        await shared.close()


def _batches(stand: Stand, count: int, *, spread: int | None = None) -> Iterator[list[Event]]:
    """Make events in their order over two years: a wish is five of them."""
    dice, whole = random.Random(stand.number), spread or count  # the same each time
    for start in range(0, count, _BATCH):
        yield [_event(stand, dice, whole) for _ in range(min(_BATCH, count - start))]


_NAMES = ("request.accepted", "request.probed", "job.begun", "job.stage", "job.delivered")


def _event(stand: Stand, dice: random.Random, whole: int) -> Event:
    """Make the next of the five events of a wish."""
    number = stand.number = stand.number + 1
    wish, step = divmod(number - 1, len(_NAMES))
    name = _NAMES[step]
    return Event(
        name=name,
        at=NOW - _YEARS * max(0.0, 1 - number / whole),
        bot_id=1,
        # Some come every day, most now and then: 20,000 people, of whom each day one in ten comes, at ten million.
        person=None if name in {"job.begun", "job.stage"} else int(_PEOPLE * (wish * _GOLDEN % 2**32 / 2**32) ** 3),
        plugin=("youtube", "instagram", "ytdlp")[wish % 3],
        data=_data(name, wish, dice),
        id=number,
    )


def _data(name: str, wish: int, dice: random.Random) -> dict[str, Json]:
    size, seconds = int(dice.expovariate(1 / 3e7)), round(dice.expovariate(0.1), 3)
    if name == "job.delivered":
        data: dict[str, Json] = {"route": "botapi", "cached": wish % 4 == 0, "size_bytes": size, "seconds": seconds}
        return data | {"send_s": 1.0, "kind": "video", "height_px": (360, 720, 1080)[wish // 3 % 3]}
    if name == "job.stage":
        return {"stage": "download", "size_bytes": size, "seconds": seconds}
    return {} if name == "request.accepted" else {"waited_s" if name == "job.begun" else "seconds": seconds}


if __name__ == "__main__":
    asyncio.run(main())
