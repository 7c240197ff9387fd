"""Migrations: Alembic without a configuration file, for the core and for each plugin with tables of its own."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import structlog
from sqlalchemy import Connection, MetaData, delete, inspect, text

from fetchgram.errors import PluginError, SchemaTooNew
from fetchgram.storage.database import Database
from fetchgram.storage.tables import event_cursors, metadata
from fetchgram.storage.unbroken import unbroken

if TYPE_CHECKING:
    from alembic.config import Config

    from fetchgram.storage.storage import Storage

HEAD = "0003"
"""The newest revision: a database that has it needs no Alembic, whose import would slow every start."""
CORE_VERSION_TABLE = "alembic_version"
_FOLDER = Path(__file__).parent / "migrations"
_REVISION = re.compile(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)", re.MULTILINE)
_DOWN = re.compile(r"^down_revision\b[^=\n]*=\s*[\"']([^\"']+)", re.MULTILINE)
_PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_-]*")
# Alembic hands its context to migration files through module globals.
_ONE_AT_A_TIME = threading.Lock()

_Shape: TypeAlias = "Mapping[str, tuple[str, ...]]"

_log = structlog.get_logger()


async def revision(database: Database) -> str:
    """Return the revision of the core's schema, empty before the first migration."""
    async with database.read() as connection:
        return await unbroken(connection.run_sync(_found, CORE_VERSION_TABLE))


async def check(database: Database) -> None:
    """Refuse a schema that this version does not know; an older one too, which `fetchgram migrate` would bring up.

    Raises:
        SchemaTooNew: If a later version wrote it.
        ConfigError: If the database cannot be written.
    """
    # A transaction that writes nothing: a read-only file or folder shows here, not at the first request.
    async with database.write() as connection:
        found = await unbroken(connection.run_sync(_found, CORE_VERSION_TABLE))
    if found not in {"", HEAD}:
        await asyncio.to_thread(_refuse_newer, database, found)


async def upgrade(database: Database) -> None:
    """Bring the core's schema up to date, whole or not at all.

    Raises:
        SchemaTooNew: If a later version wrote it.
    """
    await check(database)
    if await revision(database) != HEAD:
        await asyncio.to_thread(_upgrade_core, database)


async def migrate_plugin(storage: Storage, name: str, folder: Path) -> None:
    """Bring a plugin's own tables up to date.

    Args:
        storage: Where.
        name: The plugin; its tables begin with `<name>_` (`-` as `_`).
        folder: Its revision files, as `0001_first.py`; they need nothing else beside them.

    Raises:
        PluginError: If they touch a table that is not the plugin's own; nothing is changed then.
        SchemaTooNew: If a later version of the plugin wrote its tables.
    """
    if not _PLUGIN_NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot begin the name of a table: a-z, 0-9, `_` and `-`", plugin=name)
    async with storage.database.read() as connection:
        found = await unbroken(connection.run_sync(_found, _version_table(name)))
    if not found or found != await asyncio.to_thread(_newest, folder):
        await asyncio.to_thread(_upgrade_plugin, storage.database, name, folder)


async def purge_plugin(storage: Storage, name: str) -> tuple[str, ...]:
    """Drop a plugin's tables, its version table and its place among the events; returns the names of the tables."""
    return await asyncio.to_thread(_purge, storage.database, name)


def table_prefix(plugin: str) -> str:
    """Return what the names of a plugin's tables begin with."""
    return plugin.replace("-", "_") + "_"


def owns(own: str, table: str) -> bool:
    """Whether a table belongs to the plugin whose tables have this prefix."""
    return table.startswith(own) and table not in metadata.tables and not table.startswith(CORE_VERSION_TABLE)


def _upgrade_core(database: Database) -> None:
    with _ONE_AT_A_TIME, database.translated(), database.migrator().begin() as connection:
        _run(connection, _config(_FOLDER / "versions", CORE_VERSION_TABLE), database.name)


def _upgrade_plugin(database: Database, name: str, folder: Path) -> None:
    own, version_table = table_prefix(name), _version_table(name)
    with _ONE_AT_A_TIME, database.translated(), database.migrator().begin() as connection:
        before = _foreign(connection, own, version_table)
        _run(connection, _config(folder, version_table), f"the tables of {name!r}")
        _refuse_trespass(connection, name, before, _foreign(connection, own, version_table))


def _newest(folder: Path) -> str:
    """Read the newest revision from the files as text, which spares the import of Alembic; empty if in doubt."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
    known, older = ({found for each in texts for found in line.findall(each)} for line in (_REVISION, _DOWN))
    heads = known - older
    return heads.pop() if len(heads) == 1 else ""


def _run(connection: Connection, config: Config, what: str) -> None:
    from alembic import command  # noqa: PLC0415  # heavy, and a database that is up to date never needs it

    version_table = str(config.attributes["version_table"])
    found = _found(connection, version_table)
    _refuse_unknown(config, found, what)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if (now := _found(connection, version_table)) != found:
        _log.info("schema.migrated", version_table=version_table, before=found or None, after=now)


def _refuse_newer(database: Database, found: str) -> None:
    _refuse_unknown(_config(_FOLDER / "versions", CORE_VERSION_TABLE), found, database.name)


def _refuse_unknown(config: Config, found: str, what: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # heavy, see `_run`

    script = ScriptDirectory.from_config(config)
    known = {step.revision for step in script.walk_revisions()}
    if found and found not in known:
        newest = ", ".join(sorted(script.get_heads())) or "none"
        raise SchemaTooNew(
            f"{what}: found schema revision {found!r}, but the newest that this version knows is {newest!r};"
            " install the later version again, or restore the backup from before it"
        )


def _config(versions: Path, version_table: str) -> Config:
    from alembic.config import Config  # noqa: PLC0415  # heavy, see `_run`

    config = Config()
    # ConfigParser reads `%` as the begin of a reference.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["version_table"] = version_table
    return config


def _found(connection: Connection, version_table: str) -> str:
    if not inspect(connection).has_table(version_table):
        return ""
    # The name is ours or a plugin's that was checked, never a person's.
    return connection.scalar(text(f"SELECT version_num FROM {version_table}")) or ""  # noqa: S608  # see above


def _foreign(connection: Connection, own: str, version_table: str) -> _Shape:
    inspector = inspect(connection)
    tables = [name for name in inspector.get_table_names() if not owns(own, name) and name != version_table]
    return {
        table: tuple(f"{column['name']} {column['type']}" for column in inspector.get_columns(table))
        for table in tables
    }


def _refuse_trespass(connection: Connection, name: str, before: _Shape, after: _Shape) -> None:
    own = table_prefix(name)
    touched = sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))
    if touched:
        raise PluginError(
            f"the migrations of {name!r} touch {touched[0]!r}: its tables begin with {own!r}", plugin=name
        )
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        for key in inspector.get_foreign_keys(table) if owns(own, table) else ():
            if not owns(own, key["referred_table"]):
                target = key["referred_table"]
                raise PluginError(f"{table!r} has a foreign key into {target!r}, which is not its own", plugin=name)


def _purge(database: Database, name: str) -> tuple[str, ...]:
    own, version_table = table_prefix(name), _version_table(name)
    with database.translated(), database.migrator().begin() as connection:
        found = inspect(connection).get_table_names()
        # `job_` begins the tables of the plugin `job-stats` too.
        others = [table for table in found if table.startswith(f"{version_table}_")]
        theirs = tuple(f"{table.removeprefix(CORE_VERSION_TABLE)[1:]}_" for table in others)
        tables = [t for t in found if (owns(own, t) and not t.startswith(theirs)) or t == version_table]
        if tables:
            gone = MetaData()
            gone.reflect(connection, only=tables)
            gone.drop_all(connection)
        connection.execute(delete(event_cursors).where(event_cursors.c.plugin == name))
    return tuple(tables)


def _version_table(plugin: str) -> str:
    return f"{CORE_VERSION_TABLE}_{table_prefix(plugin).removesuffix('_')}"
