from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fetchgram.api import Event
from fetchgram_analytics.exporting import export

from .conftest import NOW, Desk

pytestmark = pytest.mark.timeout(180)

NAMES = ("=1+1", "+1", "-1", "@sum", "\tx", "\rx", "en")


async def test_numbers_are_the_owners_alone_replace_older_ones_and_run_as_no_formula(
    desk: Desk, tmp_path: Path
) -> None:
    for number, name in enumerate(NAMES, start=1):
        await desk.tell(Event(name="person.new", at=NOW, person=number, data={"language": name}, id=number))
    (tmp_path / "days.csv").write_text("old")
    (tmp_path / "days.csv").chmod(0o644)
    written = await export(desk.context, desk.settings, (NOW - timedelta(days=3)).date(), tmp_path)
    assert {path.name for path in written} >= {"days.csv", "days.json", "dashboard.png", "files.png"}
    with (tmp_path / "days.csv").open(newline="", encoding="utf-8") as file:
        told = [row["detail"] for row in csv.DictReader(file) if row["what"] == "new"]
    assert sorted(told) == sorted([*(f"'{name}" for name in NAMES[:-1]), "en"])
    rows = json.loads((tmp_path / "days.json").read_text())
    assert {row["detail"] for row in rows if row["what"] == "new"} == set(NAMES)
    assert {path.stat().st_mode & 0o777 for path in written[:2]} == {0o600}
    assert {row["n"] for row in rows if row["what"] == "new"} == {1}


async def test_days_before_the_first_are_not_in_it(desk: Desk, tmp_path: Path) -> None:
    for number, days in enumerate((0, 2, 3), start=1):
        await desk.tell(Event(name="request.accepted", at=NOW - timedelta(days=days), person=1, id=number))
    await export(desk.context, desk.settings, (NOW - timedelta(days=2)).date(), tmp_path)
    rows = json.loads((tmp_path / "days.json").read_text())
    assert [row["date"] for row in rows if row["what"] == "link"] == ["2026-11-23", "2026-11-25"]
