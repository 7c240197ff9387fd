"""A pool of warm, isolated children that run jobs named by import path."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from fetchgram.errors import DiskFull, TooLarge, WorkerCrashed, WorkerTimeout
from fetchgram.model.codec import Json
from fetchgram.workers import frames
from fetchgram.workers.homes import Home
from fetchgram.workers.limits import WorkerLimits
from fetchgram.workers.origins import ForkOrigin, Nature, Origin, SpawnOrigin
from fetchgram.workers.setup import Setup
from fetchgram.workers.turns import Turns
from fetchgram.workers.watch import beside, measure, watch_bytes
from fetchgram.workers.worker import Answer, Failure, OnMessage, Worker

log = structlog.get_logger()

StartMethod = Literal["fork", "spawn"]

_MEMORY_INTERVAL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStats:
    """How a pool is.

    Args:
        pids: Of its children.
        busy: Children at work.
        idle: Children that wait for work.
        waiting: Jobs that wait for a child.
        started_total: Children started since the pool was made.
        warm_up_s: How long the preloaded modules took to import.
        rss_bytes: Resident memory of all children; pages that they share count in each.
    """

    pids: tuple[int, ...]
    busy: int
    idle: int
    waiting: int
    started_total: int
    warm_up_s: float
    rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    frame: bytes
    on_message: OnMessage | None
    workdir: Path | None
    timeout_s: float | None
    max_bytes: int | None


class WorkerPool:
    """Runs jobs in children that share nothing with the bot or with other pools.

    Args:
        name: Usually the plugin's.
        size: Children, and so jobs at once.
        preload: Modules to import before the first job.
        env: What the children's environment holds besides path, home, language and time zone; nothing is inherited.
        limits: Of each child.
        way_out: The only address that children may connect to (the filtering proxy), told to them by the usual
            variables too. `None` sets no rule.
        may_spawn: Whether jobs may start programs.
        roof: Folder for the children's temporary home; the system's by default.
        start_method: Default: `fork` on Linux, elsewhere `spawn`.
    """

    def __init__(  # noqa: PLR0913  # keyword-only settings of one thing
        self,
        name: str,
        *,
        size: int = 2,
        preload: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        limits: WorkerLimits = WorkerLimits(),  # noqa: B008  # frozen
        way_out: tuple[str, int] | None = None,
        may_spawn: bool = False,
        start_method: StartMethod | None = None,
        roof: Path | None = None,
    ) -> None:
        self._name = name
        self._size = size
        self._preload = tuple(preload)
        self._env = dict(env or {})
        self._limits = limits
        self._way_out = way_out
        self._may_spawn = may_spawn
        self._method = start_method or ("fork" if sys.platform == "linux" else "spawn")
        self._origin: Origin | None = None
        self._roof = roof
        self._home: Home | None = None
        self._slots: Turns[Worker | None] = Turns()  # None: nobody sits there yet
        self._workers: set[Worker] = set()
        self._busy: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self._started_total = 0
        self._warm_up_s = 0.0

    async def start(self) -> None:
        """Import the modules and have all children ready.

        Raises:
            WorkerCrashed: If a module cannot be imported or a child does not come up.
        """
        if self._origin is not None:
            raise RuntimeError(f"pool {self._name!r} runs already")
        try:
            self._home = await asyncio.to_thread(Home, self._roof, self._name)
        except OSError as error:
            raise DiskFull(f"no home for the children of pool {self._name!r}: {error.strerror}") from error
        home = str(self._home.path.absolute())
        nature = Nature(name=self._name, setup=self._setup(home), env=self._environment(home))
        self._origin = ForkOrigin(nature) if self._method == "fork" else SpawnOrigin(nature)
        try:
            self._warm_up_s = await self._origin.start()
            async with asyncio.TaskGroup() as group:
                children = [group.create_task(self._birth()) for _ in range(self._size)]
        except BaseExceptionGroup as several:
            first = several.exceptions[0]
            await self.close()
            raise first from None
        except BaseException:
            await self.close()
            raise
        for child in children:
            self._slots.put(child.result())
        log.info("worker.pool_started", pool=self._name, size=self._size, warm_up_s=round(self._warm_up_s, 3))

    async def run(  # keyword-only settings of one job
        self,
        target: str,
        payload: Json,
        *,
        on_message: OnMessage | None = None,
        workdir: Path | None = None,
        timeout_s: float | None = None,
        max_bytes: int | None = None,
    ) -> Json:
        """Run `target(payload, report)` in a child and return its answer.

        Cancelling the awaiting task kills the child with all that it started.

        Args:
            target: Import path, `package.module:function`.
            payload: What the function gets.
            on_message: Called with each message that the function reports; must not block.
            workdir: Existing folder where the job runs, locked for it alone.
            timeout_s: For the job, from when a child has it.
            max_bytes: What `workdir` may hold.

        Raises:
            WorkerCrashed: If the child died, or used too much memory.
            WorkerTimeout: If it took too long.
            TooLarge: If `workdir` grew over `max_bytes`.
            FetchgramError: What the function raised; `WorkerFailed` for an error that is not of our tree.
        """
        job = self._job(target, payload, workdir, max_bytes, on_message=on_message, timeout_s=timeout_s)
        worker = await self._take()
        try:
            outcome = await self._supervise(worker, job)
        except BaseException:
            await self._discard(worker)
            raise
        self._give_back(worker, outcome)
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome.value

    async def close(self) -> None:
        """Kill all children and leave nothing behind."""
        if self._origin is None:
            return
        origin, self._origin = self._origin, None
        for task in self._tasks:
            task.cancel()
        for worker in self._workers:
            worker.kill()
        await origin.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            await worker.close()
        self._workers.clear()
        for _ in range(self._slots.waiting):
            self._slots.put(None)
        if self._home is not None:
            await asyncio.to_thread(self._home.remove)

    @property
    def stats(self) -> PoolStats:
        """How the pool is now."""
        return PoolStats(
            pids=tuple(sorted(worker.pid for worker in self._workers if worker.is_alive)),
            busy=len(self._busy),
            idle=sum(slot is not None and slot.is_alive for slot in self._slots.items),
            waiting=self._slots.waiting,
            started_total=self._started_total,
            warm_up_s=self._warm_up_s,
            rss_bytes=sum(worker.rss_bytes(with_children=self._may_spawn) for worker in self._workers),
        )

    def _setup(self, home: str) -> Setup:
        return Setup(
            parent_pid=os.getpid(),
            home=home,
            sys_path=tuple(sys.path),
            preload=self._preload,
            limits=self._limits,
            way_out=self._way_out,
            may_spawn=self._may_spawn,
        )

    def _environment(self, home: str) -> dict[str, str]:
        env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "TZ": "UTC"}
        if self._way_out is not None:
            proxy = f"http://{self._way_out[0]}:{self._way_out[1]}"
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                env |= {name: proxy, name.lower(): proxy}
            env |= {"NO_PROXY": "", "no_proxy": ""}
        return env | self._env

    def _job(  # the arguments of `run`
        self,
        target: str,
        payload: Json,
        workdir: Path | None,
        max_bytes: int | None,
        *,
        on_message: OnMessage | None,
        timeout_s: float | None,
    ) -> _Job:
        self._numbers += 1
        folder = None if workdir is None else str(workdir.absolute())
        frame: Json = {
            "job": self._numbers,
            "target": target,
            "payload": payload,
            "workdir": folder,
            "max_bytes": max_bytes,
        }
        packed = frames.pack(frame, self._limits.message_bytes)
        return _Job(frame=packed, on_message=on_message, workdir=workdir, timeout_s=timeout_s, max_bytes=max_bytes)

    async def _take(self) -> Worker:
        self._refuse_closed()
        worker = await self._slots.get()
        try:
            self._refuse_closed()
            if worker is None or not worker.is_alive:
                await self._forget(worker)
                worker = await self._birth()
        except BaseException:
            self._slots.put(None)
            raise
        self._busy.add(worker)
        return worker

    def _refuse_closed(self) -> None:
        if self._origin is None:
            raise WorkerCrashed(f"pool {self._name!r} does not run")

    async def _supervise(self, worker: Worker, job: _Job) -> Answer | Failure:
        watchdogs: list[Coroutine[object, object, None]] = [self._watch_memory(worker)]
        if job.workdir is not None and job.max_bytes is not None:
            watchdogs.append(watch_bytes(job.workdir, job.max_bytes))
        try:
            async with asyncio.timeout(job.timeout_s) as timeout:
                outcome = await beside(worker.do(job.frame, job.on_message), *watchdogs)
        except TimeoutError as error:
            if timeout.expired():
                raise WorkerTimeout(f"a job of pool {self._name!r} took over {job.timeout_s} s") from error
            raise
        if job.workdir is not None and job.max_bytes is not None:
            size_bytes = await asyncio.to_thread(measure, job.workdir)
            if size_bytes > job.max_bytes:
                raise TooLarge(size_bytes, job.max_bytes)
        return outcome

    async def _watch_memory(self, worker: Worker) -> None:
        limit_bytes = self._limits.rss_bytes
        while True:
            await asyncio.sleep(_MEMORY_INTERVAL_S)
            used_bytes = await asyncio.to_thread(worker.rss_bytes, with_children=self._may_spawn)
            if used_bytes > limit_bytes:
                raise WorkerCrashed(f"child {worker.pid} used {used_bytes} bytes of memory, the limit is {limit_bytes}")

    def _give_back(self, worker: Worker, outcome: Answer | Failure) -> None:
        if outcome.is_clean and worker.is_alive and not self._is_worn(worker):
            self._busy.discard(worker)
            self._slots.put(worker)
        else:
            worker.kill()
            self._replace(worker)

    def _is_worn(self, worker: Worker) -> bool:
        return (
            worker.jobs_done >= self._limits.jobs_per_child
            or worker.rss_bytes(with_children=False) > self._limits.recycle_rss_bytes
            or (self._may_spawn and worker.has_children())
        )

    async def _discard(self, worker: Worker) -> None:
        """Kill at once, return when the child is gone, and let somebody else fill its place."""
        worker.kill()
        self._replace(worker)
        await worker.wait_ended()

    def _replace(self, worker: Worker) -> None:
        self._busy.discard(worker)
        task = asyncio.get_running_loop().create_task(self._refill(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refill(self, worker: Worker) -> None:
        new: Worker | None = None
        try:
            await worker.wait_ended()
            await self._forget(worker)
            new = await self._birth()
        except Exception as error:  # noqa: BLE001  # the next job tries again and tells its caller
            log.warning("worker.not_replaced", pool=self._name, error=str(error))
        finally:
            self._slots.put(new)

    async def _forget(self, worker: Worker | None) -> None:
        if worker is not None:
            await worker.close()
            self._workers.discard(worker)

    async def _birth(self) -> Worker:
        if self._origin is None:
            raise WorkerCrashed(f"pool {self._name!r} does not run")
        worker = await self._origin.birth()
        self._workers.add(worker)
        self._started_total += 1
        self._warm_up_s = worker.warm_up_s or self._warm_up_s
        return worker
