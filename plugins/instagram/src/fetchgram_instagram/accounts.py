"""Whose session may be used next: one child at a time, in turn, within their rates, and not while they rest.

Leases are locks on files: they hold between all processes of this machine, and end with the process that holds them.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fetchgram.api import Clock, Json
from fetchgram_instagram.finds import Refusal
from fetchgram_instagram.health import VISITOR, Health, HealthFile
from fetchgram_instagram.session_files import SessionFiles
from fetchgram_instagram.settings import Settings

_JITTER = 0.25
_LOOK_S = 0.1


class _InUse(Exception):
    """All accounts that may be used are in use."""


@dataclass(slots=True)
class Lease:
    """An account that nobody else uses meanwhile; whoever has it says how it went.

    Args:
        name: `VISITOR` for none.
        budget: Requests that it may send.
        path: Of its session.
        lock: The open file that keeps others off.
        asked: How many it did send.
        refusal: What it was told instead of an answer.
        ended: Why its session has ended; empty while it lives. Known when the lease is over.
    """

    name: str
    budget: int
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
        settings: Rates.
        clock: Time.
        chance: Between 0 and 1.
    """

    folder: Path
    settings: Settings
    clock: Clock
    chance: Callable[[], float] = field(default=random.random)

    @property
    def sessions(self) -> SessionFiles:
        """Return the sessions."""
        return SessionFiles(self.folder / "sessions")

    def health(self) -> Mapping[str, Health]:
        """Return what is known of each account that has a session."""
        known = self._known.read()
        return {name: known.get(name, Health()) for name in self.sessions.names()}

    def keep(self, name: str, cookies: Mapping[str, str]) -> None:
        """Keep the session of somebody who has logged in, and forget how the last one ended.

        Raises:
            ConfigError: If these are not the cookies of somebody who is logged in.
        """
        self.sessions.keep(name, cookies)
        with self._known.change() as known:
            known.pop(name, None)

    def wait_s(self, names: Sequence[str]) -> float | None:
        """Return how long it is until one of these may be used; `None` if none of them ever may."""
        known, now = self._known.read(), self._now()
        states = {name: known.get(name, Health()) for name in names}
        living = {name: each for name, each in states.items() if not each.ended and self._per_hour(name) > 0}
        ready = [each.ready_at(self._per_hour(name), now) for name, each in living.items()]
        return max(0.0, min(ready) - now) if ready else None

    @asynccontextmanager
    async def lease(self, names: Sequence[str], *, patience_s: float) -> AsyncIterator[Lease | None]:
        """Give the one of these that has rested longest; `None` if none may be used.

        Args:
            names: Accounts, or the visitor.
            patience_s: How long to wait for one that somebody else is using.
        """
        lease = await self._acquire(names, self.clock.monotonic() + patience_s)
        try:
            yield lease
        finally:
            if lease is not None:
                await asyncio.to_thread(self._end, lease)

    async def _acquire(self, names: Sequence[str], until: float) -> Lease | None:
        while True:
            try:
                return await asyncio.to_thread(self._take, names)
            except _InUse:
                if self.clock.monotonic() >= until:
                    return None
            await self.clock.sleep(_LOOK_S)

    def _take(self, names: Sequence[str]) -> Lease | None:
        """Return a lease; `None` if none of these may be used.

        Raises:
            _InUse: If those that may be are in use.
        """
        known, now = self._known.read(), self._now()
        states = {name: known.get(name, Health()) for name in names}
        ready = [name for name, each in states.items() if self._may_be_used(name, each, now)]
        for name in sorted(ready, key=lambda name: max(states[name].used, default=0.0)):
            budget = states[name].left(self._per_hour(name), now)
            if name == VISITOR:
                return Lease(name=name, budget=budget)
            lock = self._lock(name)
            if lock is not None:
                return Lease(name=name, budget=budget, path=self.sessions.path(name), lock=lock)
        if ready:
            raise _InUse
        return None

    def _may_be_used(self, name: str, health: Health, now: float) -> bool:
        per_hour = self._per_hour(name)
        return not health.ended and per_hour > 0 and health.ready_at(per_hour, now) <= now

    def _end(self, lease: Lease) -> None:
        """Write down how it went, and let others have the account."""
        try:
            with self._known.change() as known:
                before = known.get(lease.name, Health())
                known[lease.name] = before.after(
                    lease.asked,
                    lease.refusal,
                    now=self._now(),
                    first_rest_s=self.settings.cool_down_s,
                    chance=_JITTER * self.chance(),
                )
                lease.ended = known[lease.name].ended
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
    def _known(self) -> HealthFile:
        return HealthFile(self.folder / "accounts.json")

    def _per_hour(self, name: str) -> int:
        return self.settings.visitor_requests_per_hour if name == VISITOR else self.settings.requests_per_hour

    def _now(self) -> float:
        return self.clock.now().timestamp()
