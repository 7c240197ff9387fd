"""House-keeping: what nobody needs any more goes, a little at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from fetchgram.pipeline.workdir import Workdirs
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.screens import Schedule
from fetchgram.settings import WorkSettings
from fetchgram.storage import Session, Storage

log = structlog.get_logger()

_EVERY_S = 3600.0
_KEEP_UPDATES = timedelta(days=2)
"""Telegram keeps updates for a day; twice that is enough to see what happened."""

_KEEP_SENDS = timedelta(days=3)
"""A message can be deleted for two days; what is left of a broadcast after that are its counts."""

_AT_ONCE = 500
"""Rows in one transaction: others write in between."""

_MOST_ROUNDS = 40
"""Of one kind in one go; what is left has its turn the next time."""

_LONGEST = 4
"""In retention times: an observer that is gone for ever holds up no event for longer."""


class Housekeeping:
    """Removes what is old: in the database, and on the disk what no open job owns.

    Args:
        storage: Everything that is kept.
        hooks: Which plugins observe events.
        workdirs: Folders of jobs.
        settings: How long things are kept.
        clock: Time.
    """

    def __init__(
        self, *, storage: Storage, hooks: Hooks, workdirs: Workdirs, settings: WorkSettings, clock: Clock
    ) -> None:
        self._storage = storage
        self._hooks = hooks
        self._workdirs = workdirs
        self._keep = timedelta(days=settings.keep_days)
        self._menu_ttl = timedelta(seconds=settings.menu_ttl_s)
        self._clock = clock

    @property
    def schedule(self) -> Schedule:
        """When it is done; a run that was missed, by a crash too, is made up for at the start."""
        return Schedule(name="clean-up", every_s=_EVERY_S, work=self.clean_up)

    async def clean_up(self) -> Mapping[str, int]:
        """Remove what nobody needs any more; returns how much of what went."""
        now = self._clock.now()
        old = now - self._keep
        removed = {
            "cache": await self._repeat(lambda session: session.cache.prune(now, _AT_ONCE)),
            "menus": await self._repeat(lambda session: session.menus.prune(now, _AT_ONCE)),
            "inbox": await self._repeat(lambda session: session.inbox.prune(now - _KEEP_UPDATES, _AT_ONCE)),
            "expired": await self._repeat(lambda session: session.requests.expire(now - self._menu_ttl, _AT_ONCE)),
            "requests": await self._repeat(lambda session: session.requests.prune(old, _AT_ONCE)),
            "jobs": await self._repeat(lambda session: session.jobs.prune(old, _AT_ONCE)),
            "commands": await self._repeat(lambda session: session.commands.prune(old, _AT_ONCE)),
            "broadcast messages": await self._repeat(lambda session: session.sends.prune(now - _KEEP_SENDS, _AT_ONCE)),
            "broadcast drafts": await self._repeat(lambda session: session.broadcasts.prune(old, _AT_ONCE)),
            "interests": await self._repeat(lambda session: session.recipients.prune(old, _AT_ONCE)),
            "stories": await self._repeat(lambda session: session.stories.prune(old, _AT_ONCE)),
            "events": await self._old_events(),
            "folders": await self.sweep(),
        }
        gone = {what: count for what, count in removed.items() if count}
        log.info("house.cleaned", **gone)
        return gone

    async def sweep(self) -> int:
        """Remove the folders of jobs that ended, those too whose process died before it could."""
        # Listed before it is asked: a job that begins meanwhile has its folder after that.
        there = await self._workdirs.job_ids()
        async with self._storage.read() as session:
            needed = await session.jobs.still_open(there)
        return await self._workdirs.sweep(needed, among=there)

    async def _old_events(self) -> int:
        old = self._clock.now() - self._keep
        ancient = self._clock.now() - self._keep * _LONGEST
        observers = self._hooks.active("on_events")
        async with self._storage.read() as session:
            seen = await session.events.seen_by_all(observers)
        removed = await self._repeat(lambda session: session.events.prune(old, _AT_ONCE, up_to=seen))
        return removed + await self._repeat(lambda session: session.events.prune(ancient, _AT_ONCE))

    async def _repeat(self, prune: Callable[[Session], Awaitable[int]]) -> int:
        total = 0
        for _ in range(_MOST_ROUNDS):
            async with self._storage.write() as session:
                count = await prune(session)
            total += count
            if count < _AT_ONCE:
                break
        return total
