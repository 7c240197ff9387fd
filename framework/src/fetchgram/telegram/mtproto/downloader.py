"""Brings a file down in parts: core.telegram.org/api/files#downloading-files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from pyrogram.file_id import FileId as KurigramFileId
from pyrogram.raw import functions, types

from fetchgram.errors import ContentUnavailable, Reason, TemporarilyUnavailable
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import KeyLost, Refused
from fetchgram.telegram.mtproto.pool import Pool

_PART_BYTES = 1024 * 1024
"""The largest that `upload.getFile` gives."""
_UNDER_WAY = 4
_ANSWER_S = 45.0
"""Four parts in so long are 90 kB/s, less than any line of a server."""
_PART_S = 150.0
"""A part that has not come after three tries is left to the queue, and the file with it."""
_GONE = ("FILE_REFERENCE_", "FILE_ID_INVALID", "LOCATION_INVALID", "MEDIA_")
"""Beginnings of the errors of `upload.getFile` that another try does not heal."""


class Download:
    """One file on its way down.

    Args:
        file_id: As the bot was told; of a document, which every file above 20 MB is.
        size_bytes: As the message said.
        path: Where to; what is there is written over.
        on_progress: Called with the bytes done, of how many.

    Raises:
        ContentUnavailable: It is no such id.
    """

    def __init__(
        self, file_id: str, size_bytes: int, path: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        self._location = _location_of(file_id)
        self._size_bytes = size_bytes
        self._path = path
        self._on_progress = on_progress
        self._done_bytes = 0

    async def run(self, pool: Pool) -> None:
        """Fetch everything; what is not whole does not stay.

        Args:
            pool: Connections to the data centre where it lies.

        Raises:
            ContentUnavailable: Telegram does not have it any more.
            Refused: It lies in another data centre.
            TemporarilyUnavailable: The line is down, or less came than was promised.
            KeyLost: The login is void.
        """
        self._done_bytes = 0
        try:
            self._path.write_bytes(b"")
            await self._take_all(pool)
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise

    async def _take_all(self, pool: Pool) -> None:
        offsets = iter(range(0, self._size_bytes, _PART_BYTES))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_UNDER_WAY):
                    group.create_task(self._take(pool, offsets))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def _take(self, pool: Pool, offsets: Iterator[int]) -> None:
        for offset in offsets:
            data = await self._part(pool, offset)
            if len(data) != min(_PART_BYTES, self._size_bytes - offset):
                raise TemporarilyUnavailable(f"{len(data)} bytes came at {offset} of {self._size_bytes}")
            await asyncio.to_thread(_write, self._path, offset, data)
            self._done_bytes += len(data)
            self._on_progress(self._done_bytes, self._size_bytes)

    async def _part(self, pool: Pool, offset: int) -> bytes:
        query = functions.upload.GetFile(location=self._location, offset=offset, limit=_PART_BYTES)
        try:
            async with asyncio.timeout(_PART_S):
                return bytes((await pool.call(query, timeout_s=_ANSWER_S)).bytes)
        except TimeoutError as error:
            raise TemporarilyUnavailable(f"no part came within {_PART_S:.0f} s") from error
        except Refused as refused:
            raise _meaning(refused) from None


def _meaning(refused: Refused) -> Exception:
    """Say what a refusal is about: the file, its place, the login, or nothing that lasts."""
    if refused.message.startswith(_GONE):
        return ContentUnavailable(Reason.GONE, str(refused))
    if refused.is_login_lost:
        return KeyLost(str(refused))
    if refused.data_centre is not None:
        return refused
    return TemporarilyUnavailable(f"MTProto: {refused}")


def _location_of(file_id: str) -> TL:
    try:
        found = KurigramFileId.decode(file_id)
    except Exception as error:  # whatever a broken id runs into
        raise ContentUnavailable(Reason.GONE, f"no file id: {error!r}") from error
    return types.InputDocumentFileLocation(
        id=found.media_id, access_hash=found.access_hash, file_reference=found.file_reference, thumb_size=""
    )


def _write(path: Path, offset: int, data: bytes) -> None:
    """Write a part; opened anew each time, so that a cancelled download leaves no descriptor to a busy thread."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
