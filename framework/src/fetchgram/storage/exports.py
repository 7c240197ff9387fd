"""Tables as CSV: some thousand rows at a time, the newest first, so that the largest one takes no memory."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table, select, tuple_

from fetchgram.model import Word, encode
from fetchgram.storage.audit import audit
from fetchgram.storage.storage import Storage
from fetchgram.storage.tables import cache, chats, deliveries, events, jobs, people, requests

TABLES: dict[str, Table] = {
    table.name: table for table in (people, chats, requests, jobs, deliveries, events, cache, audit)
}
"""What may be exported; the others hold nothing that anybody would count."""

MOST_ROWS = 200_000


async def export(storage: Storage, table: str, path: Path, *, most: int = MOST_ROWS, at_once: int = 2_000) -> int:
    """Write the newest rows of a table into a file and return how many there are.

    Args:
        storage: Where they are.
        table: One of `TABLES`.
        path: Of the file, which only its owner may read.
        most: Rows at most.
        at_once: Rows that are held in memory.
    """
    source, count, last = TABLES[table], 0, None
    keys = list(source.primary_key.columns)
    columns = [column.name for column in source.columns]
    await asyncio.to_thread(_begin, path, columns)
    while count < most:
        statement = select(source).order_by(*(key.desc() for key in keys)).limit(min(at_once, most - count))
        if last is not None:
            # A row value of one column is no row value to SQLite.
            before = keys[0] < last[0] if len(keys) == 1 else tuple_(*keys) < tuple_(*last)
            statement = statement.where(before)
        async with storage.read() as session:
            rows = (await session.execute(statement)).mappings().all()
        if not rows:
            break
        await asyncio.to_thread(_add, path, [[_cell(row[name]) for name in columns] for row in rows])
        count, last = count + len(rows), [rows[-1][key.name] for key in keys]
    return count


def _begin(path: Path, columns: Sequence[str]) -> None:
    """Make the file in place of older ones: a table is sent, not kept."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in path.parent.glob("*.csv"):
        old.unlink(missing_ok=True)
    path.touch(mode=0o600)
    _add(path, [columns])


def _add(path: Path, lines: Sequence[Sequence[object]]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Word):
        value = encode(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    # A spreadsheet runs what begins with one of these as a formula (owasp.org/www-community/attacks/CSV_Injection).
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
