"""A plugin's own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import CursorResult, Executable

Parameters: TypeAlias = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Transaction(Protocol):
    """A transaction on the plugin's own tables."""

    @property
    def now(self) -> datetime:
        """When it began, in UTC, by the database's clock: machines that share a database agree about it."""
        ...

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        """Execute a statement of SQLAlchemy Core; `PluginError` when it is not plainly about own tables."""
        ...


class PluginDatabase(Protocol):
    """The plugin's own tables, `<plugin>_…`, which the revision files in its `migrations` make before `startup`."""

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a snapshot, which waits for no writer and in which nothing can be written."""
        ...

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction, kept when the block ends; on SQLite nobody else writes meanwhile, so wait for nothing.

        Raises:
            DiskFull: If there is no room.
            TemporarilyUnavailable: If the database is away, or busy for long.
        """
        ...
