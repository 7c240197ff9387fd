"""The durable transitions: read from the code, and watched for in the database from outside."""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fetchgram

from .databases import NO_LOOK, Database, Look

_LOOK_EVERY_S = 0.001
_WRITERS = frozenset({"_record", "_update", "of_request", "of_job"})
"""The functions of the route that make an event, which is written in the transaction of a change."""
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


def _recorded(tree: ast.Module) -> Iterator[str]:
    constants = {name: value for statement in tree.body for name, value in _constant(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITERS:
            yield from (text for argument in node.args if (text := _text(argument)) is not None)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Event":
            names = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            yield from (constants[name.id] for name in names if isinstance(name, ast.Name) and name.id in constants)


def _constant(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(statement, ast.Assign) and (text := _text(statement.value)) is not None:
        yield from ((target.id, text) for target in statement.targets if isinstance(target, ast.Name))


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


class Watch:
    """Looks at the database up to a thousand times a second and names what was committed, and by which process.

    Args:
        database: Where to look.
        seen: Called in the watching thread with each transition, and the number of the process whose job it is about
            (`None` for what is about no running job).
    """

    def __init__(self, database: Database, seen: Callable[[str, int | None], None]) -> None:
        self._database = database
        self._seen = seen
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._before: dict[str, int] = {}
        self._last_event = 0
        self._workers: dict[int, int] = {}
        self._sender: int | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            with contextlib.suppress(*NO_LOOK), self._database.look() as look:
                self._look_on(look)
            self._end.wait(0.05)

    def _look_on(self, look: Look) -> None:
        version: object = None
        while not self._end.wait(_LOOK_EVERY_S):
            if (now := look.version()) != version:
                version = now
                for name, pid in self._changes(look):
                    self._seen(name, pid)

    def _changes(self, look: Look) -> list[tuple[str, int | None]]:
        events = look.rows(f"SELECT id, name, job_id FROM events WHERE id > {self._last_event} ORDER BY id")
        if events:
            self._last_event = events[-1][0]
        running = look.rows("SELECT id, lease, worker, stage FROM jobs WHERE state = 'running'")
        self._workers |= {job: pid_of(worker) for job, _, worker, _ in running}
        self._sender = next((pid_of(worker) for _, _, worker, stage in running if stage == "deliver"), self._sender)
        counts = {
            **{f"inbox.{state}": count for state, count in _counted(look, "inbox", "state")},
            **{f"ledger.{state}": count for state, count in _counted(look, "ledger", self._database.ledger_state)},
            "job.running": int(look.rows("SELECT coalesce(sum(lease), 0) FROM jobs")[0][0]),
        }
        found = [(name, self._workers.get(job)) for _, name, job in events]
        grown = [name for name, count in counts.items() if count > self._before.get(name, 0) and name in _OTHERS]
        newest = max(running, default=None, key=lambda row: row[0])
        found += [(name, self._whose(name, pid_of(newest[2]) if newest else None)) for name in grown]
        self._before = counts
        return found

    def _whose(self, name: str, newest: int | None) -> int | None:
        if name.startswith("ledger."):
            return self._sender
        return newest if name == "job.running" else None


def pid_of(worker: str) -> int:
    """Return the number of the process that a worker's name in a lease says."""
    return int(worker.split(":")[2])


def _counted(look: Look, table: str, column: str) -> list[tuple[str, int]]:
    return [(state, count) for state, count in look.rows(f"SELECT {column}, count(*) FROM {table} GROUP BY 1")]
