from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.errors import ConfigError
from fetchgram.storage.engines import is_shared, open_engine
from fetchgram.storage.postgres import PostgresDatabase
from fetchgram.storage.sqlite import SqliteDatabase


@pytest.mark.parametrize(
    ("url", "name"),
    [(None, "fetchgram.db"), ("sqlite:///{}/a/bot.db", "a/bot.db"), ("sqlite+aiosqlite:///{}/bot.db", "bot.db")],
)
async def test_the_default_is_a_file_in_the_data_folder(tmp_path: Path, url: str | None, name: str) -> None:
    database = await open_engine(url and url.format(tmp_path), tmp_path)
    assert isinstance(database, SqliteDatabase)
    assert database.path == tmp_path / name
    assert not database.is_shared
    await database.close()


def test_only_a_server_can_be_shared() -> None:
    assert is_shared("postgresql://bot@db.invalid/bot")
    assert not is_shared(None)
    assert not is_shared("sqlite:///bot.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
async def test_the_scheme_picks_the_engine_and_nothing_is_asked_of_the_server_yet(tmp_path: Path, scheme: str) -> None:
    database = await open_engine(f"{scheme}://bot:hunter2@db.invalid/bot", tmp_path)
    assert isinstance(database, PostgresDatabase)
    assert database.is_shared
    assert database.name == "the database 'bot' on db.invalid"
    await database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("fetchgram.db", "is no URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://bot:hunter2@db/bot", "'mysql' is not supported"),
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_with_a_sentence_and_without_its_password(
    tmp_path: Path, url: str, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        await open_engine(url, tmp_path)
    assert "hunter2" not in str(caught.value)
