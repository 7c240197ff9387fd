"""The tables of one plugin: made before its first statement, and the only ones that its statements may name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import ClauseElement, CursorResult, Executable, Table, TextClause
from sqlalchemy.sql import visitors

from fetchgram.errors import PluginError
from fetchgram.storage.migrate import migrate_plugin, owns, table_prefix
from fetchgram.storage.storage import Session, Storage
from fetchgram.storage.transaction import Parameters


class PluginTransaction:
    """Implements `ports.Transaction`: statements on the plugin's own tables.

    That keeps mistakes out, not malice: a plugin is code in the bot's own process.

    Args:
        session: Ended by somebody else.
        plugin: Whose.
        seen: Statements that were looked at before: one that is built once and used often is looked at once.
    """

    def __init__(self, session: Session, plugin: str, seen: WeakSet[object] | None = None) -> None:
        self._session = session
        self._plugin = plugin
        self._seen: WeakSet[object] = WeakSet() if seen is None else seen

    @property
    def now(self) -> datetime:
        """When it began."""
        return self._session.now

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        """Execute a statement.

        Raises:
            PluginError: If it names a table that is not the plugin's own, or is no statement of SQLAlchemy Core.
        """
        if statement not in self._seen:
            _refuse_foreign(statement, self._plugin)
            self._seen.add(statement)
        return await self._session.execute(statement, parameters)


class PluginTables:
    """Implements `ports.PluginDatabase` over the database that all parts share.

    Args:
        plugin: Its name; its tables begin with it.
        opened: Returns the open database.
    """

    def __init__(self, plugin: str, opened: Callable[[], Awaitable[Storage]]) -> None:
        self._plugin = plugin
        self._opened = opened
        self._migrations: Path | None = None
        self._ready = False
        self._statements: WeakSet[object] = WeakSet()
        self._migrating = asyncio.Lock()

    @property
    def wanted(self) -> bool:
        """Whether the plugin has tables at all."""
        return self._migrations is not None

    def prepare(self, migrations: Path) -> None:
        """Say where the plugin's revision files are; before its first statement."""
        self._migrations = migrations

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PluginTransaction]:
        """Open a snapshot; see `ports.PluginDatabase.read`."""
        storage = await self.migrated()
        async with storage.read() as session:
            yield PluginTransaction(session, self._plugin, self._statements)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[PluginTransaction]:
        """Open a transaction; see `ports.PluginDatabase.write`."""
        storage = await self.migrated()
        async with storage.write() as session:
            yield PluginTransaction(session, self._plugin, self._statements)

    async def migrated(self) -> Storage:
        """Return the database once the plugin's tables are as its revision files say.

        Raises:
            PluginError: If the files touch what is not the plugin's own, or cannot be run.
            SchemaTooNew: If a later version of the plugin wrote its tables.
        """
        storage = await self._opened()
        async with self._migrating:
            if self._migrations is not None and not self._ready:
                await migrate_plugin(storage, self._plugin, self._migrations)
                self._ready = True
        return storage


def _refuse_foreign(statement: object, plugin: str) -> None:
    if not isinstance(statement, ClauseElement) or isinstance(statement, TextClause):
        raise PluginError(f"{type(statement).__name__!r} is no SQLAlchemy Core statement, whose tables can be seen")
    prefix = table_prefix(plugin)
    for part in visitors.iterate(statement):
        if isinstance(part, Table) and not owns(prefix, part.name):
            raise PluginError(f"the table {part.name!r} is not its own: those begin with {prefix!r}", plugin=plugin)
