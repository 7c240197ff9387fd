from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from fetchgram.model import Event
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.tables import events


async def names(storage: Storage) -> list[str]:
    async with storage.read() as session:
        return [event.name for event in await session.events.after(0, 99)]


async def test_what_was_noted_is_there_for_the_next_statement_of_the_transaction(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        await session.events.add(Event(name="job.done", at=session.now))
        assert [event.name for event in await session.events.after(0, 9)] == ["job.done"]
    await storage.close()


async def test_what_was_noted_last_is_committed_and_what_a_failure_left_is_not_met_by_the_next(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    with pytest.raises(LookupError):  # noqa: PT012  # the block is the transaction
        async with storage.write() as session:
            await session.events.add(Event(name="job.failed", at=session.now))
            raise LookupError
    async with storage.write() as session:
        await session.events.add(Event(name="job.begun", at=session.now))
        await session.events.add(Event(name="job.done", at=session.now))
    assert await names(storage) == ["job.begun", "job.done"]
    await storage.close()


async def test_a_note_that_cannot_be_written_takes_the_transaction_with_it(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        await session.events.add(Event(name="job.done", at=session.now))
    with pytest.raises(Exception, match="NOT NULL"):  # noqa: PT012  # the block is the transaction
        async with storage.database.write() as connection:
            await connection.execute(
                insert(events), {"name": "job.begun", "at": (await _first(storage)).at, "data": {}}
            )
            driver = (await connection.get_raw_connection()).driver_connection
            driver.note("INSERT INTO events (name) VALUES (NULL)", ())  # type: ignore[union-attr]  # ours
    assert await names(storage) == ["job.done"]
    await storage.close()


async def test_values_are_written_as_sqlalchemy_writes_them(tmp_path: Path) -> None:
    storage = await open_storage(None, tmp_path)
    told = {"name": "job.stage", "data": {"stage": "download", "seconds": 1.5, "step": None}, "person": 2**40}
    async with storage.write() as session:
        at = session.now
        await session.events.add(Event(at=at, **told))  # type: ignore[arg-type]  # fields of Event
        await session.execute(insert(events), {"at": at, "bot_id": 0, **told})
        rows = [tuple(row)[1:] for row in await session.execute(select(events))]
    assert rows[0] == rows[1]
    await storage.close()


async def _first(storage: Storage) -> Event:
    async with storage.read() as session:
        return (await session.events.after(0, 1))[0]
