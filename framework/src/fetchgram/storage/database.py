"""What a database is to the rest of storage: transactions, whatever the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol

from sqlalchemy import Engine, Table
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fetchgram.storage.unbroken import unbroken

__all__ = ["Database", "Insert", "insert_into", "transaction"]


class Database(Protocol):
    """One engine; everything that only it does is in its own module.

    Attributes:
        name: How it is called in a sentence; never holds a password.
        is_shared: Whether other writers may be at work at the same moment, on other machines too.
        skew: How far its clock is ahead of this machine's; zero where both are one.
    """

    name: str
    is_shared: bool
    skew: timedelta

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that may write, committed at the end of the block.

        A cancelled task leaves nothing. Only when it was cancelled while the commit was under way, that is carried
        through.
        """
        ...

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a snapshot; writing to it is refused by the engine."""
        ...

    async def reach(self) -> None:
        """Ask whether it would take something now; nobody who waits for the answer has to wait long to be cancelled.

        Raises:
            TemporarilyUnavailable: If it does not.
        """
        ...

    def migrator(self) -> Engine:
        """Return an engine for migrations: its transactions write, one at a time over all processes."""
        ...

    def translated(self) -> AbstractContextManager[None]:
        """Raise errors of our tree instead of the engine's."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def insert_into(table: Table) -> Insert:
    """Return an INSERT that knows `on_conflict_do_update`; SQLite's compiler takes PostgreSQL's form as well."""
    return Insert(table)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a transaction on a connection of this engine; committed at the end, rolled back otherwise."""
    connection = engine.connect()
    try:
        await unbroken(_begin(connection))
        yield connection
        await unbroken(connection.commit())
    finally:
        # Rolls back what was not committed.
        await unbroken(_close(connection))


async def _begin(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin()


async def _close(connection: AsyncConnection) -> None:
    if connection.sync_connection is not None:
        await connection.close()
