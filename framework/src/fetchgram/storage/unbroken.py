"""Work on a connection that cancelling must not cut in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def unbroken(work: Coroutine[object, object, T]) -> T:
    """Let the work end, then be cancelled if somebody asked for that meanwhile.

    A statement in a connection's thread cannot be called back. SQLAlchemy gives up a connection that was cancelled in
    one; cancelled twice, it leaves a task behind that waits for ever (`AsyncAdapt_terminate` of SQLAlchemy 2.1 with
    aiosqlite 0.22).
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = None if task.cancelled() else error
        except Exception:  # noqa: BLE001  # raised below, from the task itself
            break
    if cancelled is not None:
        raise cancelled
    return task.result()
