"""Recording: events as rows, each once however often it comes; nothing is computed here, so that nobody waits long."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its "on conflict" is SQLite's too

from fetchgram.api import Event, Json, Transaction
from fetchgram_analytics.histogram import size_class, slot_name
from fetchgram_analytics.tables import active, events, marks, tastes, zones

DELIVERED = "job.delivered"
FORGOTTEN = "person.forgotten"
RECORDED = frozenset(
    {
        *("person.new", "person.back", "request.accepted", "request.probed", "request.failed"),
        *("job.queued", "job.begun", "job.stage", DELIVERED, "delivery.failed", "delivery.uncertain"),
        *("plugin.paused", "broadcast.done"),
    }
)
"""Events that something is drawn of."""

_DETAILS = ("kind", "reason", "stage", "language")
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_INSERT = insert(events).on_conflict_do_nothing(index_elements=[events.c.event_id])
_FORGET = (
    update(events).where(events.c.person == bindparam("who")).values(person=None),
    delete(active).where(active.c.person == bindparam("who")),
    delete(tastes).where(tastes.c.person == bindparam("who")),
    delete(zones).where(zones.c.person == bindparam("who")),
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
            elif event.name in RECORDED and (at_ms := (event.at - _EPOCH) // _MS) >= known["too_late_ms"]:
                rows.append(self._row(event, at_ms, known["salt"]))
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
        # Apart: most events are no files, and columns that are not named cost nothing.
        files = [row for row in rows if row["name"] == DELIVERED]
        others = [row for row in rows if row["name"] != DELIVERED]
        for some in (others, files):
            if some:
                await transaction.execute(_INSERT, some)

    def _row(self, event: Event, at_ms: int, salt: int) -> dict[str, object]:
        data, name, took_ms = event.data, event.name, _ms(event.data.get("seconds", event.data.get("waited_s")))
        detail = _detail(name, data)
        row: dict[str, object] = {
            "event_id": event.id,
            "at_ms": at_ms,
            "name": name,
            "person": None if event.person is None else self.person(event.person, salt),
            "plugin": event.plugin or "",
            "detail": detail,
            "size_bytes": data.get("size_bytes"),
            "took_ms": took_ms,
            "took_slot": slot_name(took_ms),
        }
        return row | _of_a_file(data, detail) if name == DELIVERED else row


def _detail(name: str, data: Mapping[str, Json]) -> str:
    if name == "broadcast.done":
        # Their first letters tell them apart, and so five numbers fit.
        return ",".join(f"{key[0]}={count}" for key, count in sorted(data.items()) if count)
    if name == "delivery.uncertain":
        return "uncertain"
    return next((str(data[key]) for key in _DETAILS if data.get(key)), "")


def _of_a_file(data: Mapping[str, Json], kind: str) -> dict[str, object]:
    size_bytes, send_ms = cast("int", data.get("size_bytes") or 0), _ms(data.get("send_s"))
    return {
        "quality": _quality(kind, data.get("height_px")),
        "route": data.get("route") or "",
        "cached": int(bool(data.get("cached"))),
        "size_bytes": size_bytes,
        "size_class": size_class(size_bytes),
        "send_ms": send_ms,
        "send_slot": slot_name(send_ms),
    }


def _quality(kind: str, height_px: Json) -> str:
    """Name a choice by what people would: its lines, or what it is."""
    return f"{height_px}p" if kind == "video" and height_px else kind


async def marks_of(transaction: Transaction, *, hold: bool = False) -> dict[str, int]:
    """Return how far everything has come; with `hold` nobody else moves it until the transaction ends."""
    statement = select(marks.c.name, marks.c.value).order_by(marks.c.name)
    rows = await transaction.execute(statement.with_for_update() if hold else statement)
    return {str(row.name): int(row.value) for row in rows}


def _ms(seconds: Json) -> int:
    return round(seconds * 1000) if isinstance(seconds, int | float) else 0
