"""The guarded way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer from the web, read through the guarded network."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Network(Protocol):
    """The guarded way out: http(s) only, public addresses only, bounded."""

    @property
    def proxy_url(self) -> str:
        """The filter, for libraries that take a proxy."""
        ...

    def child_env(self) -> dict[str, str]:
        """Environment that leads a child process through the filter."""
        ...

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_s: float = 20, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Read a small thing.

        Raises:
            TooLarge: If the body passes `max_bytes`.
            ContentUnavailable: If the address is forbidden or the server cannot be reached.
        """
        ...

    async def download(
        self, url: str, path: Path, *, max_bytes: int, timeout_s: float = 3600, headers: Mapping[str, str] | None = None
    ) -> int:
        """Read a thing into a file and return its size in bytes.

        Raises:
            TooLarge: If the body passes `max_bytes`.
            ContentUnavailable: If it is not there, or its address is forbidden.
        """
        ...
