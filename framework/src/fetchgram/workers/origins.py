"""How children come into being: forked from a warm nursery, or each started by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from fetchgram.errors import WorkerCrashed
from fetchgram.workers.nursery import REQUEST_BYTES
from fetchgram.workers.output import Output
from fetchgram.workers.setup import Setup
from fetchgram.workers.worker import Worker

log = structlog.get_logger()

_STOP_S = 1.0
# The parent's module path is set first: the package may be found by no other means in an isolated interpreter.
_BOOTSTRAP = (
    "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[-1])['sys_path']; "
    "importlib.import_module(sys.argv[1]).start(sys.argv[2:])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What all children of a pool have in common.

    Args:
        name: Of the pool.
        setup: What each process is told.
        env: The whole environment.
    """

    name: str
    setup: Setup
    env: Mapping[str, str]


class Origin(ABC):
    """Makes children.

    Args:
        nature: Of all of them.
    """

    def __init__(self, nature: Nature) -> None:
        self._nature = nature

    @abstractmethod
    async def start(self) -> float:
        """Prepare, and return the seconds that the imports took; again after a loss."""

    @abstractmethod
    async def birth(self) -> Worker:
        """Make a child that is ready for a job.

        Raises:
            WorkerCrashed: If it does not become ready.
        """

    @abstractmethod
    async def close(self) -> None:
        """End what is left."""

    async def _execute(self, module: str, fds: tuple[int, ...], output_fd: int) -> asyncio.subprocess.Process:
        setup = self._nature.setup
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _BOOTSTRAP, module, *map(str, fds), setup.to_json()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output_fd,
            stderr=output_fd,
            pass_fds=fds,
            env=dict(self._nature.env),
            cwd=setup.home,
            start_new_session=True,
        )

    async def _open(self, worker: Worker, connection: socket.socket) -> Worker:
        """Wait for readiness; a child that does not come up is killed."""
        try:
            async with asyncio.timeout(self._nature.setup.limits.start_timeout_s):
                await worker.open(connection)
        except TimeoutError as error:
            await _dispose(worker)
            raise WorkerCrashed(f"a child of pool {self._nature.name!r} did not become ready in time") from error
        except BaseException:
            await _dispose(worker)
            raise
        return worker

    def _worker(self, pid: int, ended: asyncio.Future[int], output: Output) -> Worker:
        return Worker(pid, ended, self._kill, output, self._nature.setup.limits.message_bytes)

    @abstractmethod
    def _kill(self, pid: int) -> None: ...


async def _dispose(worker: Worker) -> None:
    worker.kill()
    await worker.close()


class ForkOrigin(Origin):
    """Forks children from a nursery process: they are warm in milliseconds and share the imported modules' memory."""

    def __init__(self, nature: Nature) -> None:
        super().__init__(nature)
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._output = Output(nature.name)
        self._births: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._numbers = 0
        self._ready: asyncio.Future[float] | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> float:
        """Start the nursery and wait for its imports."""
        await self.close()
        self._output = Output(self._nature.name)
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_fd, write_fd = os.pipe()
        try:
            await self._output.attach(read_fd)
            self._process = await self._execute("fetchgram.workers.nursery", (theirs.fileno(),), write_fd)
        except BaseException:
            control.close()
            raise
        finally:
            theirs.close()
            os.close(write_fd)
        return await self._until_ready(control)

    async def _until_ready(self, control: socket.socket) -> float:
        loop = asyncio.get_running_loop()
        control.setblocking(False)  # noqa: FBT003  # the standard library takes it by position only
        self._control = control
        self._ready = loop.create_future()
        loop.add_reader(control.fileno(), self._hear, control)
        try:
            async with asyncio.timeout(self._nature.setup.limits.start_timeout_s):
                return await self._ready
        except TimeoutError as error:
            await self.close()
            raise WorkerCrashed(f"the imports of pool {self._nature.name!r} take too long") from error
        except BaseException:
            await self.close()
            raise

    async def birth(self) -> Worker:
        """Fork a child."""
        async with self._starting:
            if self._control is None:
                await self.start()
        connection, theirs = socket.socketpair()
        read_fd, write_fd = os.pipe()
        output = Output(self._nature.name)
        try:
            await output.attach(read_fd)
            pid = await self._request(theirs.fileno(), write_fd)
        except BaseException:
            connection.close()
            await output.close()
            raise
        finally:
            theirs.close()
            os.close(write_fd)
        return await self._open(self._worker(pid, self._ended[pid], output), connection)

    async def _request(self, *fds: int) -> int:
        if self._control is None:
            raise WorkerCrashed(f"the nursery of pool {self._nature.name!r} ended")
        self._numbers += 1
        number = self._numbers
        born: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._births[number] = born
        try:
            socket.send_fds(self._control, [json.dumps({"birth": number}).encode()], list(fds))
            async with asyncio.timeout(self._nature.setup.limits.start_timeout_s):
                return await born
        except OSError as error:  # TimeoutError is one
            raise WorkerCrashed(f"the nursery of pool {self._nature.name!r} does not answer") from error
        finally:
            del self._births[number]

    def _hear(self, control: socket.socket) -> None:
        try:
            notice = control.recv(REQUEST_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            notice = b""
        if notice:
            self._heed(json.loads(notice))
        else:
            self._lose()

    def _heed(self, notice: Mapping[str, int]) -> None:
        if "born" in notice:
            self._ended[notice["pid"]] = asyncio.get_running_loop().create_future()
            born = self._births.get(notice["born"])
            if born is not None and not born.done():
                born.set_result(notice["pid"])
        elif "gone" in notice:
            ended = self._ended.pop(notice["gone"], None)
            if ended is not None and not ended.done():
                ended.set_result(notice["code"])
        elif self._ready is not None and not self._ready.done():
            self._ready.set_result(notice["ready"])

    def _lose(self) -> None:
        """Take the end of the nursery for the end of its children: the kernel kills them with it."""
        self._let_go()
        error = WorkerCrashed(f"the nursery of pool {self._nature.name!r} ended: {self._output.tail[-1000:]}")
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
        for born in self._births.values():
            if not born.done():
                born.set_exception(error)
        for pid, ended in self._ended.items():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            ended.set_result(-signal.SIGKILL)
        self._ended.clear()

    def _let_go(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

    def _kill(self, pid: int) -> None:
        """Let the nursery kill: it alone knows that the number has not been given to somebody else."""
        if self._control is not None and pid in self._ended:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": pid}).encode())

    async def close(self) -> None:
        """End the nursery, and with it all its children."""
        if self._control is not None:
            self._lose()
        if self._process is not None:
            await _end(self._process)
            self._process = None
        await self._output.close()


class SpawnOrigin(Origin):
    """Starts each child as an interpreter of its own."""

    def __init__(self, nature: Nature) -> None:
        super().__init__(nature)
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def start(self) -> float:
        """Do nothing: each child warms up by itself."""
        return 0.0

    async def birth(self) -> Worker:
        """Start an interpreter."""
        connection, theirs = socket.socketpair()
        read_fd, write_fd = os.pipe()
        output = Output(self._nature.name)
        try:
            await output.attach(read_fd)
            fds = (theirs.fileno(), write_fd)
            process = await self._execute("fetchgram.workers.spawned", fds, write_fd)
        except BaseException:
            connection.close()
            await output.close()
            raise
        finally:
            theirs.close()
            os.close(write_fd)
        return await self._open(self._worker(process.pid, self._follow(process), output), connection)

    def _follow(self, process: asyncio.subprocess.Process) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[int] = loop.create_future()

        async def wait() -> None:
            code = await process.wait()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            del self._processes[process.pid]
            ended.set_result(code)

        self._processes[process.pid] = process
        task = loop.create_task(wait())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return ended

    def _kill(self, pid: int) -> None:
        if pid in self._processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    async def close(self) -> None:
        """Kill all that are left and wait for them."""
        for pid in tuple(self._processes):
            self._kill(pid)
        await asyncio.gather(*self._waiting)


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
