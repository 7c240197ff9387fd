"""What admins changed at run time, over the configuration file."""

from __future__ import annotations

from sqlalchemy import delete, select

from fetchgram.model import Json
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import overrides
from fetchgram.storage.transaction import Transaction


class OverrideStore:
    """Overrides in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def get_all(self) -> dict[str, Json]:
        """Return every override by its key."""
        rows = await self._tx.rows(select(overrides.c.key, overrides.c.value).order_by(overrides.c.key))
        return {row["key"]: row["value"] for row in rows}

    async def set(self, key: str, value: Json) -> None:
        """Store an override in place of an earlier one."""
        new = {"value": value, "changed_at": self._tx.now}
        statement = insert_into(overrides).values(key=key, **new)
        await self._tx.run(statement.on_conflict_do_update(index_elements=[overrides.c.key], set_=new))

    async def drop(self, key: str) -> None:
        """Go back to the configuration."""
        await self._tx.run(delete(overrides).where(overrides.c.key == key))
