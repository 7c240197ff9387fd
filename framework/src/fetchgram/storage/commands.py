"""What other processes ask the running one to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from fetchgram.model import Json
from fetchgram.storage.tables import PENDING, commands
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommand:
    """One command; `result` is there once `done`."""

    id: int
    name: str
    args: Mapping[str, Json]
    done: bool
    result: Json


class CommandStore:
    """Commands in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, name: str, args: Mapping[str, Json]) -> int:
        """Ask for something; returns the number under which the result will stand."""
        values = {"name": name, "args": dict(args), "state": "pending", "created_at": self._tx.now}
        return await self._tx.integer(insert(commands).values(**values).returning(commands.c.id))

    async def waiting(self) -> bool:
        """Whether there is anything to take; a read, so that asking often holds nobody up."""
        return await self._tx.row(select(commands.c.id).where(PENDING).limit(1)) is not None

    async def take(self, limit: int) -> list[StoredCommand]:
        """Take the oldest ones that nobody has taken."""
        oldest = select(commands.c.id).where(PENDING).order_by(commands.c.id).limit(limit)
        oldest = oldest.with_for_update(skip_locked=True)
        statement = update(commands).where(commands.c.id.in_(oldest)).values(state="taken").returning(commands.c.id)
        ids = sorted(row["id"] for row in await self._tx.rows(statement))
        return [command for command in [await self.get(id_) for id_ in ids] if command is not None]

    async def requeue(self) -> int:
        """Put back what was taken and never done, after the one who took it has died; returns how many."""
        return await self._tx.run(update(commands).where(commands.c.state == "taken").values(state="pending"))

    async def done(self, command_id: int, result: Json) -> None:
        """Record the result."""
        values = {"state": "done", "result": result, "done_at": self._tx.now}
        await self._tx.run(update(commands).where(commands.c.id == command_id).values(**values))

    async def result(self, command_id: int) -> Json:
        """Return the result, `None` as long as there is none."""
        command = await self.get(command_id)
        return None if command is None else command.result

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some of those that were done before this; returns how many."""
        return await self._tx.delete_some(commands, commands.c.done_at < before, limit=limit)

    async def get(self, command_id: int) -> StoredCommand | None:
        """Return a command, or `None`."""
        row = await self._tx.row(select(commands).where(commands.c.id == command_id))
        if row is None:
            return None
        return StoredCommand(
            id=row["id"], name=row["name"], args=row["args"], done=row["state"] == "done", result=row["result"]
        )
