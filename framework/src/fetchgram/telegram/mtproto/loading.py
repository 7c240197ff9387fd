"""Modules that import kurigram, which takes a second: loaded when a file needs them, in a thread, one at a time.

kurigram's modules import each other in circles. Where two threads do that at once, each waits for what the other one
has begun, and Python hands out half-made modules rather than let them wait for ever.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from types import ModuleType

_ONE_AT_A_TIME = threading.Lock()


async def loaded(name: str) -> ModuleType:
    """Return a module of this package.

    Args:
        name: Without the package.
    """
    return await asyncio.to_thread(_load, name)


def _load(name: str) -> ModuleType:
    with _ONE_AT_A_TIME:
        return importlib.import_module(f"{__package__}.{name}")
