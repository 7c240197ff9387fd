"""Parts of files on disk until a message takes them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from fetchgram_sandbox.files import FileStore, Upload
from fetchgram_sandbox.mtproto.answers import TL, bad_request
from fetchgram_sandbox.mtproto.limits import MtprotoLimits

_COPY_BYTES = 1024 * 1024
_KEPT_PARTS = 10_000


@dataclass(slots=True)
class _Partial:
    """A file of which some parts are there; each lies at its number times the largest part."""

    path: Path
    slot_bytes: int
    sizes: dict[int, int] = field(default_factory=dict)


class Uploads:
    """Keeps the parts that accounts have sent.

    Args:
        files: Takes the finished files.
        limits: How large and how many parts may be.

    Attributes:
        received_bytes: Of all parts, also repeated ones.
        received: How often each part number arrived, by file id.
        order: Whose parts arrived, one after the other: file ids.
    """

    def __init__(self, files: FileStore, limits: MtprotoLimits) -> None:
        self._files = files
        self._limits = limits
        self._partials: dict[tuple[int, int], _Partial] = {}
        self.received_bytes = 0
        self.received: dict[int, dict[int, int]] = {}
        self.order: deque[int] = deque(maxlen=_KEPT_PARTS)

    async def save(self, user_id: int, query: TL, *, most_parts: int) -> None:
        """Keep one part.

        Raises:
            Refusal: It is empty, too large or beyond the last one allowed.
        """
        self._check(query, most_parts)
        partial = self._partials.get((user_id, query.file_id))
        if partial is None:
            partial = _Partial(self._files.new_path(), self._limits.part_bytes)
            self._partials[user_id, query.file_id] = partial
        await asyncio.to_thread(_write, partial, query.file_part, query.bytes)
        partial.sizes[query.file_part] = len(query.bytes)
        self.received_bytes += len(query.bytes)
        counts = self.received.setdefault(query.file_id, {})
        counts[query.file_part] = counts.get(query.file_part, 0) + 1
        self.order.append(query.file_id)

    def forget(self, part: int) -> None:
        """Lose a part of every unfinished file, as servers do after a while."""
        for partial in self._partials.values():
            partial.sizes.pop(part, None)

    async def take(self, user_id: int, file: TL) -> Upload:
        """Put the parts of a file together; they are gone then.

        Raises:
            Refusal: A part is missing, or the checksum differs.
        """
        partial = self._partials.get((user_id, file.id))
        if partial is None or file.parts <= 0:
            raise bad_request("FILE_PARTS_INVALID" if partial else "FILE_PART_0_MISSING")
        missing = next((part for part in range(file.parts) if part not in partial.sizes), None)
        if missing is not None:
            raise bad_request(f"FILE_PART_{missing}_MISSING")
        await asyncio.to_thread(_join, partial, file.parts)
        checksum = getattr(file, "md5_checksum", "")
        if checksum and await asyncio.to_thread(_md5, partial.path) != checksum:
            raise bad_request("MD5_CHECKSUM_INVALID")
        del self._partials[user_id, file.id]
        return Upload(partial.path, Path(file.name).name)

    def _check(self, query: TL, most_parts: int) -> None:
        if not query.bytes:
            raise bad_request("FILE_PART_EMPTY")
        if len(query.bytes) > self._limits.part_bytes:
            raise bad_request("FILE_PART_TOO_BIG")
        total = getattr(query, "file_total_parts", 0)
        if total > most_parts:
            raise bad_request("FILE_PARTS_INVALID")
        if not 0 <= query.file_part < most_parts:
            raise bad_request("FILE_PART_INVALID")
        # All parts but the last are of one size that divides 512 KiB (core.telegram.org/api/files).
        if 0 <= query.file_part < total - 1 and self._limits.part_bytes % len(query.bytes):
            raise bad_request("FILE_PART_SIZE_INVALID")


def _write(partial: _Partial, part: int, data: bytes) -> None:
    descriptor = os.open(partial.path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, data, part * partial.slot_bytes)
    finally:
        os.close(descriptor)


def _join(partial: _Partial, parts: int) -> None:
    """Close the gaps behind parts that do not fill their slots, and cut the end."""
    sizes = [partial.sizes[part] for part in range(parts)]
    starts = list(itertools.accumulate(sizes, initial=0))
    with partial.path.open("r+b") as file:
        for part, size in enumerate(sizes):
            if starts[part] != part * partial.slot_bytes:
                file.seek(part * partial.slot_bytes)
                data = file.read(size)
                file.seek(starts[part])
                file.write(data)
        file.truncate(starts[-1])


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(_COPY_BYTES):
            digest.update(data)
    return digest.hexdigest()
