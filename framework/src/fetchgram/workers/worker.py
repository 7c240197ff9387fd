"""The bot's handle on one child."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import psutil
import structlog

from fetchgram.errors import FetchgramError, WorkerCrashed, WorkerFailed
from fetchgram.errors import decode as decode_error
from fetchgram.model.codec import Json
from fetchgram.workers import frames
from fetchgram.workers.output import Output

log = structlog.get_logger()

OnMessage = Callable[[Json], None]

_LOOK_S = 0.01
KILL_S = 1.0
"""A killed child is gone within this time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job returned, and whether the child may take another."""

    value: Json
    is_clean: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What a job raised, and whether the child may take another."""

    error: FetchgramError
    is_clean: bool


class Worker:
    """One child; built by an `Origin`.

    Args:
        pid: Of the child, which leads a process group of this number.
        ended: Done with the exit code when the child is gone and reaped.
        kill: Sends SIGKILL to its group.
        output: What it prints.
        limit_bytes: Of one message.
    """

    def __init__(
        self, pid: int, ended: asyncio.Future[int], kill: Callable[[int], None], output: Output, limit_bytes: int
    ) -> None:
        self.pid = pid
        self.jobs_done = 0
        self.warm_up_s = 0.0
        self._ended = ended
        self._kill = kill
        self._output = output
        self._limit_bytes = limit_bytes
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return not self._ended.done() and self._reader is not None and not self._reader.at_eof()

    async def open(self, connection: socket.socket) -> None:
        """Take over the bot's end of the pipe and wait until the child is ready.

        Raises:
            WorkerCrashed: If it ends instead.
        """
        try:
            self._reader, self._writer = await asyncio.open_connection(sock=connection)
        except BaseException:
            connection.close()
            raise
        ready = await frames.read_async(self._reader, self._limit_bytes)
        if ready is None:
            raise await self._crash()
        self.warm_up_s = float(cast("float", ready["ready"]))

    async def do(self, frame: bytes, on_message: OnMessage | None) -> Answer | Failure:
        """Hand over one job and wait for its answer.

        Raises:
            WorkerCrashed: If the child ends first or talks nonsense.
        """
        if self._reader is None or self._writer is None:
            raise WorkerCrashed(f"child {self.pid} was never opened")
        self._output.renew()
        try:
            self._writer.write(frame)
            await self._writer.drain()
            return await self._listen(self._reader, on_message)
        except ConnectionError as error:
            raise await self._crash() from error

    async def _listen(self, reader: asyncio.StreamReader, on_message: OnMessage | None) -> Answer | Failure:
        while True:
            try:
                frame = await frames.read_async(reader, self._limit_bytes)
            except ValueError as error:
                raise WorkerCrashed(f"child {self.pid} broke the protocol: {error}") from error
            if frame is None:
                raise await self._crash()
            if "message" in frame:
                if on_message is not None:
                    on_message(frame["message"])
                await asyncio.sleep(0)  # a flood that is buffered already must not hold the loop
            else:
                self.jobs_done += 1
                return _outcome(frame)

    async def _crash(self) -> WorkerCrashed:
        self.kill()
        code = await self.wait_ended()
        log.warning("worker.crashed", pid=self.pid, exit_code=code, tail=self._output.tail)
        return WorkerCrashed(f"child {self.pid} {_how(code)}: {self._output.tail[-500:]}")

    def kill(self) -> None:
        """Send SIGKILL to the child and all that it started."""
        if not self._ended.done():
            self._kill(self.pid)

    async def wait_ended(self) -> int | None:
        """Wait until the killed child is reaped and return its exit code; negative: a signal; `None`: unknown."""
        try:
            async with asyncio.timeout(KILL_S):
                code = await asyncio.shield(self._ended)
                while _is_there(self.pid):  # noqa: ASYNC110  # when the nursery is lost nobody tells when it is over
                    await asyncio.sleep(_LOOK_S)
                return code
        except TimeoutError:
            log.error("worker.will_not_die", pid=self.pid)  # in an uninterruptible wait of the kernel
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            return None

    async def close(self) -> None:
        """Let go of the pipes; an idle child ends by this alone."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
        await self._output.close()

    def rss_bytes(self, *, with_children: bool) -> int:
        """Return the resident memory of the child and, if it may have any, of its own children."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *(process.children(recursive=True) if with_children else ())]
        except psutil.NoSuchProcess:
            return 0
        return sum(map(_rss_bytes, family))

    def has_children(self) -> bool:
        """Tell whether a program that it started is still there."""
        try:
            return bool(psutil.Process(self.pid).children())
        except psutil.NoSuchProcess:
            return False


def _is_there(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _outcome(frame: dict[str, Json]) -> Answer | Failure:
    is_clean = bool(frame.get("clean"))
    described = frame.get("error")
    if not isinstance(described, dict):
        return Answer(frame.get("answer"), is_clean)
    error = decode_error(described)
    if isinstance(error, WorkerFailed) and error.traceback:
        error.add_note(f"In the child:\n{error.traceback}")
    return Failure(error, is_clean)


def _how(code: int | None) -> str:
    if code is None:
        return "ended in an unknown way"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
