"""A job's transition with its event, on disk: our storage beside bare aiosqlite and bare sqlite3."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiosqlite

from fetchgram.model import Chat, Choice, ChoiceKind, Event, Job, Link, LinkKind, Recipe, Stage
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.sqlite import FILE_NAME
from table import Table, is_quick, percentile, ratio, silence_logs

_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")
_STAGES = (Stage.POST_PROCESS, Stage.DELIVER)
_UPDATE = "UPDATE jobs SET stage = ?, updated_at = ? WHERE id = ? AND lease = ? AND state = 'running' RETURNING *"
_INSERT = "INSERT INTO events (name, at, job_id, plugin, data) VALUES (?, ?, ?, ?, ?) RETURNING id"

_BARE = "bare aiosqlite, same pragmas"
_COLUMNS = ("way", "steps/s", "p50 ms", "p99 ms", "x bare")
_STEPS, _WARM_UP = 60, 10

Step = Callable[[int], Awaitable[object]]


async def main() -> None:
    """Measure and print."""
    rounds = 10 if is_quick(__doc__ or "") else 60
    silence_logs()
    table = Table("Durable step: one transition and its event in one transaction", *_COLUMNS)
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        async with _ours(Path(name)) as (ours, path, job), _bare(path, job) as bare:
            with _plain(path, job) as plain:
                ways = {"fetchgram storage": ours, _BARE: bare, "bare sqlite3, blocking": plain}
                # In turns, so that a machine that is busy for a while is so for all of them.
                for _ in range(rounds):
                    for way, step in ways.items():
                        times.setdefault(way, []).extend(await _measured(step))
    for way, each in times.items():
        table.row(way, *_cells(each), ratio(statistics.median(each), statistics.median(times[_BARE])))
    table.note(
        "Bound: flushing the write-ahead log (synchronous=FULL); with asyncio, a trip to the thread a statement."
    )
    table.note("Ours adds SQLAlchemy's statements, the types of the columns and our dataclasses.")
    table.show()


def _cells(times: list[float]) -> tuple[str, str, str]:
    half, most = statistics.median(times), percentile(times, 0.99)
    return f"{len(times) / sum(times):.0f}", f"{half * 1000:.3f}", f"{most * 1000:.3f}"


async def _measured(step: Step) -> list[float]:
    times: list[float] = []
    for number in range(_STEPS):
        began = time.perf_counter()
        await step(number)
        times.append(time.perf_counter() - began)
    return times[_WARM_UP:]


@asynccontextmanager
async def _ours(folder: Path) -> AsyncIterator[tuple[Step, Path, Job]]:
    storage = await open_storage(None, folder)
    try:
        job = await _running_job(storage)

        async def step(number: int) -> None:
            async with storage.write() as session:
                stage = _STAGES[number % 2]
                await session.jobs.stage(job.id, job.lease, stage, None)
                event = Event(
                    name="job.stage", at=session.now, job_id=job.id, plugin="site", data={"stage": str(stage)}
                )
                await session.events.add(event)

        yield step, folder / FILE_NAME, job
    finally:
        await storage.close()


async def _running_job(storage: Storage) -> Job:
    link = Link(plugin="site", kind=LinkKind.VIDEO, media_id="1", url="https://site.example/1")
    recipe = Recipe(choice=Choice(kind=ChoiceKind.VIDEO, height_px=720))
    chat = Chat(bot_id=1, chat=7)
    async with storage.write() as session:
        request, _ = await session.requests.accept("update:1:0", 1, 7, chat, "en", link.url)
        await session.jobs.join_or_create("f", link, recipe, "title", request.id, 0, chat, "1:7", 1.0)
        job = await session.jobs.claim("benchmark", 3600.0, running_limit=1)
    if job is None:
        raise RuntimeError("the job could not be claimed")
    return job


@asynccontextmanager
async def _bare(path: Path, job: Job) -> AsyncIterator[Step]:
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        for pragma in _PRAGMAS:
            await connection.execute(pragma)

        async def step(number: int) -> None:
            update, insert = _parameters(job, number)
            await connection.execute("BEGIN IMMEDIATE")
            async with connection.execute(_UPDATE, update) as cursor:
                await cursor.fetchone()
            async with connection.execute(_INSERT, insert) as cursor:
                await cursor.fetchone()
            await connection.execute("COMMIT")

        yield step


@contextmanager
def _plain(path: Path, job: Job) -> Iterator[Step]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(pragma)

        async def step(number: int) -> None:
            update, insert = _parameters(job, number)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_UPDATE, update).fetchone()
            connection.execute(_INSERT, insert).fetchone()
            connection.execute("COMMIT")

        yield step


def _parameters(job: Job, number: int) -> tuple[tuple[object, ...], tuple[object, ...]]:
    now, stage = datetime.now(UTC).isoformat(), str(_STAGES[number % 2])
    return (stage, now, job.id, job.lease), ("job.stage", now, job.id, "site", f'{{"stage": "{stage}"}}')


if __name__ == "__main__":
    asyncio.run(main())
