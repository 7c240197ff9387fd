"""A script that binds limits to itself and becomes another program; it imports the standard library alone.

Between fork and exec of a process with threads nothing but C is safe, so this runs after the exec. Its arguments are
the parent's process id, a niceness, a data limit in bytes and the command.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_CLONE_NEWNET = 0x40000000  # <linux/sched.h>
_CLONE_NEWUSER = 0x10000000


def main(arguments: list[str]) -> None:
    """Take the limits, then become the command."""
    parent_pid, nice, data_bytes = map(int, arguments[:3])
    command = arguments[3:]
    # What is meant for the bot, and reaches the whole group, ends nothing here. Blocked, not ignored: ffmpeg brings
    # handlers of its own, and would end with a file that is cut off.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    with contextlib.suppress(OSError):
        os.nice(nice)
    if sys.platform == "linux":
        _bind_to_parent(parent_pid)
    os.execv(command[0], command)  # noqa: S606  # the very purpose; no shell


def _bind_to_parent(parent_pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    # An empty network, where the host lets us have one. Before PDEATHSIG: a change of credentials clears that.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
