"""What runs in the isolated child to fetch media: plain files from Instagram's media servers, no session needed."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias, cast

import requests
from instaloader.exceptions import (
    ConnectionException,
    QueryReturnedForbiddenException,
    QueryReturnedNotFoundException,
)

from fetchgram.api import DiskFull, Json, TemporarilyUnavailable, TooLarge
from fetchgram_instagram.client import Client

Report: TypeAlias = Callable[[Json], None]

_PIECE_BYTES = 128 * 1024
_EXPIRED = (QueryReturnedForbiddenException, QueryReturnedNotFoundException)
"""Addresses are signed for some hours."""


def fetch(payload: Mapping[str, Json], report: Report) -> Json:
    """Fetch files into the present folder; those that are there are not fetched again.

    Args:
        payload: `files` (name to address), their `total` bytes where known, `covers` (name to address, not missed where
            they cannot be had), `max_bytes`, `timeout_s`.
        report: Told `done` and `total`.

    Returns:
        Whether the addresses are still good.

    Raises:
        TemporarilyUnavailable: If the line was cut.
        TooLarge, DiskFull: As it went.
    """
    client = Client("", {}, budget=0, timeout_s=cast("float", payload["timeout_s"]))
    meter = _Meter(cast("int | None", payload["total"]), cast("int", payload["max_bytes"]), report)
    try:
        for name, url in cast("dict[str, str]", payload["files"]).items():
            _fetch_one(client, Path(name), url, meter.count)
        for name, url in cast("dict[str, str]", payload["covers"]).items():
            with suppress(ConnectionException, *_EXPIRED):
                _fetch_one(client, Path(name), url, lambda _size_bytes: None)
    except _EXPIRED:
        return {"good": False}
    except (ConnectionException, requests.RequestException) as error:
        raise TemporarilyUnavailable(f"{type(error).__name__} at a media server") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(error)) from error
        raise
    finally:
        client.close()
    return {"good": True}


class _Meter:
    """Counts bytes, says how far it is, and stops at the limit."""

    def __init__(self, total: int | None, max_bytes: int, report: Report) -> None:
        self._total = total
        self._max_bytes = max_bytes
        self._report = report
        self._done = 0

    def count(self, size_bytes: int) -> None:
        """Add some.

        Raises:
            TooLarge: If these are too many.
        """
        self._done += size_bytes
        if self._done > self._max_bytes:
            raise TooLarge(self._total, self._max_bytes)
        self._report({"done": self._done, "total": self._total})


def _fetch_one(client: Client, path: Path, url: str, count: Callable[[int], None]) -> None:
    """Fetch a file; it appears whole or not at all."""
    if path.exists():
        count(path.stat().st_size)
        return
    part = path.with_suffix(".part")
    with client.get_raw(url) as response, part.open("wb") as file:
        for piece in response.iter_content(_PIECE_BYTES):
            file.write(piece)
            count(len(piece))
    part.replace(path)
