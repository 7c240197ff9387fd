"""Whose session may be used next: one child at a time, in turn, within their rates, and not while they rest.

Leases are rows in the bot's database, so that they hold on all machines. A lock on a file besides keeps off who works
with another database on this one (`fetchgram get`).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from fetchgram.api import Clock, FetchgramError, Json, PluginDatabase, TemporarilyUnavailable, text
from fetchgram_instagram.account_table import LEASE_S, AccountTable, Known
from fetchgram_instagram.finds import Refusal
from fetchgram_instagram.health import VISITOR, Health
from fetchgram_instagram.session_files import SessionFiles
from fetchgram_instagram.settings import Settings

log = structlog.get_logger()

_JITTER = 0.25
_LOOK_S = 0.1
_RENEW_S = LEASE_S / 4
_SURE_S = LEASE_S * 3 / 4
"""So long after it was renewed last, a lease that cannot be renewed is surely still one's own."""


class _InUse(Exception):
    """All accounts that may be used are in use."""


@dataclass(slots=True)
class Lease:
    """An account that nobody else uses meanwhile; whoever has it says how it went.

    Args:
        name: `VISITOR` for none.
        budget: Requests that it may send.
        holder: Whose it is.
        path: Of its session.
        lock: The open file that keeps others of this machine off.
        asked: How many it did send.
        refusal: What it was told instead of an answer.
        ended: Why its session has ended; empty while it lives. Known when the lease is over.
    """

    name: str
    budget: int
    holder: str = ""
    path: Path | None = None
    lock: int | None = None
    asked: int = 0
    refusal: Refusal | None = None
    ended: str = ""

    @property
    def session(self) -> Json:
        """What a child needs of it: where the session is, never what is in it."""
        return {"name": self.name, "path": str(self.path)} if self.path else None


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts, and the visitor.

    Args:
        folder: Of the plugin.
        database: Of the plugin.
        settings: Rates.
        clock: Time.
        chance: Between 0 and 1.
    """

    folder: Path
    database: PluginDatabase
    settings: Settings
    clock: Clock
    chance: Callable[[], float] = field(default=random.random)

    @property
    def sessions(self) -> SessionFiles:
        """Return the sessions."""
        return SessionFiles(self.folder / "sessions")

    async def health(self) -> Mapping[str, Health]:
        """Return what is known of each account that has a session on this machine."""
        names, known = await asyncio.to_thread(self.sessions.names), await self._table.read()
        return {name: known.of(name) for name in names}

    async def keep(self, name: str, cookies: Mapping[str, str]) -> None:
        """Keep the session of somebody who has logged in, and forget how the last one ended.

        Raises:
            ConfigError: If these are not the cookies of somebody who is logged in.
        """
        await asyncio.to_thread(self.sessions.keep, name, cookies)
        await self._table.forget(name)

    async def forget(self, name: str) -> bool:
        """Remove a session and what is known of its account; returns whether there was one."""
        await self._table.forget(name)
        return await asyncio.to_thread(self.sessions.forget, name)

    async def wait_s(self, names: Sequence[str]) -> float | None:
        """Return how long it is until one of these may be used; `None` if none of them ever may."""
        known = await self._table.read()
        living = [name for name in names if not known.of(name).ended and self._per_hour(name) > 0]
        ready = [known.of(name).ready_at(self._per_hour(name), known.now) for name in living]
        return max(0.0, min(ready) - known.now) if ready else None

    @asynccontextmanager
    async def lease(self, names: Sequence[str], *, patience_s: float) -> AsyncIterator[Lease | None]:
        """Give the one of these that has rested longest; `None` if none may be used.

        Args:
            names: Accounts, or the visitor.
            patience_s: How long to wait for one that somebody else is using.

        Raises:
            TemporarilyUnavailable: If the lease cannot be held any longer; what is done with it is cancelled.
        """
        lease = await self._acquire(names, self.clock.monotonic() + patience_s)
        if lease is None:
            yield None
            return
        try:
            async with asyncio.TaskGroup() as group:
                heartbeat = group.create_task(self._hold(lease))
                yield lease
                heartbeat.cancel()
        except ExceptionGroup as failures:
            first = failures.exceptions[0]
            raise first from first.__cause__
        finally:
            await self._end(lease)

    async def _acquire(self, names: Sequence[str], until: float) -> Lease | None:
        while True:
            try:
                return await self._take(names)
            except _InUse:
                if self.clock.monotonic() >= until:
                    return None
            await self.clock.sleep(_LOOK_S)

    async def _take(self, names: Sequence[str]) -> Lease | None:
        """Return a lease; `None` if none of these may be used.

        Raises:
            _InUse: If those that may be are in use.
        """
        known = await self._table.read()
        ready = [name for name in names if known.of(name).may_ask(self._per_hour(name), known.now)]
        for name in sorted(ready, key=lambda name: max(known.of(name).used, default=0.0)):
            lease = self._visit(known) if name == VISITOR else await self._try(name)
            if lease is not None:
                return lease
        if ready:
            raise _InUse
        return None

    def _visit(self, known: Known) -> Lease:
        return Lease(name=VISITOR, budget=known.of(VISITOR).left(self._per_hour(VISITOR), known.now))

    async def _try(self, name: str) -> Lease | None:
        """Return a lease of this one, unless somebody else was faster."""
        lock = await asyncio.to_thread(self._lock, name)
        if lock is None:
            return None
        holder, budget = secrets.token_hex(8), None
        try:
            budget = await self._table.take(name, holder, self._per_hour(name))
        finally:
            if budget is None:
                os.close(lock)
        if budget is None:
            return None
        return Lease(name=name, budget=budget, holder=holder, path=self.sessions.path(name), lock=lock)

    async def _hold(self, lease: Lease) -> None:
        """Renew a lease until cancelled.

        Raises:
            TemporarilyUnavailable: If it may be somebody else's by now.
        """
        renewed_s = self.clock.monotonic()
        while lease.holder:
            await self.clock.sleep(_RENEW_S)
            try:
                is_ours = await self._table.renew(lease.name, lease.holder)
                renewed_s = self.clock.monotonic()
            except FetchgramError as error:
                log.warning("instagram.not_renewed", account=lease.name, error=repr(error))
                is_ours = self.clock.monotonic() - renewed_s < _SURE_S
            if not is_ours:
                raise TemporarilyUnavailable("the lease of the account is lost", told=text("instagram-unreachable"))

    async def _end(self, lease: Lease) -> None:
        """Write down how it went, and let others have the account."""

        def after(before: Health, now: float) -> Health:
            first_rest_s, chance = self.settings.cool_down_s, _JITTER * self.chance()
            return before.after(lease.asked, lease.refusal, now=now, first_rest_s=first_rest_s, chance=chance)

        try:
            lease.ended = (await self._table.give_back(lease.name, lease.holder, after)).ended
        finally:
            if lease.lock is not None:
                os.close(lease.lock)

    def _lock(self, name: str) -> int | None:
        """Take the lock of an account; `None` when somebody else has it."""
        folder = self.folder / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    @property
    def _table(self) -> AccountTable:
        return AccountTable(self.database)

    def _per_hour(self, name: str) -> int:
        return self.settings.visitor_requests_per_hour if name == VISITOR else self.settings.requests_per_hour
