"""Commands that can be interrupted: what they began is put away before they end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BY_SIGNAL = 128
"""What shells add to a signal's number in an exit code."""


class Interrupted(Exception):
    """The command was told to stop, and has put away what it began.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = _BY_SIGNAL + number


def run_until_signal(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine; Ctrl-C and SIGTERM cancel it, a second one ends the process at once.

    Raises:
        Interrupted: If a signal came first.
    """
    return asyncio.run(_until_signal(work))


async def _until_signal(work: Coroutine[object, object, T]) -> T:
    task = asyncio.ensure_future(work)
    came: list[int] = []
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _stop, number, task, came)
    try:
        return await task
    except asyncio.CancelledError:
        if came:
            raise Interrupted(came[0]) from None
        raise


def _stop(number: int, task: asyncio.Future[T], came: list[int]) -> None:
    if came:
        os._exit(_BY_SIGNAL + number)  # children end when their pipe does
    came.append(number)
    task.cancel()
