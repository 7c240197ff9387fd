from __future__ import annotations

import csv
from pathlib import Path

from fetchgram.model import Person
from fetchgram.storage import TABLES, Storage, export


async def _people(storage: Storage, *names: str) -> None:
    async with storage.write() as session:
        for number, name in enumerate(names):
            await session.people.seen(Person(bot_id=1, id=number, first_name=name))


async def test_every_table_that_may_be_exported_can_be(storage: Storage, tmp_path: Path) -> None:
    for table in TABLES:
        assert await export(storage, table, tmp_path / f"{table}.csv") == 0


async def test_rows_come_newest_first_with_their_names(storage: Storage, tmp_path: Path) -> None:
    await _people(storage, "Ada", "Bob", "Carol")
    path = tmp_path / "people.csv"
    assert await export(storage, "people", path) == 3
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["first_name"] for row in rows] == ["Carol", "Bob", "Ada"]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_large_table_comes_in_parts_and_ends_at_the_bound(storage: Storage, tmp_path: Path) -> None:
    await _people(storage, *"abcdefg")
    path = tmp_path / "people.csv"
    assert await export(storage, "people", path, most=5, at_once=2) == 5
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["first_name"] for row in csv.DictReader(file)] == list("gfedc")


async def test_no_cell_is_a_formula(storage: Storage, tmp_path: Path) -> None:
    await _people(storage, "=HYPERLINK(1)")
    await export(storage, "people", tmp_path / "people.csv")
    assert "'=HYPERLINK(1)" in (tmp_path / "people.csv").read_text(encoding="utf-8")
