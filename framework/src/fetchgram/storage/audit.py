"""The audit log: who changed what with the powers of an admin; written with the change, never deleted."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import JSON, BigInteger, Column, Index, RowMapping, String, Table, Text, insert, select

from fetchgram.model.audit import AuditEntry, Facts
from fetchgram.storage.columns import Instant, serial
from fetchgram.storage.tables import metadata
from fetchgram.storage.transaction import Transaction

audit = Table(
    "audit",
    metadata,
    Column("id", serial(), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Index("ix_audit_target", "target", "id"),
    sqlite_autoincrement=True,
)


class AuditStore:
    """The audit log in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def add(self, bot_id: int, actor: str, action: str, target: str, before: Facts, after: Facts) -> int:
        """Write down a change; returns its number."""
        values = {"at": self._tx.now, "bot_id": bot_id, "actor": actor, "action": action, "target": target}
        statement = insert(audit).values(**values, before=_plain(before), after=_plain(after)).returning(audit.c.id)
        return await self._tx.integer(statement)

    async def page(
        self, bot_id: int, limit: int, *, before: int | None = None, target: str | None = None
    ) -> list[AuditEntry]:
        """Return the newest changes that concern a bot, of one target if it is named.

        Args:
            bot_id: Its own changes, and those that concern all bots.
            limit: Most entries.
            before: Only what is older than this number.
            target: As it was written down.
        """
        statement = select(audit).where(audit.c.bot_id.in_([0, bot_id])).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.id < before)
        if target is not None:
            statement = statement.where(audit.c.target == target)
        return [_entry(row) for row in await self._tx.rows(statement)]


def _plain(facts: Facts) -> object:
    return dict(facts) if isinstance(facts, Mapping) else facts


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(**row)
