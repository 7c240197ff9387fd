"""What a running stage is given: where it says how far it is, and what it keeps of a delivery."""

from __future__ import annotations

from typing import Protocol

from fetchgram.model import Growing, Json


class Sink(Protocol):
    """Where a running stage says how far it is."""

    @property
    def max_bytes(self) -> int | None:
        """Return how much a download may bring, all files together; `None` where only the plugin's own limit holds."""
        ...

    def progress(self, done: int, total: int | None) -> None:
        """Say how many bytes of how many are done; may be called often and from any task of the loop."""
        ...

    def announce(self, growing: Growing) -> None:
        """Offer a file that may be sent while it grows."""
        ...


class Ledger(Protocol):
    """Durable small values of one delivery; a write is on disk when the call returns."""

    async def get(self, key: str) -> Json:
        """Return the value, or `None`."""
        ...

    async def put(self, key: str, value: Json) -> None:
        """Store a value; `TemporarilyUnavailable` when this worker's lease has passed to another one."""
        ...
