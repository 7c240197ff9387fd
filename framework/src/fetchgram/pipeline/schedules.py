"""Periodic work: the plugins' schedules and the core's own house-keeping; when each ran last survives a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from fetchgram.errors import DiskFull, TemporarilyUnavailable
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.screens import Schedule
from fetchgram.storage import Storage

log = structlog.get_logger()

CORE = "core"
_DAY_S = 86_400.0
_KEEP_UPDATES = timedelta(days=2)
"""Telegram keeps updates for a day; twice that is enough to see what happened."""

_KEEP_EVENTS = timedelta(days=90)
_REST_S = 60.0


class Schedules:
    """Runs what is due.

    Args:
        storage: Remembers when each ran.
        hooks: The plugins.
        clock: Time.
    """

    def __init__(self, storage: Storage, hooks: Hooks, clock: Clock) -> None:
        self._storage = storage
        self._hooks = hooks
        self._clock = clock

    async def run(self) -> None:
        """Run schedules until cancelled; one that fails is logged and comes again."""
        async with asyncio.TaskGroup() as group:
            for owner, schedule in (*self._own(), *await self._hooks.schedules()):
                group.create_task(self._keep(owner, schedule))

    async def run_once(self, owner: str, schedule: Schedule) -> None:
        """Do the work now and remember it; an error of the work is logged, never raised."""
        try:
            await schedule.work()
        except Exception as error:  # a plugin's periodic work must not stop the others
            log.error("schedule.failed", plugin=owner, schedule=schedule.name, error=repr(error), exc_info=error)
        async with self._storage.write() as session:
            await session.overrides.set(_key(owner, schedule), self._clock.now().isoformat())

    async def clean_up(self) -> None:
        """Remove what nobody needs any more: expired cache rows and menus, old updates and events."""
        now = self._clock.now()
        async with self._storage.write() as session:
            removed = {
                "cache": await session.cache.prune(now),
                "menus": await session.menus.prune(now),
                "inbox": await session.inbox.prune(now - _KEEP_UPDATES),
                "events": await session.events.prune(now - _KEEP_EVENTS),
            }
        log.info("house.cleaned", **removed)

    def _own(self) -> Sequence[tuple[str, Schedule]]:
        return ((CORE, Schedule(name="clean-up", every_s=_DAY_S, work=self.clean_up)),)

    async def _keep(self, owner: str, schedule: Schedule) -> None:
        while True:
            try:
                await self._clock.sleep(await self._until_due_s(owner, schedule))
                await self.run_once(owner, schedule)
            except (DiskFull, TemporarilyUnavailable) as error:
                log.warning("schedule.no_database", plugin=owner, schedule=schedule.name, error=repr(error))
                await self._clock.sleep(_REST_S)

    async def _until_due_s(self, owner: str, schedule: Schedule) -> float:
        async with self._storage.read() as session:
            last = (await session.overrides.get_all()).get(_key(owner, schedule))
        if not isinstance(last, str):
            return 0.0
        due = datetime.fromisoformat(last) + timedelta(seconds=schedule.every_s)
        return max(0.0, (due - self._clock.now()).total_seconds())


def _key(owner: str, schedule: Schedule) -> str:
    return f"schedule:{owner}:{schedule.name}"
