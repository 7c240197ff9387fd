"""Sync hooks run in daemon threads: one that hangs can be left behind and does not hold the end of the process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable


class _Outcome:
    """What a thread came to."""

    def __init__(self) -> None:
        self.result: object = None
        self.error: BaseException | None = None

    def value(self) -> object:
        if self.error is not None:
            raise self.error
        return self.result


async def run(function: Callable[..., object], *args: object, limit_s: float) -> object:
    """Call the function in a thread of its own and wait for it without holding the loop.

    Raises:
        TimeoutError: If it takes longer; the thread is left behind.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed while the thread hung
            loop.call_soon_threadsafe(ended.set)

    outcome = _start(function, args, tell)
    async with asyncio.timeout(limit_s):
        await ended.wait()
    return outcome.value()


def run_blocking(function: Callable[..., object], *args: object, limit_s: float) -> object:
    """Do the same where there is no loop.

    Raises:
        TimeoutError: If it takes longer; the thread is left behind.
    """
    ended = threading.Event()
    outcome = _start(function, args, ended.set)
    if not ended.wait(limit_s):
        raise TimeoutError
    return outcome.value()


def _start(function: Callable[..., object], args: tuple[object, ...], tell: Callable[[], None]) -> _Outcome:
    outcome = _Outcome()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.result = context.run(function, *args)
        except BaseException as error:  # noqa: BLE001  # it belongs to who waits, sys.exit too
            outcome.error = error
        tell()

    threading.Thread(target=work, name="plugin-hook", daemon=True).start()
    return outcome
