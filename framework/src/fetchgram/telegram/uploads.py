"""Local files on their way up, counted as they are read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import BinaryIO

from aiogram import Bot
from aiogram.types import FSInputFile, InputFile

from fetchgram.ports import Sink

_CHUNK_BYTES = 256 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/]|[\u202a-\u202e\u2066-\u2069]')
"""No quote, line break or path may reach the multipart header; marks that turn the reading direction hide an ending."""
_MOST_NAME_BYTES = 200
_LONGEST_ENDING = 10


class CountedFile(InputFile):
    """A file that says how much of it was read.

    Args:
        path: What to send.
        filename: What the person sees.
        on_read: Called with the bytes read so far; falls back to 0 when an attempt begins anew.

    Attributes:
        exhausted: Whether it was read to its end; before that no server can have the whole request.
        watch: Called at each piece, by whoever watches for a stall.
    """

    def __init__(self, path: Path, filename: str, on_read: Callable[[int], None] | None = None) -> None:
        super().__init__(filename=safe_name(filename), chunk_size=_CHUNK_BYTES)
        self.path = path
        self.exhausted = False
        self.watch: Callable[[], None] | None = None
        self._on_read = on_read
        self._file: BinaryIO | None = None

    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:  # noqa: ARG002  # aiogram's signature
        """Yield the content piece by piece, from the start at each attempt."""
        self.exhausted, done = False, 0
        # Opened here and not in a thread: a cancelled wait for the thread would leave the file open for ever.
        self._file = file = self.path.open("rb")  # a local file that was just written
        while chunk := await asyncio.to_thread(file.read, self.chunk_size):
            yield chunk
            done += len(chunk)
            self._tell(done)
        self.exhausted = True
        self._tell(done)

    def close(self) -> None:
        """Close the file: a request that is cut short leaves its generator where it stood."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _tell(self, done: int) -> None:
        if self.watch is not None:
            self.watch()
        if self._on_read is not None:
            self._on_read(done)


class HandedFile(FSInputFile):
    """A file that a Bot API server on this machine reads by itself, and that is named instead of sent.

    See core.telegram.org/bots/api#using-a-local-bot-api-server. The last part of its path is the name that people see.
    """

    @property
    def uri(self) -> str:
        """Return its name as it is: the server decodes nothing."""
        return f"file://{self.path}"


def handed(path: Path, name: str) -> HandedFile:
    """Give a file a link under the name that the person is to see; blocking."""
    link = path.with_name(f"{path.name}.handed") / safe_name(name)
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.hardlink_to(path)
    return HandedFile(link)


class Meter:
    """Adds up what was read of all files of a delivery.

    Args:
        sink: Hears of it.
        total_bytes: Of all files.
    """

    def __init__(self, sink: Sink, total_bytes: int) -> None:
        self._sink = sink
        self._total = total_bytes
        self._done: dict[Path, int] = {}

    def open(self, path: Path, filename: str) -> CountedFile:
        """Return a file that is counted here."""
        return CountedFile(path, filename, lambda done: self.count(path, done))

    def count(self, path: Path, done: int) -> None:
        """Note how far a file is."""
        self._done[path] = done
        self._sink.progress(min(sum(self._done.values()), self._total), self._total)


def safe_name(name: str) -> str:
    """Return a file name that cannot break the form it travels in; the ending survives a cut."""
    cleaned = _UNSAFE.sub("_", name.encode(errors="replace").decode()).strip(" .") or "file"
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        stem, ending = cleaned, ""
    room = _MOST_NAME_BYTES - len(ending.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"{stem}.{ending}" if ending else stem
