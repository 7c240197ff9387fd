"""Isolated processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fetchgram.model import Json


class Workers(Protocol):
    """Isolated child processes of one plugin."""

    async def run(
        self,
        target: str,
        payload: Json,
        *,
        on_message: Callable[[Json], None] | None = None,
        workdir: Path | None = None,
        timeout_s: float | None = None,
        max_bytes: int | None = None,
    ) -> Json:
        """Run `package.module:function(payload, report)` in a warm child; cancelling kills it.

        Args:
            target: Import path of a function that takes and returns JSON.
            payload: Its argument.
            on_message: Called for each `report(...)` of the child.
            workdir: Locked by the child while it works.
            timeout_s: Longest time.
            max_bytes: Most bytes the workdir may grow to.

        Raises:
            WorkerCrashed, WorkerTimeout, TooLarge: The child was killed.
            FetchgramError: Whatever of the error tree the function raised.
        """
        ...
