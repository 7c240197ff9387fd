"""Chaos: the real bot among people, while everything goes wrong that can; at the end nobody was forgotten.

    cd tests && python -m chaos.chaos --seed 1 --jobs 40 --seconds 60

The last line is the tally; the exit code says whether all promises were kept.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from fetchgram.provisions import CHILDREN
from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import UNHURRIED
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage

from .machine import Machine, coverage, looking_at
from .people import Asker
from .plan import Plan, make_plan
from .tally import Tally, check_database, reckon
from .transitions import Watch
from .trouble import Troubles

_CONFIG = f"""{UNHURRIED}
[work]
job_timeout_s = 20
stop_s = 3
disk_floor = "2 MB"
[plugins]
hook_timeout_s = 10
detect_timeout_s = 5
breaker_pause_s = 5
[limits]
links_per_minute = 1000
waiting = 1000
jobs_per_hour = 0
jobs_per_day = 0
file_max = "6 MB"
[log]
level = "info"
format = "json"
"""
_DISK_MB = 96
_TICK_S = 0.2
_QUIET_S = 4.0
_PATIENCE_S = 180.0
_ORPHANS_S = 10.0
_LONGEST_S = 3600.0
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000


class Run:
    """One run.

    Args:
        plan: What happens.
        folder: For everything that it needs; its `bot` folder lies on a small disk if `has_disk`.
        has_disk: Whether that disk may be filled.
        clips: Of the media site.
    """

    def __init__(self, plan: Plan, folder: Path, *, has_disk: bool, clips: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.has_disk = has_disk
        self.clips = clips
        self.log = folder / "bot.log"
        self.temporary = folder / "t"

    async def play(self) -> tuple[Tally, Machine, Troubles]:
        """Play the plan to its end and reckon."""
        self.temporary.mkdir(parents=True)
        async with Stage(self.clips, limits=Limits.unhurried()) as stage:
            config = write_config(stage, self.folder / "bot", more=_CONFIG)
            data_dir = config.parent / "data"
            data_dir.mkdir()
            process = BotProcess(config, log=self.log, environ={**os.environ, "TMPDIR": str(self.temporary)})
            machine = Machine(process, data_dir / "fetchgram.db", self.plan.lives)
            troubles = Troubles(self.plan, machine, stage.site, config.parent if self.has_disk else None)
            stage.world.faults.add_rule(troubles.rule)
            askers = self._askers(stage)
            await self._live(machine, troubles, askers)
            tally = await reckon(askers, stage.world, data_dir)
            await self._look_for_remains(tally, machine, data_dir)
            tally.faults += [("problem", problem) for problem in stage.api.problems]
        return tally, machine, troubles

    def _askers(self, stage: Stage) -> list[Asker]:
        number = 1 + max(wish.person for wish in self.plan.wishes)
        users = [stage.world.new_person(f"P{n}") for n in range(number)]
        group = stage.world.new_chat("All of them", users)
        return [Asker(stage, Person(stage.world, users[wish.person]), wish, group) for wish in self.plan.wishes]

    async def _live(self, machine: Machine, troubles: Troubles, askers: list[Asker]) -> None:
        watch = Watch(machine.database, machine.transition)
        watch.start()
        async with asyncio.TaskGroup() as group, asyncio.timeout(_LONGEST_S):
            group.create_task(machine.run())
            while machine.ready_at is None:
                await asyncio.sleep(_TICK_S)
            trouble = group.create_task(troubles.run())
            try:
                await self._until_quiet(machine, trouble, askers)
            finally:
                trouble.cancel()
                watch.stop()
                await machine.stop()

    async def _until_quiet(self, machine: Machine, trouble: asyncio.Task[None], askers: list[Asker]) -> None:
        while machine.clock_s < self.plan.seconds or not trouble.done():
            self._look(machine, askers)
            await asyncio.sleep(_TICK_S)
        machine.calm()
        moved_at = quiet_since = time.monotonic()
        newest = 0
        while time.monotonic() - quiet_since < _QUIET_S and time.monotonic() - moved_at < _PATIENCE_S:
            if self._look(machine, askers) or not _is_quiet(machine):
                quiet_since = time.monotonic()
            # A busy machine may take as long as it likes, as long as things go on.
            if (now := _newest_event(machine)) != newest:
                newest, moved_at = now, time.monotonic()
            await asyncio.sleep(_TICK_S)

    def _look(self, machine: Machine, askers: list[Asker]) -> bool:
        return sum(asker.look(machine.clock_s) for asker in askers) > 0

    async def _look_for_remains(self, tally: Tally, machine: Machine, data_dir: Path) -> None:
        check_database(tally, machine.database)
        until = time.monotonic() + _ORPHANS_S
        while machine.orphans() and time.monotonic() < until:
            await asyncio.sleep(0.1)
        for orphan in machine.orphans():
            tally.blame("orphan", orphan)
        folders = (data_dir / "work", data_dir / CHILDREN, self.temporary)
        remains = [path for folder in folders if folder.exists() for path in folder.iterdir()]
        for path in remains:
            tally.blame("leftover", str(path.relative_to(self.folder)))
        for late in machine.late:
            tally.blame("late", late)
        for fall in machine.falls:
            tally.blame("fall", fall)


def _is_quiet(machine: Machine) -> bool:
    if machine.ready_at is None or machine.pid is None:
        return False
    with looking_at(machine.database) as database:
        (busy,) = database.execute(
            "SELECT (SELECT count(*) FROM requests WHERE state IN ('probing', 'choosing', 'working'))"
            " + (SELECT count(*) FROM jobs WHERE state IN ('queued', 'waiting', 'running'))"
            " + (SELECT count(*) FROM inbox WHERE state = 'pending')"
        ).fetchone()
    return not busy


def _newest_event(machine: Machine) -> int:
    with looking_at(machine.database) as database:
        return int(database.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])


def summary(plan: Plan, tally: Tally, machine: Machine, troubles: Troubles) -> str:
    """Return the tally as one line."""
    ends = ", ".join(f"{count} {end}" for end, count in sorted(tally.ends.items()))
    kinds = ("lost", "silent", "twice", "orphan", "leftover", "database", "late", "fall", "problem")
    faults = ", ".join(f"{kind} {tally.count(kind)}" for kind in kinds)
    reached, missed = coverage(machine)
    slowest_s = max(machine.waits_s, default=0.0)
    start_s = statistics.median(machine.starts_s) if machine.starts_s else 0.0
    return (
        f"chaos seed={plan.seed} seconds={plan.seconds:.0f}: {len(plan.wishes)} wishes: {ends} | {faults} | "
        f"{machine.kills} kills of the bot, at {reached} of {reached + len(missed)} transitions; "
        f"{troubles.done.total()} other troubles | interrupted jobs: {len(machine.waits_s)} went on, the slowest after "
        f"{slowest_s:.1f} s (start-up {start_s:.1f} s) | {'FAILED' if tally.faults else 'ok'}"
    )


def main() -> int:
    """Run once and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clips", type=Path, help="folder of the site's clips; made when missing")
    parser.add_argument("--keep", type=Path, help="folder that gets the bot's log and database")
    arguments = parser.parse_args()
    plan = make_plan(arguments.seed, arguments.jobs, arguments.seconds)
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        has_disk = _mount_small_disk(folder / "bot")
        clips = arguments.clips or folder / "clips"
        run = Run(plan, folder, has_disk=has_disk, clips=clips)
        tally, machine, troubles = asyncio.run(run.play())
        if arguments.keep:
            _keep(folder, arguments.keep)
    for line in (*report(tally, machine, troubles), summary(plan, tally, machine, troubles)):
        print(line)  # noqa: T201  # what a command says
    return 1 if tally.faults else 0


def report(tally: Tally, machine: Machine, troubles: Troubles) -> list[str]:
    """Return the chats in which something was wrong, what it was, and what the run has seen."""
    return [
        *tally.stories,
        *(f"{kind}: {what}" for kind, what in tally.faults),
        "troubles: " + ", ".join(f"{count} × {kind}" for kind, count in sorted(troubles.done.items())),
        "killed at: " + ", ".join(f"{count} × {kind}" for kind, count in sorted(machine.covered.items())),
        "never killed at: " + (", ".join(coverage(machine)[1]) or "-"),
    ]


def _mount_small_disk(folder: Path) -> bool:
    """Put a small disk of our own under the bot, seen by this process and its children only; false if not allowed."""
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) != 0:
        return False
    size = f"size={_DISK_MB}m".encode()
    return bool(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, size) == 0)


def _keep(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in [*folder.glob("bot.log"), *folder.glob("bot/data/fetchgram.db*")]:
        shutil.copy(path, target)


if __name__ == "__main__":
    sys.exit(main())
