"""One open transaction, as the stores see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import CursorResult, Executable, Insert, RowMapping, Table, TextClause, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from fetchgram.storage.notes import note
from fetchgram.storage.unbroken import unbroken

Parameters: TypeAlias = "Mapping[str, object] | Sequence[Mapping[str, object]] | None"

_COUNTED = {"preserve_rowcount": True}
"""Of an INSERT, SQLAlchemy keeps the count only where somebody asks."""


class Transaction:
    """Runs statements on one connection.

    Args:
        connection: In a transaction that somebody else ends.
        clock: Returns the present; asked once, so that all rows of a transaction agree.
        is_shared: Whether others may write at the same moment.
    """

    def __init__(self, connection: AsyncConnection, clock: Callable[[], datetime], *, is_shared: bool = False) -> None:
        self._connection = connection
        self.now = clock()
        self.is_shared = is_shared

    async def driver(self) -> object:
        """Return the driver's own connection, for a part that speaks to it inside this transaction."""
        return (await self._connection.get_raw_connection()).driver_connection

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        """Execute a statement; a task that is cancelled meanwhile is so afterwards."""
        return await unbroken(self._connection.execute(statement, parameters))

    async def run(self, statement: Executable, parameters: Parameters = None) -> int:
        """Execute a statement and return how many rows it changed."""
        work = self._connection.execute(statement, parameters, execution_options=_COUNTED)
        return (await unbroken(work)).rowcount

    def note(self, insert: Insert, row: Mapping[str, object]) -> bool:
        """Let a row travel with the next statement; returns whether this engine can, else it is to be executed."""
        return note(self._connection, insert, row)

    async def row(self, statement: Executable, parameters: Parameters = None) -> RowMapping | None:
        """Return the first row, or `None`."""
        return (await self.execute(statement, parameters)).mappings().first()

    async def one(self, statement: Executable, parameters: Parameters = None) -> RowMapping:
        """Return the row that must be there.

        Raises:
            LookupError: If there is none.
        """
        row = await self.row(statement, parameters)
        if row is None:
            raise LookupError("the row does not exist")
        return row

    async def rows(self, statement: Executable, parameters: Parameters = None) -> Sequence[RowMapping]:
        """Return all rows."""
        return (await self.execute(statement, parameters)).mappings().all()

    async def delete_some(self, table: Table, *where: ColumnElement[bool] | TextClause, limit: int) -> int:
        """Delete at most so many of the rows that fit; returns how many went."""
        keys = [*table.primary_key.columns]
        # A row value of one column is no row value to SQLite.
        key = keys[0] if len(keys) == 1 else tuple_(*keys)
        return await self.run(delete(table).where(key.in_(select(*keys).where(*where).limit(limit))))

    async def integer(self, statement: Executable, parameters: Parameters = None) -> int:
        """Return a single number, 0 where the database has none."""
        return int((await self.execute(statement, parameters)).scalar() or 0)
