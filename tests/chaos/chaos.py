"""Chaos: the real bot among people, while everything goes wrong that can; at the end nobody was forgotten.

    cd tests && python -m chaos.chaos --seed 1 --jobs 40 --seconds 60
    cd tests && python -m chaos.chaos --seed 1 --jobs 40 --seconds 60 --database postgres --workers 3

The last line is the tally; the exit code says whether all promises were kept.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import functools
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from fetchgram.provisions import CHILDREN
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.stage import Stage
from fetchgram_sandbox.world import World

from .databases import NO_LOOK
from .fleet import Fleet
from .machine import Machine, coverage
from .people import Asker
from .plan import SEVERAL, Plan, make_plan
from .tally import Tally, reckon
from .transitions import Watch
from .trouble import Troubles

_DISK_MB = 96
_TICK_S = 0.2
_QUIET_S = 4.0
_PATIENCE_S = 180.0
_ORPHANS_S = 10.0
_LEFTOVERS_S = 90.0
"""Longer than a worker takes to sweep what it left of jobs that ended elsewhere."""
_LONGEST_S = 3600.0
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000


class Run:
    """One run.

    Args:
        plan: What happens.
        folder: For everything that it needs; its `bot` folder lies on a small disk if `has_disk`.
        has_disk: Whether that disk may be filled.
        clips: Of the media site.
        workers: Over PostgreSQL; 0 for one process over SQLite.
    """

    def __init__(self, plan: Plan, folder: Path, *, has_disk: bool, clips: Path, workers: int) -> None:
        self.plan = plan
        self.folder = folder
        self.has_disk = has_disk
        self.clips = clips
        self.workers = workers
        self.temporary = folder / "t"

    async def play(self) -> tuple[Tally, Machine, Troubles]:
        """Play the plan to its end and reckon."""
        self.temporary.mkdir(parents=True)
        disk = self.folder / "bot"
        async with Stage(self.clips, limits=Limits.unhurried()) as stage:
            fleet = Fleet(stage, disk, self.temporary)
            async with fleet.shared(self.workers) if self.workers else fleet.alone() as (database, parts):
                machine = Machine(parts, database, self.plan.lives, self.plan.seed)
                troubles = Troubles(
                    self.plan,
                    machine,
                    stage.site,
                    disk if self.has_disk else None,
                    functools.partial(_link, stage.world),
                )
                stage.world.faults.add_rule(troubles.rule)
                askers = self._askers(stage)
                await self._live(machine, troubles, askers)
                tally = await reckon(askers, stage.world, database.url, parts[0].data_dir)
                await self._look_for_remains(tally, machine)
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
            while not machine.is_up:
                await asyncio.sleep(_TICK_S)
            trouble = group.create_task(troubles.run())
            try:
                await self._until_quiet(machine, trouble, askers)
                await self._until_swept(machine)
            finally:
                trouble.cancel()
                watch.stop()
                await machine.stop()

    async def _until_quiet(self, machine: Machine, trouble: asyncio.Task[None], askers: list[Asker]) -> None:
        while machine.clock_s < self.plan.seconds or not trouble.done() or self._owes_deaths(machine):
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

    def _owes_deaths(self, machine: Machine) -> bool:
        """Whether too few lives have ended at transitions, on a machine so busy that the time went into its starts."""
        return coverage(machine)[0] < SEVERAL and not _is_quiet(machine)

    async def _until_swept(self, machine: Machine) -> None:
        """Give the processes time to remove what they left of jobs that ended elsewhere."""
        until = time.monotonic() + _LEFTOVERS_S
        work = [part.data_dir / "work" for part in machine.parts]
        while (any(map(_found, work)) or machine.database.wrong()) and time.monotonic() < until:
            await asyncio.sleep(_TICK_S)

    def _look(self, machine: Machine, askers: list[Asker]) -> bool:
        return sum(asker.look(machine.clock_s) for asker in askers) > 0

    async def _look_for_remains(self, tally: Tally, machine: Machine) -> None:
        if (wrong := machine.database.wrong()) is not None:
            tally.blame("database", wrong)
        until = time.monotonic() + _ORPHANS_S
        while machine.orphans() and time.monotonic() < until:
            await asyncio.sleep(0.1)
        for orphan in machine.orphans():
            tally.blame("orphan", orphan)
        data = [part.data_dir for part in machine.parts]
        for folder in (*(each / name for each in data for name in ("work", CHILDREN)), self.temporary):
            for path in _found(folder):
                tally.blame("leftover", str(path.relative_to(self.folder)))
        for late in machine.late:
            tally.blame("late", late)
        for fall in machine.falls:
            tally.blame("fall", fall)


def _link(world: World, chat_id: int, message_id: int) -> str:
    message = world.find_message(chat_id, message_id)
    return "" if message is None else message.text


def _found(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def _is_quiet(machine: Machine) -> bool:
    if not machine.is_up:
        return False
    busy = (
        "SELECT (SELECT count(*) FROM requests WHERE state IN ('probing', 'choosing', 'working'))"
        " + (SELECT count(*) FROM jobs WHERE state IN ('queued', 'waiting', 'running'))"
        " + (SELECT count(*) FROM inbox WHERE state = 'pending')"
    )
    return _number(machine, busy) == 0


def _newest_event(machine: Machine) -> int:
    return _number(machine, "SELECT coalesce(max(id), 0) FROM events")


def _number(machine: Machine, statement: str) -> int:
    """Return what a statement counts; -1 while the database is not there."""
    try:
        with machine.database.look() as look:
            return int(look.rows(statement)[0][0])
    except NO_LOOK:
        return -1


def summary(plan: Plan, tally: Tally, machine: Machine, troubles: Troubles) -> str:
    """Return the tally as one line."""
    ends = ", ".join(f"{count} {end}" for end, count in sorted(tally.ends.items()))
    kinds = ("lost", "silent", "twice", "orphan", "leftover", "database", "late", "fall", "problem")
    faults = ", ".join(f"{kind} {tally.count(kind)}" for kind in kinds)
    reached, missed, _ = coverage(machine)
    where = "SQLite" if len(machine.parts) == 1 else f"PostgreSQL, {len(machine.parts) - 1} workers"
    return (
        f"chaos seed={plan.seed} seconds={plan.seconds:.0f} ({where}): {len(plan.wishes)} wishes: {ends} | {faults} | "
        f"{machine.kills} kills of the bot, at {reached} of {reached + len(missed)} transitions; "
        f"{troubles.done.total()} other troubles | interrupted jobs: {_told(machine.waits_s)} went on after the start, "
        f"{_told(machine.taken_over_s)} elsewhere (start-up {statistics.median(machine.starts_s or [0.0]):.1f} s) | "
        f"{'FAILED' if tally.faults else 'ok'}"
    )


def _told(waits_s: list[float]) -> str:
    return f"{len(waits_s)}, the slowest {max(waits_s):.1f} s," if waits_s else "0"


def main() -> int:
    """Run once and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--workers", type=int, default=3, help="processes that work, over PostgreSQL")
    parser.add_argument("--clips", type=Path, help="folder of the site's clips; made when missing")
    parser.add_argument("--keep", type=Path, help="folder that gets the logs and the database")
    arguments = parser.parse_args()
    workers = arguments.workers if arguments.database == "postgres" else 0
    plan = make_plan(arguments.seed, arguments.jobs, arguments.seconds, shared=workers > 0)
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        has_disk = _mount_small_disk(folder / "bot")
        clips = arguments.clips or folder / "clips"
        run = Run(plan, folder, has_disk=has_disk, clips=clips, workers=workers)
        tally, machine, troubles = asyncio.run(run.play())
        if arguments.keep:
            _keep(folder, arguments.keep)
    for line in (*report(tally, machine, troubles), summary(plan, tally, machine, troubles)):
        print(line)  # noqa: T201  # what a command says
    return 1 if tally.faults else 0


def report(tally: Tally, machine: Machine, troubles: Troubles) -> list[str]:
    """Return the chats in which something was wrong, what it was, and what the run has seen."""
    _, missed, unseen = coverage(machine)
    return [
        *tally.stories,
        *(f"{kind}: {what}" for kind, what in tally.faults),
        "troubles: " + ", ".join(f"{count} × {kind}" for kind, count in sorted(troubles.done.items())),
        "killed at: " + ", ".join(f"{count} × {kind}" for kind, count in sorted(machine.covered.items())),
        "never killed at: " + (", ".join(missed) or "-"),
        "never came to: " + (", ".join(unseen) or "-"),
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
    for path in [*folder.glob("*.log"), *folder.glob("bot/run/data/fetchgram.db*")]:
        shutil.copy(path, target)


if __name__ == "__main__":
    sys.exit(main())
