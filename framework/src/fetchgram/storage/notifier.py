"""Short messages between the processes of many machines: LISTEN and NOTIFY.

They are news, never state: one that is lost, because somebody was not connected at that moment, is made up for by what
is in the tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import func, select

from fetchgram.errors import FetchgramError
from fetchgram.storage.database import Database
from fetchgram.storage.postgres import ANSWER_S, PostgresDatabase
from fetchgram.storage.unbroken import unbroken

log = structlog.get_logger()

_QUIET_S = 20.0
_REST_S = 1.0


def open_notifier(database: Database) -> Notifier:
    """Return a notifier over this database, which must be PostgreSQL."""
    if not isinstance(database, PostgresDatabase):
        raise TypeError(f"{database.name} carries no messages")
    return Notifier(database)


class Notifier:
    """Says and hears short texts on named channels.

    Args:
        database: Carries them; a connection of its own listens.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._ears: dict[str, Callable[[str], Awaitable[None]]] = {}
        self.listens = asyncio.Event()
        """Set while somebody who speaks is heard."""

    def on(self, channel: str, hear: Callable[[str], Awaitable[None]]) -> None:
        """Let a function hear a channel; before `run`."""
        self._ears[channel] = hear

    async def say(self, channel: str, payload: str) -> None:
        """Say something to all who listen now, this process too.

        Raises:
            TemporarilyUnavailable: If the database does not answer.
        """
        async with self._database.write() as connection:
            await unbroken(connection.execute(select(func.pg_notify(channel, payload))))

    async def run(self) -> None:
        """Listen until cancelled; a connection that breaks is made anew."""
        while True:
            try:
                async with await self._database.connect() as connection:
                    await self._listen(connection)
            except (psycopg.Error, FetchgramError, TimeoutError) as error:
                log.warning("notifier.not_connected", error=repr(error))
            finally:
                self.listens.clear()
            await asyncio.sleep(_REST_S)

    async def _listen(self, connection: psycopg.AsyncConnection[object]) -> None:
        for channel in self._ears:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self.listens.set()
        while True:
            async for message in connection.notifies(timeout=_QUIET_S):
                await self._hear(message.channel, message.payload)
            # The other side of a cut network is quiet as well.
            async with asyncio.timeout(ANSWER_S):
                await connection.execute("SELECT 1")

    async def _hear(self, channel: str, payload: str) -> None:
        try:
            await self._ears[channel](payload)
        except Exception as error:  # one message that cannot be read must not stop the others
            log.error("notifier.not_heard", channel=channel, error=repr(error), exc_info=error)
