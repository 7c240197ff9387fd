from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import CursorResult, text

from fetchgram.errors import ConfigError, DiskFull, FetchgramError, TemporarilyUnavailable
from fetchgram.storage import Session, Storage, open_storage, sqlite

from .conftest import file_of

OPEN_AND_WRITE = """
import asyncio, sys
from pathlib import Path
from fetchgram.storage import open_storage

async def main(folder):
    storage = None
    try:
        storage = await open_storage(None, Path(folder))
        for n in range(100_000):
            async with storage.write() as session:
                await session.inbox.add(1, n, "x" * 50_000)
    except Exception as error:
        print(type(error).__name__, error)
    finally:
        if storage:
            await storage.close()

asyncio.run(main(sys.argv[1]))
"""


async def pragma(session: Session, name: str) -> object:
    found = await session.execute(text(f"PRAGMA {name}"))
    assert isinstance(found, CursorResult)
    return found.scalar()


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def test_folders_are_made_and_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path / "a" / "b")
    await storage.close()
    assert (tmp_path / "a" / "b" / "fetchgram.db").stat().st_mode & 0o777 == 0o600


async def test_writers_take_turns_in_the_order_in_which_they_came(storage: Storage) -> None:
    order = []

    async def write(n: int) -> None:
        async with storage.write() as session:
            await session.inbox.add(1, n, "{}")
            order.append(n)

    await asyncio.gather(*(write(n) for n in range(20)))
    assert order == list(range(20))


async def test_close_ends_all_threads(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write(), storage.read(), storage.read():
        assert connection_threads() == 3
    await storage.close()
    async with asyncio.timeout(5):
        while connection_threads():
            await asyncio.sleep(0.01)


async def test_writers_are_durable_and_readers_only_read(storage: Storage) -> None:
    async with storage.write() as session:
        assert await pragma(session, "journal_mode") == "wal"
        assert await pragma(session, "synchronous") == 2
        assert await pragma(session, "foreign_keys") == 1
        assert await pragma(session, "busy_timeout") == 10_000
    async with storage.read() as session:
        assert await pragma(session, "query_only") == 1
        assert await pragma(session, "busy_timeout") == 10_000


async def test_a_transaction_holds_the_write_lock_from_its_beginning(storage: Storage) -> None:
    async with storage.write():
        with (
            contextlib.closing(sqlite3.connect(file_of(storage), timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")


async def test_a_database_that_another_process_holds_for_long_is_temporarily_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    storage = await open_storage(None, tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "fetchgram.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporarilyUnavailable, match="locked by another process"):
            async with storage.write():
                pass
        async with storage.read() as session:
            assert await session.inbox.pending(1, 9) == []
        other.execute("COMMIT")
    async with storage.write() as session:
        assert await session.inbox.add(1, 1, "{}")
    await storage.close()


async def test_a_file_that_is_no_database_is_a_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "fetchgram.db").write_bytes(b"not a database at all, but long enough to have a header " * 20)
    with pytest.raises(ConfigError, match="is not a database: move that file away"):
        await open_storage(None, tmp_path)


async def test_a_damaged_database_is_a_clear_sentence(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        await session.inbox.add_many(1, [(n, "x" * 3000) for n in range(50)])
    await storage.close()
    path = tmp_path / "fetchgram.db"
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(FetchgramError, match="is damaged"):  # noqa: PT012  # which of them meets it first is open
        storage = await open_storage(None, tmp_path)
        try:
            async with storage.read() as session:
                await session.inbox.pending(1, 99)
        finally:
            await storage.close()


async def test_a_full_database_is_disk_full_and_goes_on_when_there_is_room(storage: Storage) -> None:
    async with storage.write() as session:
        pages = await pragma(session, "page_count")
        await pragma(session, f"max_page_count = {pages}")
    with pytest.raises(DiskFull, match="no room left"):
        async with storage.write() as session:
            await session.inbox.add_many(1, [(n, "x" * 50_000) for n in range(50)])
    async with storage.write() as session:
        await pragma(session, "max_page_count = 1000000")
    async with storage.write() as session:
        assert await session.inbox.pending(1, 9) == []
        assert await session.inbox.add_many(1, [(n, "x" * 50_000) for n in range(50)]) == 50


@pytest.mark.timeout(60)
def test_a_full_disk_is_a_clear_sentence(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=3m none {tmp_path}"
    output = _in_private_mounts(f'{mount} && exec {sys.executable} -c "$0" {tmp_path}')
    assert "DiskFull no room left to write the database" in output


@pytest.mark.timeout(60)
def test_a_read_only_folder_is_a_clear_sentence(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=3m,ro none {tmp_path}"
    output = _in_private_mounts(f'{mount} && exec {sys.executable} -c "$0" {tmp_path}')
    assert output.startswith("ConfigError the database")
    assert "Read-only file system" in output


@pytest.mark.timeout(60)
async def test_a_database_that_became_read_only_is_a_clear_sentence(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    await storage.close()
    mount = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path}"
    output = _in_private_mounts(f'{mount} && exec {sys.executable} -c "$0" {tmp_path}')
    assert output.startswith("ConfigError the database")
    assert "set data_dir or database.url" in output or "read-only" in output


def test_a_folder_that_is_a_file_is_a_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        sqlite.prepare_file(tmp_path / "data" / "fetchgram.db")


def connection_threads() -> int:
    return sum("_connection_worker_thread" in thread.name for thread in threading.enumerate())


def _in_private_mounts(script: str) -> str:
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, OPEN_AND_WRITE]
    return subprocess.run(unshare, check=True, capture_output=True, text=True, timeout=50).stdout
