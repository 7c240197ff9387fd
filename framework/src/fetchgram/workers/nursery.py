"""A small process that imports what a pool needs once and forks warm children from it.

It is started by exec with a clean environment, has one thread and no event loop, so forking here is safe at any time
of the bot's life. It is the children's parent: it kills their groups, reaps them and tells the bot how they ended.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import time
from pathlib import Path
from typing import NoReturn

from fetchgram.workers import child, homes, tripwire
from fetchgram.workers.limits import adopt_orphans, die_with_parent, outlive_parent
from fetchgram.workers.setup import Setup

REQUEST_BYTES = 4096
"""Of one request or notice; the control socket keeps message boundaries."""


def start(arguments: list[str]) -> NoReturn:
    """Import, then fork and reap until the bot is gone.

    Args:
        arguments: Number of the control socket; the setup as text.
    """
    setup = Setup.from_json(arguments[1])
    for number in (signal.SIGINT, signal.SIGTERM):  # the bot alone decides; its death ends this process
        signal.signal(number, signal.SIG_IGN)
    die_with_parent(setup.parent_pid)
    adopt_orphans()
    control = socket.socket(fileno=int(arguments[0]))
    warm_up_s = warm_up(setup)
    outlive_parent()
    gc.collect()
    gc.freeze()  # the collector would write to, and so copy, pages that children share
    Nursery(control, setup).serve(warm_up_s)


def warm_up(setup: Setup) -> float:
    """Set the tripwire and import the modules; return how long that took."""
    started_s = time.perf_counter()
    if setup.way_out is not None:
        tripwire.refuse_network(setup.way_out)
    for module in setup.preload:
        importlib.import_module(module)
    return time.perf_counter() - started_s


class Nursery:
    """Forks on request.

    Args:
        control: Socket to the bot; requests carry the two file descriptors of the child to be.
        setup: Of the pool.
    """

    def __init__(self, control: socket.socket, setup: Setup) -> None:
        self._control = control
        self._setup = setup
        self._children: set[int] = set()

    def serve(self, warm_up_s: float) -> NoReturn:
        """Answer requests until the control socket ends; then nothing of the pool stays behind."""
        wakeup = self._wake_on_child_end()
        self._tell({"ready": warm_up_s})
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wakeup, selectors.EVENT_READ)
            while self._turn(selector, wakeup):
                self._reap()
        self._end_all()
        homes.remove(Path(self._setup.home))
        os._exit(0)

    def _end_all(self) -> None:
        for pid in self._children:
            _kill_group(pid)
        for pid in self._children:
            os.waitpid(pid, 0)
        self._children.clear()
        self._bury_orphans()

    def _wake_on_child_end(self) -> socket.socket:
        self._wakeup, writer = socket.socketpair()
        os.set_blocking(writer.fileno(), False)  # the standard library takes it by position only
        self._wakeup_writer = writer
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        return self._wakeup

    def _turn(self, selector: selectors.BaseSelector, wakeup: socket.socket) -> bool:
        ready = {key.fileobj for key, _ in selector.select()}
        if wakeup in ready:
            wakeup.recv(REQUEST_BYTES)
        return self._control not in ready or self._obey(selector)

    def _obey(self, selector: selectors.BaseSelector) -> bool:
        try:
            request, fds, _, _ = socket.recv_fds(self._control, REQUEST_BYTES, 2)
        except ConnectionError:
            return False
        if not request:
            return False
        order = json.loads(request)
        if "kill" in order and order["kill"] in self._children:
            _kill_group(order["kill"])
        elif "birth" in order:
            self._fork(order["birth"], fds, selector)
        return True

    def _fork(self, number: int, fds: list[int], selector: selectors.BaseSelector) -> None:
        parent_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            selector.close()
            self._become_child(fds, parent_pid)
        for fd in fds:
            os.close(fd)
        self._children.add(pid)
        self._tell({"born": number, "pid": pid})

    def _become_child(self, fds: list[int], parent_pid: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (self._control, self._wakeup, self._wakeup_writer):
                end.close()
            child.live(socket.socket(fileno=fds[0]), fds[1], self._setup, parent_pid=parent_pid)
        finally:
            os._exit(70)  # EX_SOFTWARE: `live` never returns

    def _reap(self) -> None:
        """Kill the group of each child that ended, then reap it: its number stays taken until that is done."""
        for pid in tuple(self._children):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                _kill_group(pid)
                _, status = os.waitpid(pid, 0)
                self._children.discard(pid)
                self._tell({"gone": pid, "code": os.waitstatus_to_exitcode(status)})
        self._bury_orphans()

    def _bury_orphans(self) -> None:
        """Kill grandchildren that left their group: with their parent dead they are ours (Linux only)."""
        me = os.getpid()
        try:
            mine = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        except OSError:
            return
        for pid in {int(word) for word in mine} - self._children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _tell(self, notice: dict[str, int | float]) -> None:
        with contextlib.suppress(ConnectionError):  # the next turn sees the end of the socket
            self._control.send(json.dumps(notice).encode())


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # a newborn may not lead its group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
