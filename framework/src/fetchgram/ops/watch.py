"""Looks at how everything is, by itself, and tells admins when that changes; never the same twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Json, Text, text
from fetchgram.ops.health import run_checks
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.screens import Checked, Health, HealthCheck
from fetchgram.storage import Storage

log = structlog.get_logger()

TOLD = "health.told:"
TICK_S = 15.0


@dataclass(slots=True)
class _Record:
    """What one check found last.

    Args:
        checked: That.
        at_s: When, by a clock that only rises.
        was: Health of the look before: only what two looks agree on is told.
    """

    checked: Checked
    at_s: float
    was: Health | None = None

    @property
    def is_sure(self) -> bool:
        """Whether two looks agree."""
        return self.was is self.checked.report.health


class HealthWatch:
    """Runs checks when they are due.

    Args:
        name: Of this process, the same after a restart.
        checks: Names them; asked each time, since plugins come and go.
        storage: Remembers what was told.
        notify: Tells the admins.
        clock: Time.
    """

    def __init__(
        self,
        *,
        name: str,
        checks: Callable[[], Awaitable[Sequence[HealthCheck]]],
        storage: Storage,
        notify: NotifyAdmins,
        clock: Clock,
    ) -> None:
        self._name = name
        self._checks = checks
        self._storage = storage
        self._notify = notify
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
                await self.tell()
            except FetchgramError as error:
                log.warning("health.no_database", error=repr(error))
            await self._clock.sleep(TICK_S)

    async def look(self, *, afresh: bool = False) -> list[Checked]:
        """Run what is due, or all of them, and return what all of them found last."""
        async with self._one_at_a_time:
            checks, now_s = await self._checks(), self._clock.monotonic()
            due = [check for check in checks if afresh or self._is_due(check, now_s)]
            for found in await run_checks(due):
                before = self._records.get(found.name)
                was = None if before is None else before.checked.report.health
                self._records[found.name] = _Record(found, now_s, was)
            names = [check.name for check in checks]
            self._records = {name: self._records[name] for name in names if name in self._records}
            return [record.checked for record in self._records.values()]

    async def tell(self) -> None:
        """Tell the admins what changed since they were told last, once, however often this process starts."""
        key = f"{TOLD}{self._name}"
        async with self._storage.read() as session:
            kept = (await session.overrides.get_all()).get(key)
        told: Mapping[str, Json] = kept if isinstance(kept, dict) else {}
        records = dict(self._records)  # somebody may look while admins are told
        for name, record in records.items():
            if self._is_news(record, told.get(name)):
                await self._notify(_sentence(record.checked))
        trouble: dict[str, Json] = {
            name: str(record.checked.report.health if record.is_sure else told.get(name, Health.OK))
            for name, record in records.items()
        }
        trouble = {name: health for name, health in trouble.items() if health != Health.OK}
        if trouble != told:
            async with self._storage.write() as session:
                await (session.overrides.set(key, trouble) if trouble else session.overrides.drop(key))

    def _is_due(self, check: HealthCheck, now_s: float) -> bool:
        record = self._records.get(check.name)
        # What is new is looked at once more, soon: a moment is no change.
        return record is None or not record.is_sure or now_s >= record.at_s + check.every_s

    def _is_news(self, record: _Record, told: Json) -> bool:
        return record.is_sure and str(record.checked.report.health) != (told or Health.OK)


def _sentence(checked: Checked) -> Text:
    return text(f"health-{checked.report.health.value}", name=checked.name, detail=checked.report.detail)
