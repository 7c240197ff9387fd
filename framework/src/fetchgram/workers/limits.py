"""What a child may use, and how it ties its life to its parent's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """Bounds of one child.

    Args:
        rss_bytes: Resident memory above which the child is killed.
        data_bytes: RLIMIT_DATA: writable private memory, so that an allocation fails inside the child. RLIMIT_AS is
            not used: a JavaScript engine reserves far more address space than it fills.
        open_files: RLIMIT_NOFILE.
        nice: Added to the bot's own niceness, so that the loop gets the processor first.
        jobs_per_child: After so many jobs a child is replaced.
        recycle_rss_bytes: Resident memory after a job above which the child is replaced.
        message_bytes: Size of one payload, report or answer.
        start_timeout_s: Time for the preloaded modules to be imported.
    """

    rss_bytes: int = 1024 * MIB
    data_bytes: int = 2048 * MIB
    open_files: int = 1024
    nice: int = 5
    jobs_per_child: int = 200
    recycle_rss_bytes: int = 400 * MIB
    message_bytes: int = 4 * MIB
    start_timeout_s: float = 60.0


def apply(limits: WorkerLimits) -> None:
    """Bind the limits to this process and to everything that it starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_DATA, limits.data_bytes)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    with contextlib.suppress(OSError):
        os.nice(limits.nice)


def _lower(which: int, wanted: int) -> None:
    _, hard = resource.getrlimit(which)
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(which, (value, value))


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel for SIGKILL when the parent ends, where it offers that (Linux: prctl(2)).

    Args:
        parent_pid: Who the parent should be; when it is gone already, this process ends at once.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def outlive_parent() -> None:
    """Take `die_with_parent` back, for a process that sees its parent's end by itself and has to clean up then."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def adopt_orphans() -> None:
    """Become the parent of grandchildren that outlive their parent, so that they can be found and killed."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
