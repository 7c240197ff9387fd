"""From the tap to the start, jobs a second, ten thousand in line: our queues beside what they stand on."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import procrastinate
import psutil

from fetchgram.clock import SystemClock
from fetchgram.model import Chat, Choice, ChoiceKind, JobState, Link, LinkKind, Recipe
from fetchgram.pipeline.procrastinate_queue import ProcrastinateQueue
from fetchgram.pipeline.queue import JobQueue, LocalQueue
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.notifier import open_notifier
from fetchgram.storage.postgres import PostgresDatabase
from fetchgram_sandbox.postgres import PostgresServer
from table import Table, is_quick, percentile, ratio, silence_logs

_RECIPE = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))
_PEOPLE = 50
_WARM_UP = 10
_AT_ONCE = 100
_SETTINGS = Settings.model_validate({"limits": {"running": 10_000}})
_LOOKS = 20
_BARE = "bare SQLite table, same process"
_BARE_CLAIM = (
    "UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1)"
    " RETURNING id"
)

Put = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of handing jobs out; `serve` takes them until cancelled, says when one starts, and ends it at once."""

    put: Put
    serve: Callable[[Callable[[], None]], Awaitable[None]]


async def main() -> None:
    """Measure and print."""
    quick = is_quick(__doc__ or "")
    silence_logs()
    single, many, waiting = (40, 200, 1_000) if quick else (200, 500, 10_000)
    speed = Table("From the tap to the start, and no-op jobs", "way", "p50 ms", "p99 ms", "jobs/s", "x bare")
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name, PostgresServer(durable=True) as server:
        ways: dict[str, Callable[[], object]] = {
            "fetchgram, SQLite": lambda: _ours(None, Path(name) / "ours"),
            "fetchgram, PostgreSQL": lambda: _ours(server.create("ours"), Path(name) / "shared"),
            "procrastinate alone": lambda: _procrastinate(server.create("alone"), server),
            _BARE: lambda: _bare(Path(name) / "bare.db"),
        }
        rows = {way: await _measured(opened, single, many) for way, opened in ways.items()}
        for way, (times, rate) in rows.items():
            cells = (statistics.median(times) * 1000, percentile(times, 0.99) * 1000)
            speed.row(way, *(f"{cell:.2f}" for cell in cells), f"{rate:.0f}", ratio(rate, rows[_BARE][1]))
        speed.note("Tap: the transaction with request, job and hint begins. Start: the job is claimed, on disk.")
        speed.note("Ours are fair among people, keep limits and leases; the others are first in, first out.")
        speed.show()
        line = Table(
            "What waits in line costs",
            *("way", "start ms", "RSS MiB", "list of 50 ms", "place ms", "claim ms", "fetchgram jobs s"),
        )
        for engine, make in (("SQLite", None), ("PostgreSQL", server.create)):
            for count in (_AT_ONCE, waiting):
                url, folder = make(f"line{count}") if make else None, Path(name) / f"{engine}{count}"
                line.row(f"{engine}, {count:,} jobs", *await _line(url, folder, count))
        line.row(f"bare SQLite table, {waiting:,} rows", *_bare_line(Path(name) / "line.db", waiting))
    line.note("Start: a process opens the database, looks at the leases and claims the first job; then its memory.")
    line.note("Place: of the last one in line. List: fifty jobs with all that they carry. The command: shell to shell.")
    line.show()


async def _line(url: str | None, folder: Path, waiting: int) -> tuple[str, ...]:
    folder.mkdir()
    await _fill(url, folder, waiting)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        cells = await asyncio.get_running_loop().run_in_executor(fresh, _in_line, url, folder)
    command_s = statistics.median([await asyncio.to_thread(_command_s, url, folder) for _ in range(3)])
    return (*cells, f"{command_s:.2f}")


async def _measured(opened: Callable[[], object], single: int, many: int) -> tuple[list[float], float]:
    async with AsyncExitStack() as stack:
        way: Way = await stack.enter_async_context(opened())  # type: ignore[arg-type]  # each is a context manager
        started = asyncio.Queue[float]()
        serving = asyncio.ensure_future(way.serve(lambda: started.put_nowait(time.perf_counter())))
        times: list[float] = []
        for number in range(single + _WARM_UP):
            began = time.perf_counter()
            await way.put()
            at = await started.get()
            if number >= _WARM_UP:
                times.append(at - began)
            await asyncio.sleep(0.005)  # whoever serves waits again
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        for _ in range(many):
            await way.put()
        began = time.perf_counter()
        serving = asyncio.ensure_future(way.serve(lambda: started.put_nowait(time.perf_counter())))
        for _ in range(many):
            last = await started.get()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return times, many / (last - began)


@asynccontextmanager
async def _ours(url: str | None, folder: Path) -> AsyncIterator[Way]:
    storage = await open_storage(url, folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(storage.close)
        asking = _queue(storage, "asking")
        working = asking if url is None else _queue(storage, "working")
        beside: list[asyncio.Future[None]] = [asyncio.ensure_future(working.run())]
        stack.push_async_callback(_ended, beside)
        put = _putter(storage, asking)

        async def serve(start: Callable[[], None]) -> None:
            while True:
                job = await working.claim()
                if job is None:
                    await working.wait(5)
                    continue
                start()
                async with storage.write() as session:
                    await session.jobs.finish(job.id, job.lease, JobState.DONE)
                working.ended(job.id)

        await asyncio.sleep(1)
        yield Way(put, serve)


def _queue(storage: Storage, worker: str) -> JobQueue:
    clock, worker = SystemClock(), f"bench:line:{worker}"
    if not storage.database.is_shared:
        return LocalQueue(storage=storage, settings=_SETTINGS, clock=clock, worker=worker)
    notifier = open_notifier(storage.database)
    return ProcrastinateQueue(storage=storage, settings=_SETTINGS, clock=clock, worker=worker, notifier=notifier)


def _putter(storage: Storage, queue: JobQueue, *, at_once: int = 1) -> Put:
    numbers = itertools.count()

    async def put() -> None:
        async with storage.write() as session:
            for number in itertools.islice(numbers, at_once):
                url = f"https://site.example/{number}"
                link = Link(plugin="site", kind=LinkKind.VIDEO, media_id=str(number), url=url)
                chat, key = Chat(bot_id=1, chat=7), f"update:{number}"
                request, _ = await session.requests.accept(key, 1, number % _PEOPLE, chat, "en", url)
                await queue.put(session, request, link=link, recipe=_RECIPE, title="title", cached=False)
        queue.announce()

    return put


@asynccontextmanager
async def _procrastinate(url: str, server: PostgresServer) -> AsyncIterator[Way]:
    folder = await open_storage(url, Path(tempfile.gettempdir()))  # for its tables
    database = folder.database
    if not isinstance(database, PostgresDatabase):
        raise TypeError(server.url(""))
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(kwargs=database.arguments(), min_size=1, max_size=3)
    )
    heard: list[Callable[[], None]] = []

    @app.task(name="job", queue="bench")
    async def job(number: int) -> None:  # noqa: ARG001  # what a job would know
        heard[-1]()

    numbers = itertools.count()

    async def put() -> None:
        await job.configure(lock=str(number := next(numbers))).defer_async(number=number)

    async def serve(start: Callable[[], None]) -> None:
        heard.append(start)
        await app.run_worker_async(
            queues=["bench"], install_signal_handlers=False, delete_jobs="always", shutdown_graceful_timeout=0
        )

    async with app.open_async():
        yield Way(put, serve)
    await folder.close()


@asynccontextmanager
async def _bare(path: Path) -> AsyncIterator[Way]:
    """A table, an event and no promises besides the disk: what a queue in one process costs at the least."""
    with closing(_bare_table(path)) as connection:
        news = asyncio.Event()

        async def put() -> None:
            connection.execute("INSERT INTO jobs (state) VALUES ('queued')")
            news.set()
            await asyncio.sleep(0)

        async def serve(start: Callable[[], None]) -> None:
            while True:
                claimed = connection.execute(_BARE_CLAIM).fetchone()
                if claimed is None:
                    news.clear()
                    await news.wait()
                    continue
                start()
                connection.execute("UPDATE jobs SET state = 'done' WHERE id = ?", claimed)
                await asyncio.sleep(0)

        yield Way(put, serve)


def _bare_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, state TEXT)")
    connection.execute("CREATE INDEX IF NOT EXISTS line ON jobs (id) WHERE state = 'queued'")
    return connection


def _in_line(url: str | None, folder: Path) -> tuple[str, ...]:
    """Start on what waits and look at it; in a process of its own, so that its memory is that of the start."""
    return asyncio.run(_start(url, folder))


async def _start(url: str | None, folder: Path) -> tuple[str, ...]:
    silence_logs()
    began = time.perf_counter()
    storage = await open_storage(url, folder)
    queue = _queue(storage, "working")
    await queue.recover()
    if await queue.claim() is None:
        raise RuntimeError("nothing could be claimed")
    start_s = time.perf_counter() - began
    rss_mib = psutil.Process().memory_info().rss / 2**20
    found = [await _cost(storage, queue, what) for what in ("list", "place", "claim")]
    await storage.close()
    return (f"{start_s * 1000:.0f}", f"{rss_mib:.1f}", *(f"{cost_s * 1000:.2f}" for cost_s in found))


async def _cost(storage: Storage, queue: JobQueue, what: str) -> float:
    """Return the median of a look into the line; `place` is that of the last one in it."""
    found: list[float] = []
    async with storage.read() as session:
        last = max(job.id for job in await session.jobs.list([JobState.QUEUED], 1))
    for _ in range(_LOOKS):
        began = time.perf_counter()
        if what == "claim":
            await queue.claim()
        else:
            async with storage.read() as session:
                await (session.jobs.list(list(JobState), 50) if what == "list" else session.line.place(last))
        found.append(time.perf_counter() - began)
    return statistics.median(found)


async def _fill(url: str | None, folder: Path, waiting: int) -> None:
    storage = await open_storage(url, folder)
    put = _putter(storage, _queue(storage, "asking"), at_once=_AT_ONCE)
    for _ in range(waiting // _AT_ONCE):
        await put()
    await storage.close()


def _command_s(url: str | None, folder: Path) -> float:
    """Return how long `fetchgram jobs list` takes, from the shell and back."""
    own = {"FETCHGRAM_DATA_DIR": str(folder), **({"FETCHGRAM_DATABASE__URL": url} if url else {})}
    began = time.perf_counter()
    words = [sys.executable, "-m", "fetchgram", "jobs", "list"]
    subprocess.run(words, env=os.environ | own, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _bare_line(path: Path, waiting: int) -> tuple[str, ...]:
    """Look into as many rows of a table that is nothing else, with a place for each in the order."""
    with closing(_bare_table(path)) as connection:
        connection.executemany("INSERT INTO jobs (state) VALUES (?)", [("queued",)] * waiting)
    began = time.perf_counter()
    with closing(_bare_table(path)) as connection:
        connection.execute(_BARE_CLAIM).fetchone()
        start_s = time.perf_counter() - began
        looks = (
            "SELECT * FROM jobs ORDER BY id DESC LIMIT 50",
            f"SELECT count(*) FROM jobs WHERE state = 'queued' AND id < {waiting}",
            _BARE_CLAIM,
        )
        costs_s = [statistics.median(_timed(connection, look) for _ in range(_LOOKS)) for look in looks]
    return (f"{start_s * 1000:.0f}", "-", *(f"{cost_s * 1000:.2f}" for cost_s in costs_s), "-")


def _timed(connection: sqlite3.Connection, statement: str) -> float:
    began = time.perf_counter()
    connection.execute(statement).fetchall()
    return time.perf_counter() - began


async def _ended(tasks: list[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
