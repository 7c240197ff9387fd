"""Periodic work: the plugins' schedules and the core's own house-keeping; when each ran last survives a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.screens import Schedule
from fetchgram.storage import Storage

log = structlog.get_logger()

CORE = "core"
_REST_S = 60.0


class Schedules:
    """Runs what is due.

    Args:
        storage: Remembers when each ran.
        hooks: The plugins.
        clock: Time.
        own: Of the core.
    """

    def __init__(self, storage: Storage, hooks: Hooks, clock: Clock, *, own: Sequence[Schedule] = ()) -> None:
        self._storage = storage
        self._own = tuple(own)
        self._hooks = hooks
        self._clock = clock

    async def run(self) -> None:
        """Run schedules until cancelled; one that fails is logged and comes again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_all(CORE, self._own))
            group.create_task(self._hooks.roster.attend(lambda: self._hooks.active("schedules"), self._serve))

    async def _serve(self, plugin: str) -> None:
        await self._keep_all(plugin, [schedule for owner, schedule in await self._hooks.schedules() if owner == plugin])

    async def _keep_all(self, owner: str, schedules: Sequence[Schedule]) -> None:
        async with asyncio.TaskGroup() as group:
            for schedule in schedules:
                group.create_task(self._keep(owner, schedule))

    async def run_once(self, owner: str, schedule: Schedule) -> None:
        """Do the work now and remember it; an error of the work is logged, never raised."""
        try:
            await schedule.work()
        except Exception as error:  # a plugin's periodic work must not stop the others
            log.error("schedule.failed", plugin=owner, schedule=schedule.name, error=repr(error), exc_info=error)
        async with self._storage.write() as session:
            await session.overrides.set(_key(owner, schedule), self._clock.now().isoformat())

    async def _keep(self, owner: str, schedule: Schedule) -> None:
        while True:
            try:
                await self._clock.sleep(await self._until_due_s(owner, schedule))
                await self.run_once(owner, schedule)
            except FetchgramError as error:
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
