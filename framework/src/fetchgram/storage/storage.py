"""The storage: transactions whose stores speak our words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from fetchgram.ports import Clock
from fetchgram.storage import migrate as migrations
from fetchgram.storage.access import AccessStore
from fetchgram.storage.audit import AuditStore
from fetchgram.storage.broadcast_sends import SendStore
from fetchgram.storage.broadcasts import BroadcastStore
from fetchgram.storage.cache import CacheStore
from fetchgram.storage.commands import CommandStore
from fetchgram.storage.database import Database
from fetchgram.storage.deliveries import DeliveryStore
from fetchgram.storage.directory import PeopleDirectory
from fetchgram.storage.engines import open_engine
from fetchgram.storage.entries import EntryStore
from fetchgram.storage.events import EventStore
from fetchgram.storage.figures import FigureStore
from fetchgram.storage.forgetting import ForgettingStore
from fetchgram.storage.hints import HintStore
from fetchgram.storage.inbox import InboxStore
from fetchgram.storage.items import ItemStore
from fetchgram.storage.jobs import JobStore
from fetchgram.storage.leases import LeaseStore
from fetchgram.storage.line import LineStore
from fetchgram.storage.live import LiveStore
from fetchgram.storage.menus import MenuStore
from fetchgram.storage.overrides import OverrideStore
from fetchgram.storage.people import PeopleStore
from fetchgram.storage.recipients import RecipientStore
from fetchgram.storage.requests import RequestStore
from fetchgram.storage.slices import SliceStore
from fetchgram.storage.stories import StoryStore
from fetchgram.storage.transaction import Parameters, Transaction
from fetchgram.storage.vitals import VitalStore


async def open_storage(url: str | None, data_dir: Path, *, clock: Clock | None = None, migrate: bool = True) -> Storage:
    """Open the database, made and brought up to date if need be.

    Args:
        url: Setting `database.url`: its scheme picks the engine; `None` takes `fetchgram.db` in the data folder.
        data_dir: The data folder.
        clock: Time; the system's by default.
        migrate: Whether to bring the schema up to date.

    Raises:
        ConfigError: If it cannot be opened, made or written, or is no database.
        TemporarilyUnavailable: If its server cannot be reached.
        SchemaTooNew: If a later version wrote it.
    """
    storage = Storage(await open_engine(url, data_dir), clock=clock)
    try:
        if migrate:
            await storage.migrate()
        else:
            await migrations.check(storage.database)
    except BaseException:
        await storage.close()
        raise
    return storage


class Session:
    """One transaction; every store works on the same one.

    Args:
        transaction: Ended by `Storage`.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.inbox = InboxStore(transaction)
        self.people = PeopleStore(transaction)
        self.requests = RequestStore(transaction)
        self.entries = EntryStore(transaction)
        self.jobs = JobStore(transaction)
        self.items = ItemStore(transaction)
        self.deliveries = DeliveryStore(transaction)
        self.cache = CacheStore(transaction)
        self.events = EventStore(transaction)
        self.menus = MenuStore(transaction)
        self.commands = CommandStore(transaction)
        self.overrides = OverrideStore(transaction)
        self.leases = LeaseStore(transaction)
        self.hints = HintStore(transaction)
        self.vitals = VitalStore(transaction)
        self.forgetting = ForgettingStore(transaction)
        self.audit = AuditStore(transaction)
        self.broadcasts = BroadcastStore(transaction)
        self.recipients = RecipientStore(transaction)
        self.sends = SendStore(transaction)
        self.slices = SliceStore(transaction)
        self.directory = PeopleDirectory(transaction)
        self.access = AccessStore(transaction)
        self.line = LineStore(transaction)
        self.stories = StoryStore(transaction)
        self.live = LiveStore(transaction)
        self.figures = FigureStore(transaction)

    @property
    def now(self) -> datetime:
        """When the transaction began."""
        return self._transaction.now

    async def driver(self) -> object:
        """Return the driver's own connection, for a part that speaks to it inside this transaction."""
        return await self._transaction.driver()

    async def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[Any]:
        """Execute a statement that belongs to no store."""
        return await self._transaction.execute(statement, parameters)


class Storage:
    """Everything that must survive.

    Args:
        database: Closed by `close`.
        clock: Time; the system's by default.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self.database = database
        self._clock: Callable[[], datetime] = clock.now if clock is not None else _now

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        """Open a transaction that may write: on disk when the block ends, as if it never was when the block raises.

        Raises:
            DiskFull: If there is no room.
            TemporarilyUnavailable: If another process holds the database for long.
        """
        async with self.database.write() as connection:
            yield Session(self._transaction(connection))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """Open a snapshot that waits for no writer; a write in it is refused."""
        async with self.database.read() as connection:
            yield Session(self._transaction(connection))

    async def schema(self) -> str:
        """Return the revision that the database has, empty before the first migration."""
        return await migrations.revision(self.database)

    async def migrate(self) -> None:
        """Bring the schema up to date.

        Raises:
            SchemaTooNew: If a later version wrote it.
        """
        await migrations.upgrade(self.database)

    async def close(self) -> None:
        """Close every connection and end their threads."""
        await self.database.close()

    def _transaction(self, connection: AsyncConnection) -> Transaction:
        database = self.database
        return Transaction(connection, lambda: self._clock() + database.skew, is_shared=database.is_shared)


def _now() -> datetime:
    return datetime.now(UTC)
