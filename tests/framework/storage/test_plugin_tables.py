from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Column, Executable, Integer, MetaData, Table, Text, delete, func, insert, select, text, update

from fetchgram.errors import FetchgramError, PluginError
from fetchgram.storage import PluginTables, SharedStorage, Storage
from fetchgram.storage.tables import jobs
from fetchgram.testing import FakeClock

HOURS = Table("stats_hours", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))
FIRST = """
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("stats_hours", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST)
    return folder


@pytest.fixture
async def shared(tmp_path: Path, migrated_url: str | None) -> AsyncIterator[SharedStorage]:
    shared = SharedStorage(migrated_url, tmp_path)
    yield shared
    await shared.close()


@pytest.fixture
def tables(shared: SharedStorage, migrations: Path) -> PluginTables:
    tables = PluginTables("stats", shared.get)
    tables.prepare(migrations)
    return tables


async def count(tables: PluginTables) -> int:
    async with tables.read() as transaction:
        return int((await transaction.execute(select(func.count()).select_from(HOURS))).scalar_one())


async def test_the_tables_are_there_at_the_first_statement(tables: PluginTables) -> None:
    async with tables.write() as transaction:
        await transaction.execute(insert(HOURS), [{"name": "one"}, {"name": "two"}])
    assert await count(tables) == 2


async def test_the_time_of_a_transaction_is_the_clocks_that_was_given(tmp_path: Path, migrated_url: str | None) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    shared = SharedStorage(migrated_url, tmp_path, clock=FakeClock(at))
    async with PluginTables("stats", shared.get).read() as transaction:
        assert abs(transaction.now - at) < timedelta(seconds=60), "and the database's, where that is another machine"
    await shared.close()


async def test_a_block_that_raises_leaves_nothing(tables: PluginTables) -> None:
    async def interrupted() -> None:
        async with tables.write() as transaction:
            await transaction.execute(insert(HOURS), {"name": "one"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await interrupted()
    assert await count(tables) == 0


async def test_nothing_can_be_written_in_a_snapshot(tables: PluginTables) -> None:
    with pytest.raises(FetchgramError):
        async with tables.read() as transaction:
            await transaction.execute(insert(HOURS), {"name": "one"})


@pytest.mark.parametrize(
    "statement",
    [
        select(jobs),
        delete(jobs),
        update(jobs).values(title=""),
        insert(HOURS).from_select(["name"], select(jobs.c.title)),
        select(HOURS).where(HOURS.c.id.in_(select(jobs.c.id))),
        select(select(jobs.c.id).cte("hidden").c.id),
        text("SELECT 1"),
        cast("Executable", "SELECT 1"),
    ],
)
async def test_a_statement_on_tables_of_others_is_refused(tables: PluginTables, statement: Executable) -> None:
    async with tables.write() as transaction:
        with pytest.raises(PluginError):
            await transaction.execute(statement)


async def test_the_database_is_opened_once_and_only_when_it_is_needed(
    shared: SharedStorage, tables: PluginTables, tmp_path: Path
) -> None:
    opened: list[Storage] = []

    async def watched() -> Storage:
        opened.append(await shared.get())
        return opened[-1]

    other = PluginTables("other", watched)
    assert not opened
    async with other.read():
        pass
    async with tables.read(), other.read():
        pass
    assert opened == [await shared.get()] * 2


async def test_a_revision_file_that_comes_later_is_run_at_the_next_start(
    shared: SharedStorage, tables: PluginTables, migrations: Path
) -> None:
    await tables.migrated()
    later = FIRST.replace('"0001"', '"0002"').replace("down_revision = None", 'down_revision = "0001"')
    body = 'op.add_column("stats_hours", sa.Column("more", sa.Integer))'
    (migrations / "0002_more.py").write_text(later.partition("    op.")[0] + f"    {body}\n")
    again = PluginTables("stats", shared.get)
    again.prepare(migrations)
    wider = Table("stats_hours", MetaData(), Column("id", Integer, primary_key=True), Column("more", Integer))
    async with again.write() as transaction:
        await transaction.execute(insert(wider), {"more": 7})
        assert (await transaction.execute(select(wider.c.more))).scalar_one() == 7
