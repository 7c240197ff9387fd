"""A child that is started by itself, on systems where forking from a process with system libraries is not safe."""

from __future__ import annotations

import signal
import socket
from typing import NoReturn

from fetchgram.workers import child
from fetchgram.workers.nursery import warm_up
from fetchgram.workers.setup import Setup


def start(arguments: list[str]) -> NoReturn:
    """Import, then be a child.

    Args:
        arguments: Numbers of the job socket and of the output pipe; the setup as text.
    """
    setup = Setup.from_json(arguments[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm_up_s = warm_up(setup)
    connection = socket.socket(fileno=int(arguments[0]))
    child.live(connection, int(arguments[1]), setup, parent_pid=setup.parent_pid, warm_up_s=warm_up_s)
