"""Brings a file up in parts, and goes on where an earlier attempt stopped.

See core.telegram.org/api/files#uploading-files: parts of 512 KiB, in any order, repeated as often as need be.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pyrogram.raw import functions, types

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable
from fetchgram.model import Json
from fetchgram.ports import Ledger
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.growing import Growth
from fetchgram.telegram.mtproto.pool import Pool

PART_BYTES = 512 * 1024
_SMALL_BYTES = 10 * 1024 * 1024
"""Up to here a file has a checksum and no announced number of parts."""
_NOTED_PARTS = 16
"""A crash repeats no more than this: 8 MiB, one window."""
_READ_BYTES = 1024 * 1024
_LONG_FORM = 254
"""From so many bytes on, their number takes three more."""


@dataclass(frozen=True, slots=True)
class Part:
    """A call of `upload.saveFilePart` or `upload.saveBigFilePart` up to its last field, the data."""

    file_id: int
    number: int
    total: int
    is_small: bool

    def write(self, *_: object) -> bytes:
        """Serialise it."""
        if self.is_small:
            return struct.pack("<Iqi", functions.upload.SaveFilePart.ID, self.file_id, self.number)
        return struct.pack("<Iqii", functions.upload.SaveBigFilePart.ID, self.file_id, self.number, self.total)


@dataclass(frozen=True, slots=True)
class PartData:
    """A part's data, which is read from disk only when it is written to the line: waiting parts take no memory.

    Args:
        path: The file.
        offset: Where the part begins.
        count: Its bytes.
    """

    path: Path
    offset: int
    count: int

    @property
    def size_bytes(self) -> int:
        """Return how much room it takes (core.telegram.org/mtproto/serialize#base-types)."""
        head = len(self._head())
        return head + self.count + -(head + self.count) % 4

    def write_into(self, room: memoryview) -> None:
        """Read the file.

        Raises:
            CannotDeliver: It is shorter than it was.
        """
        head = self._head()
        end = len(head) + self.count
        room[: len(head)] = head
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            if file.readinto(room[len(head) : end]) != self.count:
                raise CannotDeliver("the file became shorter while it was sent")
        room[end:] = bytes(len(room) - end)

    def _head(self) -> bytes:
        if self.count < _LONG_FORM:
            return bytes([self.count])
        return bytes([_LONG_FORM]) + self.count.to_bytes(3, "little")


@dataclass(slots=True)
class Progress:
    """What the server has of a file, as the ledger keeps it."""

    file_id: int
    size_bytes: int
    changed_ns: int
    done: set[int] = field(default_factory=set)

    def encode(self) -> Json:
        """Write it down; the parts as ranges."""
        return {
            "file_id": self.file_id,
            "size_bytes": self.size_bytes,
            "changed_ns": self.changed_ns,
            "done": cast("Json", _ranges(self.done)),
        }

    @classmethod
    def decode(cls, value: Json, size_bytes: int, changed_ns: int) -> Progress:
        """Read what was written, if it is about the same file, else begin anew."""
        fresh = cls(secrets.randbits(63), size_bytes, changed_ns)
        if not isinstance(value, dict) or (value["size_bytes"], value["changed_ns"]) != (size_bytes, changed_ns):
            return fresh
        done = {part for first, last in cast("list[list[int]]", value["done"]) for part in range(first, last + 1)}
        return cls(cast("int", value["file_id"]), size_bytes, changed_ns, done)


class Upload:
    """One file on its way up.

    Args:
        pool: The connections.
        path: The file; what is there of it does not change meanwhile.
        name: What the person sees.
        ledger: Where progress is kept.
        key: Under which name.
        on_progress: Called with the bytes that the server has acknowledged.
        growth: Of a file that is still being written: parts go up as they come.
    """

    def __init__(
        self,
        pool: Pool,
        path: Path,
        name: str,
        *,
        ledger: Ledger,
        key: str,
        on_progress: Callable[[int], None],
        growth: Growth | None = None,
    ) -> None:
        self._pool = pool
        self._path = path
        self._name = name
        self._ledger = ledger
        self._key = key
        self._on_progress = on_progress
        self._noted = 0
        self._growth = growth
        self._size = growth.size_bytes if growth is not None else path.stat().st_size
        self.total = -(-self._size // PART_BYTES)
        self._progress = Progress(0, self._size, 0)

    async def run(self) -> TL:
        """Send what is missing and return the `InputFile`.

        Raises:
            CannotDeliver: The file is empty, or becomes another one while it grows.
            Refused, TemporarilyUnavailable, KeyLost: As `Pool.send_part`.
        """
        if not self._size:
            raise CannotDeliver("an empty file")
        self._progress = await self._begun()
        self._noted = len(self._progress.done)
        if not self._progress.done:
            await self._note()
        try:
            await self._send(part for part in range(self.total) if part not in self._progress.done)
        finally:
            with suppress(TemporarilyUnavailable):  # the job was cancelled, and its lease with it
                await asyncio.shield(self._note())
        if self._growth is not None:  # from now on it is a file like any, and these are its parts
            self._growth, self._progress.changed_ns = None, await self._stamp()
            await self._note()
        return await self._input_file()

    async def repair(self, part: int) -> None:
        """Send a part again that the server has lost."""
        self._progress.done.discard(part)
        await self._send([part])

    async def restart(self) -> TL:
        """Send everything under a new id: the server has lost the old one."""
        await self._ledger.put(self._key, None)
        return await self.run()

    async def _begun(self) -> Progress:
        """Return what an earlier attempt noted; nobody knows whether a file that grew anew is the same."""
        if self._growth is not None:
            return Progress(secrets.randbits(63), self._size, 0)
        return Progress.decode(await self._ledger.get(self._key), self._size, await self._stamp())

    async def _stamp(self) -> int:
        return (await asyncio.to_thread(self._path.stat)).st_mtime_ns

    async def _send(self, parts: Iterable[int]) -> None:
        """Keep as many parts under way as the pool lets in; the next one is asked for when one got in."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in parts:
                    if self._growth is not None:
                        await self._growth.reaches(min((number + 1) * PART_BYTES, self._size))
                    began = asyncio.Event()
                    group.create_task(self._send_part(number, began))
                    await began.wait()
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def _send_part(self, number: int, began: asyncio.Event) -> None:
        part = Part(self._progress.file_id, number, self.total, self._size <= _SMALL_BYTES)
        offset = number * PART_BYTES
        data = PartData(self._path, offset, min(PART_BYTES, self._size - offset))
        try:
            await self._pool.send_part(part, data, began.set)
        finally:
            began.set()
        self._progress.done.add(number)
        self._on_progress(self._acknowledged_bytes())
        if len(self._progress.done) - self._noted >= _NOTED_PARTS:
            await self._note()

    def _acknowledged_bytes(self) -> int:
        return min(len(self._progress.done) * PART_BYTES, self._size)

    async def _note(self) -> None:
        self._noted = len(self._progress.done)
        await self._ledger.put(self._key, self._progress.encode())

    async def _input_file(self) -> TL:
        where = {"id": self._progress.file_id, "parts": self.total, "name": self._name}
        if self._size > _SMALL_BYTES:
            return types.InputFileBig(**where)
        return types.InputFile(**where, md5_checksum=await asyncio.to_thread(_md5, self._path))


def _ranges(parts: set[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for part in sorted(parts):
        if found and part == found[-1][1] + 1:
            found[-1][1] = part
        else:
            found.append([part, part])
    return found


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(_READ_BYTES):
            digest.update(data)
    return digest.hexdigest()
