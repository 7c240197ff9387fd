from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.api import API_VERSION, Context, SettingsModel, hookimpl
from fetchgram.openings import open_context, open_plugins
from fetchgram.settings import Settings

FIRST = """
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True))
"""

pytestmark = pytest.mark.timeout(120)


def plugin_with_table(folder: Path, name: str, table: str) -> type:
    """A plugin that remembers whether it was started."""
    folder = folder / name
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST.format(table=table))

    class Plugin:
        api_version = API_VERSION
        Settings = SettingsModel
        migrations = folder
        started = False

        def __init__(self, settings: SettingsModel, context: Context | None) -> None:
            self._context = context

        @hookimpl
        async def startup(self) -> None:
            assert self._context is not None
            async with self._context.database.read():
                type(self).started = True

    Plugin.name = name  # type: ignore[attr-defined]  # the class is made here
    return Plugin


async def test_tables_are_there_before_startup_and_a_failure_takes_only_that_plugin_out(tmp_path: Path) -> None:
    good, bad = plugin_with_table(tmp_path, "good", "good_x"), plugin_with_table(tmp_path, "bad", "jobs_of_mine")
    settings = Settings(data_dir=tmp_path / "data", plugins={"only": ("good", "bad")})
    async with open_plugins(settings, builtins=(bad, good), warm=False, detects=False) as plugins:
        rows = {row.name: (str(row.state), row.error or "") for row in plugins.hooks.statuses()}
    assert rows["good"] == ("active", "")
    assert rows["bad"][0] == "failed"
    assert "'bad_'" in rows["bad"][1]
    assert (good.started, bad.started) == (True, False)  # type: ignore[attr-defined]  # the classes above


async def test_a_command_opens_the_database_only_when_it_uses_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    async with open_context(settings, "youtube") as context:
        assert not (tmp_path / "data" / "fetchgram.db").exists()
        async with context.database.read():
            assert (tmp_path / "data" / "fetchgram.db").exists()
