from __future__ import annotations

import asyncio
import sys
import zipfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from fetchgram.errors import FetchgramError, PluginError, SchemaTooNew
from fetchgram.storage import Storage, migrate, open_storage
from fetchgram.storage.engines import open_engine
from fetchgram.storage.migrate import HEAD, migrate_plugin, purge_plugin
from fetchgram.storage.tables import metadata

REVISION = """
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade() -> None:
    {body}
"""
OWN = 'op.create_table("stats_hours", sa.Column("id", sa.Integer, primary_key=True))'
MORE = 'op.add_column("stats_hours", sa.Column("n", sa.Integer))'


def step(folder: Path, revision: str, body: str, *, down: str | None = None) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{revision}.py").write_text(REVISION.format(revision=revision, down=down, body=body))


def tables(storage: Storage) -> dict[str, str]:
    """Every table with its columns."""
    with storage.database.migrator().connect() as connection:
        inspector = inspect(connection)
        return {
            name: ", ".join(f"{column['name']} {column['type']}" for column in inspector.get_columns(name))
            for name in inspector.get_table_names()
        }


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or not (name or "").startswith("procrastinate_")


def details(engine: Engine) -> set[str]:
    """What Alembic does not compare: the conditions of partial indexes, and whether ids are never given again."""
    question = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    counted = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    if engine.dialect.name == "postgresql":
        question = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
        counted = "SELECT sequencename FROM pg_sequences"
    with engine.connect() as connection:
        found = [*connection.execute(text(question)), *connection.execute(text(counted))]
    return {" ".join(row[0].split()) for row in found if "alembic" not in row[0] and "procrastinate" not in row[0]}


async def test_the_migrated_schema_is_the_one_of_the_tables(storage: Storage, url: str | None, tmp_path: Path) -> None:
    with storage.database.migrator().connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    made = await open_engine(url, tmp_path / "made")
    metadata.create_all(made.migrator())
    assert details(made.migrator()) == details(storage.database.migrator())
    assert any("WHERE" in detail for detail in details(made.migrator()))


async def test_the_head_is_the_newest_revision(storage: Storage) -> None:
    script = ScriptDirectory.from_config(migrate._config(migrate._FOLDER / "versions", "alembic_version"))
    assert script.get_heads() == [HEAD]
    assert await storage.schema() == HEAD


async def test_without_migration_the_schema_is_empty_until_it_is_asked_for(url: str | None, tmp_path: Path) -> None:
    storage = await open_storage(url, tmp_path, migrate=False)
    assert await storage.schema() == ""
    await storage.migrate()
    assert await storage.schema() == HEAD
    await storage.migrate()
    await storage.close()


@pytest.mark.parametrize("with_migration", [True, False])
async def test_a_newer_schema_is_refused_and_both_revisions_are_named(
    url: str | None,
    tmp_path: Path,
    with_migration: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    storage = await open_storage(url, tmp_path)
    async with storage.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    await storage.close()
    with pytest.raises(SchemaTooNew, match=f"found schema revision '0999'.*newest .* is '{HEAD}'"):
        await open_storage(url, tmp_path, migrate=with_migration)


async def test_a_start_on_a_current_schema_does_not_import_alembic(migrated_url: str | None, tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from fetchgram.storage import open_storage

async def main():
    storage = await open_storage({migrated_url!r}, Path({str(tmp_path)!r}))
    await storage.close()

asyncio.run(main())
print("alembic" in sys.modules)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0] == b"False\n"


@pytest.mark.timeout(60)
async def test_processes_that_start_together_migrate_once(url: str | None, tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from fetchgram.storage import open_storage

async def main():
    storage = await open_storage({url!r}, Path({str(tmp_path)!r}))
    print(await storage.schema())
    await storage.close()

asyncio.run(main())
"""
    command = (sys.executable, "-c", code)
    pipe = asyncio.subprocess.PIPE
    processes = [await asyncio.create_subprocess_exec(*command, stdout=pipe) for _ in range(2)]
    outputs = [(await process.communicate())[0].decode().splitlines()[-1] for process in processes]
    assert outputs == [HEAD] * 2


async def test_storages_that_open_together_in_one_process_do_not_mix(url: str | None, tmp_path: Path) -> None:
    storages = await asyncio.gather(*(open_storage(url, tmp_path / name) for name in "abc"))
    for storage in storages:
        assert await storage.schema() == HEAD
        await storage.close()


async def test_a_folder_with_a_percent_sign_and_a_space_is_no_problem(storage: Storage, tmp_path: Path) -> None:
    folder = tmp_path / "100% mine: so"
    step(folder, "0001", OWN)
    await migrate_plugin(storage, "stats", folder)
    assert "stats_hours" in tables(storage)


async def test_a_plugin_has_its_own_history(storage: Storage, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    step(folder, "0001", OWN)
    await migrate_plugin(storage, "stats", folder)
    step(folder, "0002", MORE, down="0001")
    await migrate_plugin(storage, "stats", folder)
    await migrate_plugin(storage, "stats", folder)
    found = tables(storage)
    assert {"stats_hours", "alembic_version_stats"} <= found.keys()
    assert "n INTEGER" in found["stats_hours"]
    assert await storage.schema() == HEAD


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('op.create_table("hours", sa.Column("id", sa.Integer))', "touch 'hours'"),
        ('op.add_column("jobs", sa.Column("mine", sa.Integer))', "touch 'jobs'"),
        ('op.drop_table("menus")', "touch 'menus'"),
        ('op.execute("UPDATE alembic_version SET version_num = \'9\'") or op.drop_table("alembic_version")', "touch"),
        (
            'op.create_table("stats_x", sa.Column("job", sa.Integer, sa.ForeignKey("jobs.id")))',
            "'stats_x' has a foreign key into 'jobs'",
        ),
    ],
)
async def test_a_plugin_that_touches_what_is_not_its_own_changes_nothing(
    storage: Storage, tmp_path: Path, body: str, sentence: str
) -> None:
    before = tables(storage)
    step(tmp_path / "migrations", "0001", body)
    with pytest.raises(PluginError, match=sentence) as caught:
        await migrate_plugin(storage, "stats", tmp_path / "migrations")
    assert caught.value.plugin == "stats"
    assert tables(storage) == before


async def test_a_migration_that_fails_in_the_middle_changes_nothing(storage: Storage, tmp_path: Path) -> None:
    before = tables(storage)
    step(tmp_path / "migrations", "0001", f"{OWN}\n    op.execute('NONSENSE')")
    with pytest.raises(FetchgramError, match="NONSENSE"):
        await migrate_plugin(storage, "stats", tmp_path / "migrations")
    assert tables(storage) == before


async def test_a_plugins_newer_tables_are_refused(storage: Storage, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    step(folder, "0001", OWN)
    step(folder, "0002", MORE, down="0001")
    await migrate_plugin(storage, "stats", folder)
    (folder / "0002.py").unlink()
    with pytest.raises(SchemaTooNew, match="the tables of 'stats': found schema revision '0002'"):
        await migrate_plugin(storage, "stats", folder)


async def test_a_name_that_is_no_part_of_a_table_name_is_refused(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="cannot begin the name of a table"):
        await migrate_plugin(storage, "x; drop table jobs", tmp_path)


async def test_purge_drops_exactly_the_plugins_tables(storage: Storage, tmp_path: Path) -> None:
    before = tables(storage)
    step(tmp_path / "one", "0001", OWN.replace("stats_hours", "job_stats_hours"))
    await migrate_plugin(storage, "job-stats", tmp_path / "one")
    assert await purge_plugin(storage, "job-stats") == ("alembic_version_job_stats", "job_stats_hours")
    assert tables(storage) == before


async def test_purge_leaves_the_tables_of_a_plugin_whose_name_begins_alike(storage: Storage, tmp_path: Path) -> None:
    step(tmp_path / "one", "0001", OWN.replace("stats_hours", "job_stats_hours"))
    step(tmp_path / "two", "0001", OWN.replace("stats_hours", "job_hours"))
    await migrate_plugin(storage, "job-stats", tmp_path / "one")
    await migrate_plugin(storage, "job", tmp_path / "two")
    assert set(await purge_plugin(storage, "job")) == {"job_hours", "alembic_version_job"}
    assert {"job_stats_hours", "alembic_version_job_stats"} <= tables(storage).keys()


async def test_purge_forgets_how_far_the_plugin_has_read(storage: Storage) -> None:
    async with storage.write() as session:
        await session.events.set_cursor("stats", 7)
    await purge_plugin(storage, "stats")
    async with storage.read() as session:
        assert await session.events.cursor("stats") == 0


async def test_an_up_to_date_plugin_costs_no_import_of_alembic(storage: Storage, tmp_path: Path) -> None:
    step(tmp_path / "migrations", "0001", OWN)
    step(tmp_path / "migrations", "0002", MORE, down="0001")
    await migrate_plugin(storage, "stats", tmp_path / "migrations")
    (tmp_path / "migrations" / "0001.py").write_text("revision = '0001'  # and then nothing that could run")
    await migrate_plugin(storage, "stats", tmp_path / "migrations")


async def test_a_plugin_that_is_named_like_a_core_table_owns_none_of_ours(storage: Storage) -> None:
    assert await purge_plugin(storage, "event") == ()
    assert await purge_plugin(storage, "fair") == ()
    assert "fair_clock" in tables(storage)


@pytest.mark.timeout(120)
async def test_migrations_are_in_the_wheel(tmp_path: Path) -> None:
    framework = Path(__file__).parents[3] / "framework"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=framework
    )
    assert await process.wait() == 0
    (wheel,) = await asyncio.to_thread(lambda: list(tmp_path.glob("*.whl")))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"fetchgram/storage/migrations/env.py", "fetchgram/storage/migrations/versions/0001_first.py"} <= names
