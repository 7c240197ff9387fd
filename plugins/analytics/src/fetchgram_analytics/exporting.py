"""The numbers and the pictures as files: CSV, JSON and PNG in a folder."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from fetchgram.api import Context, PluginDatabase
from fetchgram_analytics.charts.asked import View
from fetchgram_analytics.charts.atlas import CHARTS, DASHBOARD, sheet
from fetchgram_analytics.dates import Level, Place
from fetchgram_analytics.painter import Painter
from fetchgram_analytics.periods import PERIODS, Period
from fetchgram_analytics.settings import Settings
from fetchgram_analytics.summing import Summing
from fetchgram_analytics.tables import days

_COLUMNS = ("date", "what", "plugin", "detail", "n", "amount")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_DAYS = 120
"""More are shown by months."""


async def export(context: Context, settings: Settings, since: date | None, folder: Path) -> list[Path]:
    """Write the dashboard, every chart and the sums of each day; returns the files.

    Args:
        context: Of the plugin.
        settings: Zone and theme.
        since: The first day; 30 days back by default.
        folder: Made if it is not there.
    """
    place = Place(settings.timezone)
    painter = Painter(context, settings, Summing(context.database, place))
    today = date.fromordinal(place.now(context.clock.now()).day)
    first = since or today - timedelta(days=29)
    view = View(period=_period(first, today))
    asked = await painter.asked(view, "en")
    rows = await sums_since(context.database, first)
    await asyncio.to_thread(_write, folder, rows)
    written = [folder / "days.csv", folder / "days.json"]
    for name in (DASHBOARD, *CHARTS):
        one = await painter.asked(View(chart=name, period=view.period), asked.locale)
        path = folder / f"{name}.png"
        await painter.draw(await sheet(one, settings.theme), path)
        written.append(path)
    return written


async def sums_since(database: PluginDatabase, since: date) -> list[dict[str, Any]]:
    """Return the sums of each day since then; days of `active…` that are still to come are none."""
    order = (days.c.at, days.c.what, days.c.plugin, days.c.detail)
    async with database.read() as transaction:
        found = await transaction.execute(select(days).where(days.c.at >= since.toordinal()).order_by(*order))
        rows = found.mappings().all()
    return [{"date": date.fromordinal(row["at"]).isoformat(), **{k: row[k] for k in _COLUMNS[1:]}} for row in rows]


def _period(first: date, today: date) -> Period:
    """Return the period that begins on that day: of days, or of months when they are many."""
    count = (today - first).days + 1
    known = next((each for each in PERIODS if each.level is Level.DAY and each.count == count), None)
    if known is not None:
        return known
    if 1 <= count <= _MOST_DAYS:
        return Period("since", Level.DAY, count)
    months = (today.year - first.year) * 12 + today.month - first.month + 1
    return Period("since", Level.MONTH, max(1, months))


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _own(folder / "days.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    _own(folder / "days.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def _own(path: Path) -> Path:
    """Make a file in place of an older one that only its owner may read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path


def _cell(value: object) -> object:
    # A spreadsheet runs what begins with one of these as a formula (owasp.org/www-community/attacks/CSV_Injection).
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
