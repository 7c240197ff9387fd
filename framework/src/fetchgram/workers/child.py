"""The life of a child: read a job, run it, answer; and end with everything it started when the bot is gone."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import queue
import resource
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, cast

from fetchgram.errors import encode as encode_error
from fetchgram.model.codec import Json
from fetchgram.workers import frames, tripwire
from fetchgram.workers.limits import apply, die_with_parent
from fetchgram.workers.setup import Setup

Report = Callable[[Json], None]
Target = Callable[[Json, Report], Json]

LOCK_NAME = ".lock"
_OVERSHOOT_BYTES = 1024 * 1024


def live(
    connection: socket.socket, output_fd: int, setup: Setup, *, parent_pid: int, warm_up_s: float = 0.0
) -> NoReturn:
    """Be a child until the pipe ends.

    Args:
        connection: Jobs come in here, reports and answers go out.
        output_fd: Takes what the job prints.
        setup: Of the pool.
        parent_pid: Who started this process.
        warm_up_s: How long this very process took to import the preloaded modules.
    """
    _detach(output_fd)
    apply(setup.limits)
    if not setup.may_spawn:
        tripwire.refuse_spawning()
        die_with_parent(parent_pid)  # would outrun the watcher, which ends the programs that others started too
    Child(connection, setup.limits.message_bytes).serve(warm_up_s)


def _detach(output_fd: int) -> None:
    """Leave the terminal and the parent's session; Ctrl-C is the bot's to decide about."""
    with contextlib.suppress(PermissionError):  # a spawned child leads its session from the start
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A service manager may tell the whole group to end; the bot still has a moment for what is nearly done.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)
    os.close(output_fd)


class Child:
    """Runs one job after the other.

    Args:
        connection: To the bot.
        limit_bytes: Of one message.
    """

    def __init__(self, connection: socket.socket, limit_bytes: int) -> None:
        self._connection = connection
        self._limit_bytes = limit_bytes
        self._jobs: queue.SimpleQueue[dict[str, Json]] = queue.SimpleQueue()
        self._sending = threading.Lock()

    def serve(self, warm_up_s: float) -> NoReturn:
        """Work until the process is killed."""
        threading.Thread(target=self._watch, name="pipe", daemon=True).start()
        self._threads = threading.active_count()
        self._send({"ready": warm_up_s})
        while True:
            self._do(self._jobs.get())

    def _watch(self) -> None:
        """Wait on the pipe even while a job runs: its end means that nobody wants the job any more."""
        try:
            while (job := frames.read(self._connection)) is not None:
                self._jobs.put(job)
        finally:
            os.killpg(os.getpgrp(), signal.SIGKILL)

    def _do(self, job: dict[str, Json]) -> None:
        number = job["job"]
        workdir = cast("str | None", job["workdir"])
        try:
            with _locked(workdir), _file_size_limit(cast("int | None", job["max_bytes"])):
                answer = _resolve(str(job["target"]))(job["payload"], lambda message: self._report(number, message))
                frame = frames.pack({"job": number, "answer": answer, "clean": self._is_clean()}, self._limit_bytes)
        except BaseException as error:  # noqa: BLE001  # whatever a job raises, sys.exit too, belongs to its caller
            frame = self._failure(number, error)
        self._send_bytes(frame)

    def _report(self, number: Json, message: Json) -> None:
        self._send({"job": number, "message": message})

    def _failure(self, number: Json, error: BaseException) -> bytes:
        trace = "".join(traceback.format_exception(error))
        known = error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__}: {error}")
        described = encode_error(known, traceback=trace)
        return frames.pack({"job": number, "error": described, "clean": self._is_clean()}, self._limit_bytes)

    def _is_clean(self) -> bool:
        """Tell whether the job left no thread behind that might go on writing."""
        return threading.active_count() <= self._threads

    def _send(self, frame: Json) -> None:
        self._send_bytes(frames.pack(frame, self._limit_bytes))

    def _send_bytes(self, data: bytes) -> None:
        with self._sending, contextlib.suppress(ConnectionError):  # the watcher ends the process in this case
            self._connection.sendall(data)


@contextlib.contextmanager
def _locked(workdir: str | None) -> Iterator[None]:
    """Work inside the folder, alone: an earlier attempt that still lives is waited for."""
    if workdir is None:
        yield
        return
    lock = os.open(Path(workdir, LOCK_NAME), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    home = Path.cwd()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.chdir(workdir)
        yield
    finally:
        os.chdir(home)
        os.close(lock)


@contextlib.contextmanager
def _file_size_limit(max_bytes: int | None) -> Iterator[None]:
    """Refuse writes far over the limit: between two looks of the watchdog a fast disk takes a lot."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if max_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes + _OVERSHOOT_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _resolve(target: str) -> Target:
    """Import `package.module:function`."""
    module, _, name = target.partition(":")
    found = getattr(importlib.import_module(module), name, None)
    if not callable(found):
        raise LookupError(f"no function {target!r}")
    return cast("Target", found)
