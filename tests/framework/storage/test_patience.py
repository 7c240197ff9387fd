from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.storage import Patience, reach

from .conftest import StoppedClock


async def test_each_pause_is_twice_as_long_up_to_ten_seconds_and_the_limit_ends_it() -> None:
    clock = StoppedClock()
    patience, began, away = Patience(60, clock), clock.monotonic(), TemporarilyUnavailable("away")
    pauses = []
    while clock.monotonic() - began < 60:
        before = clock.monotonic()
        await patience.after(away)
        pauses.append(clock.monotonic() - before)
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10, 10, 10, 4.5]
    with pytest.raises(TemporarilyUnavailable) as given_up:
        await patience.after(away)
    assert given_up.value is away


async def test_without_a_limit_the_first_failure_is_the_end() -> None:
    with pytest.raises(TemporarilyUnavailable):
        await Patience(0, StoppedClock()).after(TemporarilyUnavailable("away"))


async def test_a_database_that_would_take_something_is_reached_and_not_written(url: str | None, tmp_path: Path) -> None:
    await reach(url, tmp_path)
    await reach(url, tmp_path)
    found = await asyncio.to_thread(lambda: [path.stat().st_size for path in tmp_path.glob("*.db*")])
    assert found == ([0] if url is None else [])


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_file_that_another_process_holds_is_not_reached(url: str | None, tmp_path: Path) -> None:
    await reach(url, tmp_path)
    with closing(sqlite3.connect(tmp_path / "fetchgram.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporarilyUnavailable, match="locked by another process"):
            await reach(url, tmp_path)
    await reach(url, tmp_path)


@pytest.mark.parametrize("engine", ["postgres"])
async def test_a_server_that_is_away_is_waited_for_and_a_name_that_is_wrong_is_not(url: str, tmp_path: Path) -> None:
    nowhere = f"postgresql://fetchgram@/x?host={tmp_path}"
    with pytest.raises(TemporarilyUnavailable, match="cannot be reached"):
        await reach(nowhere, tmp_path)
    with pytest.raises(ConfigError, match="does not let us in"):
        await reach(url.replace("/test_", "/no_test_"), tmp_path)
