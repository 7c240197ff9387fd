from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fetchgram.errors import ConfigError
from fetchgram.model import Person
from fetchgram.storage import back_up, open_storage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_a_copy_has_the_people_and_no_secret(tmp_path: Path, migrated: Path) -> None:
    shutil.copy(migrated, tmp_path)
    storage = await open_storage(None, tmp_path)
    async with storage.write() as session:
        await session.people.seen(Person(bot_id=1, id=7, first_name="Ada"))
        await session.overrides.set("secret:site", {"key": "hunter2"})
        await session.overrides.set("plugin:site", {"enabled": False})
        await session.menus.ask(1, 7, 7, "site", "typed", {"secret": "hunter2"}, NOW + timedelta(days=999))
        await session.inbox.add(1, 5, '{"message": {"text": "hunter2"}}')
    path = await back_up(storage, tmp_path / "backups", NOW)
    async with storage.write() as session:  # the bot goes on
        await session.people.seen(Person(bot_id=1, id=8, first_name="Bob"))
    await storage.close()
    assert path.name == "fetchgram-20260102-030405.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT first_name FROM people").fetchall() == [("Ada",)]
        assert copy.execute("SELECT count(*) FROM asks").fetchone() == (0,)
        assert copy.execute("SELECT key FROM overrides").fetchall() == [("plugin:site",)]
    assert b"hunter2" not in path.read_bytes()


async def test_the_last_three_stay(tmp_path: Path, migrated: Path) -> None:
    shutil.copy(migrated, tmp_path)
    storage = await open_storage(None, tmp_path)
    made = [await back_up(storage, tmp_path / "backups", NOW + timedelta(seconds=n)) for n in range(4)]
    await storage.close()
    assert sorted((tmp_path / "backups").iterdir()) == made[1:]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_postgresql_is_copied_by_its_own_tool(migrated_url: str, tmp_path: Path) -> None:
    storage = await open_storage(migrated_url, tmp_path)
    with pytest.raises(ConfigError) as refusal:
        await back_up(storage, tmp_path, NOW)
    await storage.close()
    assert refusal.value.text.key == "backup-postgres"
