"""A light start: no library that another one would only like to have, and nothing thrown away that stays."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let imports in this block find no `name`, unless it was imported before.

    structlog takes rich and pygments for tracebacks that our logs do not use: a third of the time of `--help`.
    """
    if name in sys.modules:
        yield
        return
    # None is what makes an import fail: docs.python.org/3/reference/import.html#the-module-cache.
    sys.modules[name] = None  # type: ignore[assignment]  # documented, though not typed
    try:
        yield
    finally:
        del sys.modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage in this block, and never again among what it made: classes and functions stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
