from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
import threading
from collections.abc import Awaitable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.errors import FetchgramError
from fetchgram.model import Person
from fetchgram.storage import Storage, open_storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work

PAIRS = """
import asyncio, itertools, sys
from pathlib import Path
from fetchgram.storage import open_storage

async def main(folder):
    storage = await open_storage(sys.argv[3] or None, Path(folder))
    print("ready", flush=True)
    for n in itertools.count(int(sys.argv[2])):
        async with storage.write() as session:
            await session.inbox.add(1, n, "x" * 2000)
            await session.inbox.add(2, n, "x" * 2000)
        print(n, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_block_that_raises_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(LookupError):  # noqa: PT012  # the block is the transaction
        async with storage.write() as session:
            await session.inbox.add(1, 1, "{}")
            await session.requests.update(99, status_message=1)
    async with storage.write() as session:
        assert await session.inbox.pending(1, 9) == []


async def test_a_reader_cannot_write(storage: Storage) -> None:
    with pytest.raises(FetchgramError):
        async with storage.read() as session:
            await session.inbox.add(1, 1, "{}")
    async with storage.read() as session:
        assert await session.inbox.pending(1, 9) == []


async def test_a_reader_sees_a_snapshot_and_waits_for_no_writer(storage: Storage) -> None:
    async with storage.write() as writer, storage.read() as reader:
        await writer.inbox.add(1, 1, "{}")
        assert await reader.inbox.pending(1, 9) == []
    async with storage.read() as later:
        assert len(await later.inbox.pending(1, 9)) == 1


async def test_a_cancelled_writer_leaves_nothing_and_frees_the_next(storage: Storage) -> None:
    inside = asyncio.Event()

    async def hold() -> None:
        async with storage.write() as session:
            await session.inbox.add(1, 1, "{}")
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with storage.write() as session:
        assert await session.inbox.pending(1, 9) == []


@pytest.mark.timeout(60)
async def test_writers_cancelled_at_any_point_never_lock_the_database_nor_leave_a_half(storage: Storage) -> None:
    chance = random.Random(7)

    async def pair(n: int) -> None:
        async with storage.write() as session:
            await session.inbox.add(1, n, "{}")
            await session.inbox.add(2, n, "{}")

    for n in range(150):
        task = asyncio.create_task(pair(n))
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(chance.choice([0, 0, 0.0002]))
        for _ in range(chance.randrange(1, 3)):
            task.cancel()
            await asyncio.sleep(0)
        with contextlib.suppress(asyncio.CancelledError):
            await task
    async with storage.write() as session:
        ones = [u.update_id for u in await session.inbox.pending(1, 999)]
        assert [u.update_id for u in await session.inbox.pending(2, 999)] == ones
    assert 0 < len(ones) < 150
    # On SQLite one thread for the writer, and one for the reader that looked at the schema.
    assert connection_threads() == (0 if storage.database.is_shared else 2)


async def test_a_cancelled_reader_gives_its_connection_back(storage: Storage) -> None:
    async def hold() -> None:
        async with storage.read() as session:
            await session.inbox.pending(1, 9)
            await asyncio.sleep(60)

    for _ in range(3):
        tasks = [asyncio.create_task(hold()) for _ in range(6)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5), storage.read() as session:
        assert await session.inbox.pending(1, 9) == []


async def test_all_rows_of_a_transaction_have_its_time(storage: Storage) -> None:
    async with storage.write() as session:
        await session.people.seen(Person(bot_id=1, id=7))
        row = await session.people.get(1, 7)
        assert row is not None
        assert row.first_seen == row.last_seen == session.now


async def test_without_a_clock_the_time_is_the_systems_in_utc(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.read() as session:
        assert session.now.tzinfo is UTC
    await storage.close()


async def test_a_second_process_sees_all_state(
    storage: Storage, work: Work, tmp_path: Path, migrated_url: str | None
) -> None:
    async with storage.write() as session:
        job, _, _ = await work.job(session)
        await session.jobs.claim("w1", 30, running_limit=1)
    code = f"""
import asyncio
from pathlib import Path
from fetchgram.storage import open_storage

async def main():
    storage = await open_storage({migrated_url!r}, Path({str(tmp_path)!r}))
    async with storage.read() as session:
        job = await session.jobs.get({job.id})
        print(job.state, job.lease, job.link.url, [r.url for r in await session.requests.unfinished(1)])
    async with storage.write() as session:
        await session.commands.add("cancel", {{"job": {job.id}}})
    await storage.close()

asyncio.run(main())
"""
    output = await _run(code)
    assert output == "running 1 https://site.test/m1 ['https://site.test/m1']\n"
    async with storage.write() as session:
        assert [command.args for command in await session.commands.take(9)] == [{"job": job.id}]


@pytest.mark.timeout(90)
async def test_a_process_killed_at_any_moment_leaves_no_half_transaction_and_loses_nothing_it_reported(
    tmp_path: Path, migrated_url: str | None
) -> None:
    chance = random.Random(3)
    reported = -1
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PAIRS,
            str(tmp_path),
            str(reported + 2),
            migrated_url or "",
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        await asyncio.sleep(chance.uniform(0.01, 0.15))
        process.kill()
        numbers = (await process.communicate())[0].split()
        reported = max([reported, *(int(n) for n in numbers)])
        ones, twos = await _numbers(migrated_url, tmp_path)
        assert ones == twos
        assert {int(n) for n in numbers} <= set(ones)
    assert reported > 0


def connection_threads() -> int:
    return sum("_connection_worker_thread" in thread.name for thread in threading.enumerate())


async def _numbers(url: str | None, folder: Path) -> list[list[int]]:
    if url is None:
        with contextlib.closing(sqlite3.connect(folder / "fetchgram.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    storage = await open_storage(url, folder)
    async with storage.read() as session:
        found = [sorted(update.update_id for update in await session.inbox.pending(bot, 99_999)) for bot in (1, 2)]
    await storage.close()
    return found


async def _run(code: str) -> str:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    output: Awaitable[tuple[bytes, bytes]] = process.communicate()
    return (await output)[0].decode()
