"""What is known of the accounts on all machines, and who uses each one now: a table in the bot's database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Float, Integer, MetaData, Row, Table, Text, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its "on conflict" is SQLite's too

from fetchgram.api import PluginDatabase, Transaction
from fetchgram_instagram.health import Health

LEASE_S = 30.0
"""So long an account is out of use when whoever used it died; everybody else renews it long before."""

accounts = Table(
    "instagram_accounts",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("used", JSON, nullable=False),
    Column("rests_until", Float, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("ended", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("held_until", Float, nullable=False),
)
_UNKNOWN = {"used": [], "rests_until": 0.0, "strikes": 0, "ended": "", "holder": "", "held_until": 0.0}


@dataclass(frozen=True, slots=True)
class Known:
    """How the accounts are at a moment.

    Args:
        now: In seconds since 1970, by the database's clock.
        health: By name; of an account that nothing is known of there is none.
    """

    now: float
    health: Mapping[str, Health]

    def of(self, name: str) -> Health:
        """Return how one is."""
        return self.health.get(name, Health())


class AccountTable:
    """Health and leases of all accounts; each call is a transaction.

    Args:
        database: Of the plugin.
    """

    def __init__(self, database: PluginDatabase) -> None:
        self._database = database

    async def read(self) -> Known:
        """Return what is known."""
        async with self._database.read() as transaction:
            rows = await transaction.execute(select(accounts))
            return Known(_seconds(transaction.now), {row.name: _health(row) for row in rows})

    async def take(self, name: str, holder: str, per_hour: int) -> int | None:
        """Lease an account.

        Args:
            name: Of the account.
            holder: Whose it is from now on, until it is given back or not renewed.
            per_hour: Most requests in an hour.

        Returns:
            How many requests it may send; `None` if somebody else uses it, or nobody may.
        """
        async with self._held(name) as (transaction, row):
            now, health = _seconds(transaction.now), _health(row)
            if row.held_until > now or not health.may_ask(per_hour, now):
                return None
            await _set(transaction, name, holder=holder, held_until=now + LEASE_S)
            return health.left(per_hour, now)

    async def renew(self, name: str, holder: str) -> bool:
        """Keep an account for longer; `False` when it is somebody else's by now."""
        async with self._held(name) as (transaction, row):
            if row.holder != holder:
                return False
            await _set(transaction, name, held_until=_seconds(transaction.now) + LEASE_S)
            return True

    async def give_back(self, name: str, holder: str, after: Callable[[Health, float], Health]) -> Health:
        """End a lease, and write down how the account is after it.

        Args:
            name: Of the account.
            holder: Whose it was; who has it by now keeps it.
            after: Turns how it was, and the time, into how it is.
        """
        async with self._held(name) as (transaction, row):
            health = after(_health(row), _seconds(transaction.now))
            free = {"holder": "", "held_until": 0.0} if row.holder == holder else {}
            await _set(transaction, name, **_columns(health), **free)
            return health

    async def forget(self, name: str) -> None:
        """Know nothing of an account any more."""
        async with self._database.write() as transaction:
            await transaction.execute(delete(accounts).where(accounts.c.name == name))

    @asynccontextmanager
    async def _held(self, name: str) -> AsyncIterator[tuple[Transaction, Row[Any]]]:
        """Give the row of an account, made if it is missing; nobody else changes it meanwhile."""
        async with self._database.write() as transaction:
            await transaction.execute(insert(accounts).values(name=name, **_UNKNOWN).on_conflict_do_nothing())
            found = await transaction.execute(select(accounts).where(accounts.c.name == name).with_for_update())
            yield transaction, found.one()


async def _set(transaction: Transaction, name: str, **columns: object) -> None:
    await transaction.execute(update(accounts).where(accounts.c.name == name).values(**columns))


def _health(row: Row[Any]) -> Health:
    return Health(used=tuple(row.used), rests_until=row.rests_until, strikes=row.strikes, ended=row.ended)


def _columns(health: Health) -> dict[str, object]:
    known = {"rests_until": health.rests_until, "strikes": health.strikes, "ended": health.ended}
    return {"used": list(health.used), **known}


def _seconds(at: datetime) -> float:
    return at.timestamp()
