"""The durable transitions: read from the code, and watched for in the database from outside."""

from __future__ import annotations

import ast
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fetchgram

_LOOK_EVERY_S = 0.001
_WRITERS = frozenset({"_record", "_update"})
"""The functions of the route that write an event in the transaction of a change."""
_OTHERS = ("inbox.pending", "inbox.handled", "ledger.sending", "ledger.unsent", "ledger.sent", "job.running")
"""Changes that have no event: an update is stored or done with, a send is announced or recorded, a job is claimed."""


def transitions() -> tuple[str, ...]:
    """Return the names of all durable transitions: every event that the code records, and the changes without one."""
    found: set[str] = set()
    for path in Path(fetchgram.__file__).parent.glob("pipeline/*.py"):
        found |= set(_recorded(ast.parse(path.read_text(encoding="utf-8"))))
    if not found:
        raise RuntimeError("no event is recorded any more by the functions that are looked for")
    return (*sorted(found), *_OTHERS)


def _recorded(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITERS:
            yield from (
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )


class Watch:
    """Looks at the database a thousand times a second, as a second process would, and names what was committed.

    Args:
        path: The database.
        seen: Called in the watching thread with each transition.
    """

    def __init__(self, path: Path, seen: Callable[[str], None]) -> None:
        self._path = path
        self._seen = seen
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._before: dict[str, int] = {}
        self._last_event = 0

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(self._path)) as database:
                self._look_on(database)
            time.sleep(0.05)

    def _look_on(self, database: sqlite3.Connection) -> None:
        version = -1
        while not self._end.wait(_LOOK_EVERY_S):
            (now,) = database.execute("PRAGMA data_version").fetchone()
            if now != version:
                version = now
                for name in self._changes(database):
                    self._seen(name)

    def _changes(self, database: sqlite3.Connection) -> list[str]:
        found = database.execute("SELECT id, name FROM events WHERE id > ? ORDER BY id", (self._last_event,)).fetchall()
        names = [name for _, name in found]
        if found:
            self._last_event = found[-1][0]
        counts = {
            **{f"inbox.{state}": count for state, count in _counted(database, "inbox", "state")},
            **{f"ledger.{state}": count for state, count in _counted(database, "ledger", _LEDGER_STATE)},
            "job.running": database.execute("SELECT coalesce(sum(lease), 0) FROM jobs").fetchone()[0],
        }
        names += [name for name, count in counts.items() if count > self._before.get(name, 0) and name in _OTHERS]
        self._before = counts
        return names


_LEDGER_STATE = "json_extract(value, '$.state')"


def _counted(database: sqlite3.Connection, table: str, column: str) -> list[tuple[str, int]]:
    return database.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1").fetchall()


def connect(path: Path) -> sqlite3.Connection:
    """Open the bot's database to look at it."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5, isolation_level=None, check_same_thread=False)
