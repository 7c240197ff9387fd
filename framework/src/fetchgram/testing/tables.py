"""The tables of a plugin in a test: a real SQLite file in a folder of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fetchgram.ports import Clock, PluginDatabase, Transaction


class NoDatabase:
    """Of a plugin without tables: says so when it is used."""

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Refuse."""
        raise LookupError("no database in this test: give the context that of `open_database`")

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """Refuse."""
        return self.read()


@asynccontextmanager
async def open_database(
    plugin: str, folder: Path, migrations: Path, *, clock: Clock | None = None
) -> AsyncIterator[PluginDatabase]:
    """Open what the plugin is given as `context.database`, with its tables made by its own revision files.

    Args:
        plugin: Its name.
        folder: Usually the test's `tmp_path`; a second call finds what the first one left there.
        migrations: The plugin's attribute of that name.
        clock: What transactions take their time from; the system's by default.
    """
    from fetchgram.storage import PluginTables, SharedStorage  # noqa: PLC0415  # most plugins have no tables

    shared = SharedStorage(None, folder, migrate=False, clock=clock)
    tables = PluginTables(plugin, shared.get)
    tables.prepare(migrations)
    try:
        await tables.migrated()
        yield tables
    finally:
        await shared.close()
