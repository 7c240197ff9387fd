"""Looks at how everything is, by itself, and tells admins when that changes; never the same twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Json, Text, text
from fetchgram.ops.health import run_checks
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.screens import Checked, Health, HealthCheck, HealthReport
from fetchgram.storage import Storage
from fetchgram.storage.vitals import ProcessState

log = structlog.get_logger()

TOLD = "health.told:"
TICK_S = 15.0
_SILENT_S = 180.0
_RISING = (Health.OK, Health.WARNING, Health.FAILING)


@dataclass(slots=True)
class _Record:
    """What one check found last.

    Args:
        checked: That.
        at_s: When, by a clock that only rises.
        since_s: Since when it is so.
        patience_s: How long a warning must last before it is told.
        was: Health of the look before: only what two looks agree on is told.
    """

    checked: Checked
    at_s: float
    since_s: float
    patience_s: float
    was: Health | None = None

    @property
    def is_sure(self) -> bool:
        """Whether two looks agree."""
        return self.was is self.checked.report.health

    @property
    def is_due(self) -> bool:
        """Whether admins may hear of it: a processor that has much to do for a while is no trouble."""
        is_warning = self.checked.report.health is Health.WARNING
        return self.is_sure and not (is_warning and self.at_s - self.since_s < self.patience_s)

    @classmethod
    def of(cls, checked: Checked, check: HealthCheck, now_s: float, before: _Record | None) -> _Record:
        """Build it after the one before."""
        was = None if before is None else before.checked.report.health
        since_s = before.since_s if before is not None and was is checked.report.health else now_s
        return cls(checked, now_s, since_s, check.patience_s, was)


class HealthWatch:
    """Runs checks when they are due.

    Args:
        name: Of this process, the same after a restart.
        checks: Names them; asked each time, since plugins come and go.
        storage: Remembers what was told, and what each process finds.
        own: Names of the checks that each process makes for itself; the one that talks to people shows all of them.
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
        own: Collection[str] = (),
    ) -> None:
        self._own = own
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
                await self.share()
            except FetchgramError as error:
                log.warning("health.no_database", error=repr(error))
            await self._clock.sleep(TICK_S)

    async def look(self, *, afresh: bool = False) -> list[Checked]:
        """Run what is due, or all of them, and return what all of them found last."""
        async with self._one_at_a_time:
            checks, now_s = await self._checks(), self._clock.monotonic()
            due = [check for check in checks if afresh or self._is_due(check, now_s)]
            by_name = {check.name: check for check in due}
            for found in await run_checks(due):
                before = self._records.get(found.name)
                self._records[found.name] = _Record.of(found, by_name[found.name], now_s, before)
            names = [check.name for check in checks]
            self._records = {name: self._records[name] for name in names if name in self._records}
            return [record.checked for record in self._records.values()]

    async def share(self) -> None:
        """Say how this process is, for the one that shows it."""
        if not self._own or not self._storage.database.is_shared:
            return
        mine = [self._records[name].checked for name in self._own if name in self._records]
        async with self._storage.write() as session:
            await session.vitals.put(self._name, mine)

    async def others(self) -> list[Checked]:
        """Return how the other processes are, a line for each; of one that is silent, since when."""
        if not self._storage.database.is_shared:
            return []
        async with self._storage.read() as session:
            return [_process(state, session.now) for state in await session.vitals.others(self._name)]

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
            name: str(record.checked.report.health if record.is_due else told.get(name, Health.OK))
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
        return record.is_due and str(record.checked.report.health) != (told or Health.OK)


def _process(state: ProcessState, now: datetime) -> Checked:
    """Put together what a process says of itself: the worst of its lights, the first half of each sentence."""
    silent_s = (now - state.at).total_seconds()
    name = f"process {state.name}"
    if silent_s > _SILENT_S:
        detail = f"says nothing for {silent_s / 60:.0f} min; one that was stopped is forgotten after a day"
        return Checked(name=name, report=HealthReport(health=Health.WARNING, detail=detail))
    worst = max((checked.report.health for checked in state.checks), key=_RISING.index, default=Health.OK)
    told = " · ".join(checked.report.detail.partition(";")[0] for checked in state.checks)
    return Checked(name=name, report=HealthReport(health=worst, detail=told))


def _sentence(checked: Checked) -> Text:
    return text(f"health-{checked.report.health.value}", name=checked.name, detail=checked.report.detail)
