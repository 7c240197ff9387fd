"""Rows whose number nobody waits for: on SQLite they go to the thread with the next statement, or with the commit.

A trip to the connection's thread costs more than the INSERT; an event stands beside every transition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from fetchgram.storage import sqlite_driver

_DIALECT = sqlite.dialect()


class _Insert(NamedTuple):
    """An INSERT of all these columns, and how a value of each is written."""

    sql: str
    writers: tuple[tuple[str, Callable[[Any], Any]], ...]


def note(connection: AsyncConnection, insert: Insert, row: Mapping[str, object]) -> bool:
    """Note a row on a connection that can take it along; returns whether it does.

    Args:
        connection: In a transaction.
        insert: Without values of its own, built once.
        row: The same columns each time.
    """
    pooled = connection.sync_connection
    driver = pooled.connection.driver_connection if pooled is not None else None
    if not sqlite_driver.takes_notes(driver):
        return False
    statement = _statement(insert, tuple(row))
    driver.note(statement.sql, tuple(write(row[name]) for name, write in statement.writers))
    return True


@lru_cache(maxsize=8)
def _statement(insert: Insert, names: tuple[str, ...]) -> _Insert:
    compiled = insert.compile(dialect=_DIALECT, column_keys=list(names))
    writers = tuple((name, _writer(insert, name)) for name in compiled.positiontup or ())
    return _Insert(str(compiled), writers)


def _writer(insert: Insert, name: str) -> Callable[[Any], Any]:
    return insert.table.c[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT) or _as_it_is


def _as_it_is(value: object) -> object:
    return value
