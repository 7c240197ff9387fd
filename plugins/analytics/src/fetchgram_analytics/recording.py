"""Recording: events as rows, each once however often it comes; nothing is computed here, so that nobody waits long."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its "on conflict" is SQLite's too

from fetchgram.api import Event, Json, Transaction
from fetchgram_analytics.tables import active, events, marks, tastes

FORGOTTEN = "person.forgotten"
RECORDED = frozenset(
    {
        *("person.new", "person.back", "request.accepted", "request.probed", "request.failed"),
        *("job.queued", "job.begun", "job.stage", "job.delivered", "delivery.failed", "delivery.uncertain"),
        *("plugin.paused", "broadcast.done"),
    }
)
"""Events that something is drawn of."""

_DETAILS = ("kind", "reason", "stage", "language")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSERT = insert(events).on_conflict_do_nothing(index_elements=[events.c.event_id])
_FORGET = (
    update(events).where(events.c.person == bindparam("who")).values(person=None),
    delete(active).where(active.c.person == bindparam("who")),
    delete(tastes).where(tastes.c.person == bindparam("who")),
)


class Recorder:
    """Writes events down.

    Args:
        hash_ids: Whether people's ids are kept as hashes only.
    """

    def __init__(self, *, hash_ids: bool) -> None:
        self._hash_ids = hash_ids

    async def record(self, batch: Sequence[Event], transaction: Transaction) -> None:
        """Write a batch down; what is there already stays as it is."""
        known = await marks_of(transaction)
        rows: list[dict[str, object]] = []
        for event in batch:
            if event.name == FORGOTTEN and event.person is not None:
                await self._insert(rows, transaction)
                rows = []
                await self._forget(event.person, known["salt"], transaction)
            elif event.name in RECORDED and _ms_of(event) >= known["too_late_ms"]:
                rows.append(self._row(event, known["salt"]))
        await self._insert(rows, transaction)

    def person(self, person: int, salt: int) -> int:
        """Return how a person is called in the tables."""
        if not self._hash_ids:
            return person
        key = salt.to_bytes(8, "big")
        digest = hashlib.blake2b(str(person).encode(), digest_size=8, key=key).digest()
        return int.from_bytes(digest, "big") >> 1

    async def _forget(self, person: int, salt: int, transaction: Transaction) -> None:
        # As number and as hash: the setting may have changed meanwhile.
        for name in {person, self.person(person, salt)}:
            for statement in _FORGET:
                await transaction.execute(statement, {"who": name})

    async def _insert(self, rows: Sequence[Mapping[str, object]], transaction: Transaction) -> None:
        if rows:
            await transaction.execute(_INSERT, rows)

    def _row(self, event: Event, salt: int) -> dict[str, object]:
        data = event.data
        row: dict[str, object] = {
            "event_id": event.id,
            "at_ms": _ms_of(event),
            "name": event.name,
            "person": None if event.person is None else self.person(event.person, salt),
            "plugin": event.plugin or "",
            "detail": next((str(data[key]) for key in _DETAILS if data.get(key)), ""),
            "height_px": data.get("height_px"),
            "route": data.get("route"),
            "cached": data.get("cached"),
            "size_bytes": data.get("size_bytes"),
            "took_ms": _ms(data.get("seconds", data.get("waited_s"))),
            "send_ms": _ms(data.get("send_s")),
        }
        if event.name == "broadcast.done":
            # Their first letters tell them apart, and so five numbers fit.
            row["detail"] = ",".join(f"{key[0]}={count}" for key, count in sorted(data.items()) if count)
        return row


async def marks_of(transaction: Transaction, *, hold: bool = False) -> dict[str, int]:
    """Return how far everything has come; with `hold` nobody else moves it until the transaction ends."""
    statement = select(marks.c.name, marks.c.value).order_by(marks.c.name)
    rows = await transaction.execute(statement.with_for_update() if hold else statement)
    return {str(row.name): int(row.value) for row in rows}


def _ms_of(event: Event) -> int:
    return round((event.at - _EPOCH).total_seconds() * 1000)


def _ms(seconds: Json) -> int | None:
    return round(seconds * 1000) if isinstance(seconds, int | float) else None
