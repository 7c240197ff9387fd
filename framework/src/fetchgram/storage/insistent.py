"""Work that does not hear at once that it was cancelled is told again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")

_AGAIN_S = 3.0


async def insistent(work: Coroutine[object, object, T], *, again_s: float = _AGAIN_S) -> T:
    """Do the work; when cancelled, cancel it until it has ended.

    Before Python 3.12 `asyncio.wait_for` loses a cancellation that comes in the moment in which it ends
    (github.com/python/cpython/issues/86296), and psycopg's pool waits with it for a connection.

    Args:
        work: What may lose one.
        again_s: How long it has each time to put away what it began.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=again_s)
