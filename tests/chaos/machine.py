"""The bot under supervision: its processes started, killed, started again; their interruptions timed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from .databases import NO_LOOK, Database
from .part import Part, is_alive
from .plan import Life
from .transitions import pid_of, transitions

CONTINUES_WITHIN_S = 5.0
TAKEN_OVER_WITHIN_S = 60.0
_LONGEST_LIFE_S = 6.0
_START_COUNTS_S = 1.5
"""So much of each start counts as time in which things happen; the rest depends on how busy the machine is."""
_LOOK_EVERY_S = 0.3
_OF_THE_TALKER = ("inbox.", "request.", "job.queued")


@dataclass(frozen=True, slots=True)
class _Interrupted:
    """A job that ran when its worker died, or was cut off: `dead` says which, `at` when."""

    lease: int
    part: Part
    dead: bool
    at: float


class Machine:
    """Keeps the processes running as a service manager would, and ends their lives as the plan says.

    Args:
        parts: The processes; the first one talks to people.
        database: Theirs.
        lives: How each life ends.
        seed: Of what is drawn meanwhile.
    """

    def __init__(self, parts: Sequence[Part], database: Database, lives: tuple[Life, ...], seed: int) -> None:
        self.parts = tuple(parts)
        self.database = database
        self.seen: set[psutil.Process] = set()
        self.covered: Counter[str] = Counter()
        self.happened: set[str] = set()
        self.falls: list[str] = []
        self.waits_s: list[float] = []
        self.taken_over_s: list[float] = []
        self.late: list[str] = []
        self.starts_s: list[float] = []
        self._rng = random.Random(seed + 2)
        self._lives = iter(lives)
        self._life = next(self._lives)
        self._missed: set[str] = set()
        self._calm = self._over = False
        self._interrupted: dict[int, _Interrupted] = {}
        self._lived_s = 0.0
        self._up_since: float | None = None
        self._down_since = time.monotonic()

    @property
    def is_up(self) -> bool:
        """Whether all processes are at work."""
        return self._up_since is not None

    @property
    def clock_s(self) -> float:
        """Return how long the whole bot has been there in all its lives; the plan goes by this clock."""
        now = time.monotonic()
        if self._up_since is not None:
            return self._lived_s + now - self._up_since
        return self._lived_s + min(now - self._down_since, _START_COUNTS_S)

    @property
    def kills(self) -> int:
        """Return how often a process was killed."""
        return self.covered.total()

    @property
    def pids(self) -> list[int]:
        """Return the processes that live."""
        return [part.pid for part in self.parts if part.pid is not None]

    @property
    def cuttable(self) -> list[Part]:
        """Return the processes that can be cut off from the database."""
        return [part for part in self.parts if part.line is not None]

    async def run(self) -> None:
        """Start each process whenever it is not running."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._census())
            group.create_task(self._end_old_lives())
            for part in self.parts:
                group.create_task(self._keep(part))

    async def _keep(self, part: Part) -> None:
        while True:
            listening = asyncio.ensure_future(self._listen(part))
            await part.start()
            code = await part.process.wait()
            listening.cancel()
            if self._over:
                return
            self._note_death(part, code)
            await asyncio.sleep(self._life.dead_s)

    async def _listen(self, part: Part) -> None:
        if not part.talks:
            await part.said_so()
            self._ready(part)

    def hear(self) -> None:
        """Note that somebody asks for updates: the process that talks is ready."""
        talker = self.parts[0]
        if talker.ready_at is None and talker.pid is not None:
            self._ready(talker)

    def _ready(self, part: Part) -> None:
        part.ready_at = time.monotonic()
        self.starts_s.append(part.ready_at - part.started_at)
        if all(each.ready_at is not None and not each.struck for each in self.parts):
            self._lived_s = self.clock_s
            self._up_since = part.ready_at

    def calm(self) -> None:
        """Kill no more."""
        self._calm = True

    def excuse(self) -> None:
        """Time no interruption that coincides with a trouble that holds up everything."""
        self._interrupted.clear()

    def transition(self, name: str, pid: int | None) -> None:
        """Kill at a transition at which nobody has been killed yet; called in the watching thread.

        What passes without a death has precedence the next time: it may be rare.
        """
        self.happened.add(name)
        if name in self.covered:
            return
        age_s = time.monotonic() - self._up_since if self._up_since is not None else -1.0
        if age_s >= self._life.grace_s and (self._life.at_transition or name in self._missed):
            self.strike(name, self._part(name, pid))
        else:
            self._missed.add(name)

    def _part(self, name: str, pid: int | None) -> Part:
        """Return the process that did it, as far as can be told from outside."""
        if name.startswith(_OF_THE_TALKER):
            return self.parts[0]
        return next((part for part in self.parts if pid is not None and part.pid == pid), self.parts[-1])

    def strike(self, reason: str, *parts: Part) -> None:
        """Kill -9, right now."""
        if self._calm or self._up_since is None or any(part.pid is None for part in parts):
            return
        self._lived_s, self._up_since, self._down_since = self.clock_s, None, time.monotonic()
        self._life = next(self._lives)
        for part in parts:
            self.seen.update(part.kill())
        self.covered[reason] += 1

    def children(self) -> list[psutil.Process]:
        """Return everything that the processes have started and that still runs."""
        return [child for part in self.parts for child in part.children()]

    def cut(self, part: Part) -> None:
        """Note what a process was doing that is cut off from the database now."""
        self._note_interrupted(part, part.pid, dead=False)

    async def stop(self) -> None:
        """End all gently."""
        self._over = True
        self.seen.update(self.children())
        await asyncio.gather(*(part.process.stop() for part in self.parts))

    def orphans(self) -> list[str]:
        """Return what still runs of everything that any life has started."""
        return [f"{each.pid} {each.status()}" for each in self.seen if is_alive(each)]

    def _note_death(self, part: Part, code: int) -> None:
        was_ready, part.ready_at = part.ready_at is not None, None
        if not part.struck:
            self.falls.append(f"{part.name}: exit code {code}, {'ready' if was_ready else 'starting'}")
            if self._up_since is not None:
                self._lived_s, self._up_since, self._down_since = self.clock_s, None, time.monotonic()
        elif was_ready and part.process._process is not None:
            self._note_interrupted(part, part.process._process.pid, dead=True)

    def _note_interrupted(self, part: Part, pid: int | None, *, dead: bool) -> None:
        for job, (lease, worker) in self._running().items():
            if worker == pid:
                self._interrupted[job] = _Interrupted(lease, part, dead, time.monotonic())

    async def _end_old_lives(self) -> None:
        """Kill at a random moment: when the plan says so, or when nothing new has happened for long."""
        while not self._calm:
            await asyncio.sleep(0.05)
            if self._up_since is None:
                continue
            age_s = time.monotonic() - self._up_since
            if age_s > (_LONGEST_LIFE_S if self._life.at_transition else self._life.grace_s + 0.5):
                count = min(len(self.parts), 1 + (self._rng.random() < self._life.together))
                self.strike("random moment", *self._rng.sample(self.parts, count))

    async def _census(self) -> None:
        """Count the children, and see that what was interrupted goes on."""
        while not self._over:
            self.seen.update(await asyncio.to_thread(self.children))
            if self._interrupted:
                self._check_interrupted()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _check_interrupted(self) -> None:
        running, now = self._running(), time.monotonic()
        for job, was in list(self._interrupted.items()):
            went_on = running.get(job, (None, None))[0] != was.lease
            since = was.part.ready_at if was.dead else was.at
            waited_s = now - since if since is not None else 0.0
            if went_on and (since is not None or len(self.parts) > 1):
                back = was.dead and since is not None
                (self.waits_s if back else self.taken_over_s).append(waited_s if back else now - was.at)
            elif waited_s > (CONTINUES_WITHIN_S if was.dead else TAKEN_OVER_WITHIN_S):
                self.late.append(f"job {job} of {was.part.name} did not go on within {waited_s:.1f} s")
            else:
                continue
            del self._interrupted[job]

    def _running(self) -> dict[int, tuple[int, int]]:
        try:
            with self.database.look() as look:
                rows = look.rows("SELECT id, lease, worker FROM jobs WHERE state = 'running'")
        except NO_LOOK:
            self.excuse()  # nobody can say what goes on
            return {}
        return {job: (lease, pid_of(worker)) for job, lease, worker in rows}


def coverage(machine: Machine) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Return at how many transitions the bot was killed, the names of the others, and of those that never happened."""
    known = transitions()
    missed = tuple(name for name in known if name not in machine.covered)
    return len(known) - len(missed), missed, tuple(name for name in missed if name not in machine.happened)
