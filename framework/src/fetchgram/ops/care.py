"""What looks after a process and the whole bot: health, and what admins set for all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fetchgram.ops.health import lasting_checks
from fetchgram.ops.vitals import OWN, Pulse, Room, Vitals
from fetchgram.ops.watch import HealthWatch
from fetchgram.pipeline.housekeeping import Housekeeping
from fetchgram.pipeline.identity import folder_of, worker_name
from fetchgram.pipeline.run import Runner
from fetchgram.pipeline.upkeep import Upkeep
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.screens import HealthCheck
from fetchgram.settings import MB, DeliverySettings, Settings
from fetchgram.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """The parts of it.

    Args:
        upkeep: What admins set.
        pulse: Of the loop.
        watch: Health.
        housekeeping: Removes what nobody needs.
        data_dir: Where copies and tables are put.
        most_bytes: Largest file that can be sent into a chat by the Bot API.
    """

    upkeep: Upkeep
    pulse: Pulse
    watch: HealthWatch
    housekeeping: Housekeeping
    data_dir: Path
    most_bytes: int

    @classmethod
    def of(  # noqa: PLR0913  # it looks after all of these
        cls,
        settings: Settings,
        *,
        upkeep: Upkeep,
        storage: Storage,
        hooks: Hooks,
        housekeeping: Housekeeping,
        runner: Runner,
        notify: NotifyAdmins,
        clock: Clock,
        talks: bool,
    ) -> Care:
        """Build what looks after a process.

        Args:
            settings: Of everything.
            upkeep: What admins set.
            storage: The database.
            hooks: The plugins, and their checks.
            housekeeping: Removes what nobody needs.
            runner: Has the jobs at work here.
            notify: Tells the admins.
            clock: Time.
            talks: Whether it talks to people, and so says what is one for all processes.
        """
        pulse = Pulse()
        vitals = Vitals(pulse, storage, Room(lambda: len(runner.running), settings.work.jobs))

        async def checks() -> Sequence[HealthCheck]:
            of_plugins = [check for _, check in await hooks.health_checks()]
            of_all = vitals.of_all() if talks else ()
            return [*vitals.of_process(), *of_all, *lasting_checks(settings, hooks.statuses), *of_plugins]

        # Its folder's name, the same after a restart; over a database that is not shared there is one process.
        known_as = folder_of(worker_name(settings.data_dir)).rstrip(":") if storage.database.is_shared else "bot"
        return cls(
            upkeep=upkeep,
            pulse=pulse,
            watch=HealthWatch(name=known_as, checks=checks, storage=storage, notify=notify, clock=clock, own=OWN),
            housekeeping=housekeeping,
            data_dir=settings.data_dir,
            most_bytes=_most_bytes(settings.delivery),
        )

    async def run(self) -> None:
        """Look after everything until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self.upkeep.run, self.pulse.run, self.watch.run):
                group.create_task(work())


def _most_bytes(settings: DeliverySettings) -> int:
    """Return what bots may upload: core.telegram.org/bots/api#sending-files, and #using-a-local-bot-api-server."""
    return int(settings.botapi_max or (2000 * MB if settings.botapi_local else 50 * MB))
