"""A file goes up while another process still writes it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable
from fetchgram.telegram.mtproto.growing import Growth
from fetchgram.telegram.mtproto.uploader import Upload
from fetchgram.testing import FakeLedger
from fetchgram_sandbox.mtproto.server import MtprotoServer

from .conftest import PART, Sender, until

PARTS = 24
SIZE = PARTS * PART - 7
WRITER = """
import os, sys
with open(sys.argv[1], "wb", buffering=0) as file:
    for line in sys.stdin:
        file.write(os.urandom(int(line)))
        print(flush=True)
"""
"""Writes as many bytes as it is told, and says when they are there."""

Write: TypeAlias = Callable[[int], Awaitable[None]]


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, str(tmp_path / "growing")), stdin=PIPE, stdout=PIPE
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.fixture
def write(writer: Process) -> Write:
    async def tell(count: int) -> None:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(f"{count}\n".encode())
        await writer.stdout.readline()

    return tell


class Growing:
    """The upload of the file that is being written."""

    def __init__(self, sender: Sender, *, silence_s: float = 20.0) -> None:
        self.path = sender.folder / "growing"
        self.ledger = FakeLedger()
        self.reports: list[int] = []
        self._sender, self._silence_s = sender, silence_s

    async def run(self, size_bytes: int = SIZE, *, grows: bool = True) -> int:
        """Bring it up and return the number under which it is there."""
        growth = Growth(self.path, size_bytes, silence_s=self._silence_s) if grows else None
        async with self._sender.gateway.use() as pool:
            upload = Upload(
                pool,
                self.path,
                "film.mp4",
                ledger=self.ledger,
                key="a",
                on_progress=self.reports.append,
                growth=growth,
            )
            return int((await upload.run()).id)


async def _arrived(mtproto: MtprotoServer, file_id: int) -> bytes:
    (partial,) = [found for (_, number), found in mtproto.desk.uploads._partials.items() if number == file_id]
    return (await asyncio.to_thread(partial.path.read_bytes))[:SIZE]


async def test_parts_go_up_as_they_come_and_the_whole_is_the_file(
    sender: Sender, mtproto: MtprotoServer, write: Write
) -> None:
    growing = Growing(sender)
    await write(3 * PART + 100)
    uploading = asyncio.ensure_future(growing.run())
    await until(lambda: sender.parts_received == 3)
    assert growing.reports[-1] == 3 * PART
    await write(9 * PART)
    await until(lambda: sender.parts_received == 12)
    assert not uploading.done()
    await write(SIZE - 12 * PART - 100)
    assert await _arrived(mtproto, await uploading) == growing.path.read_bytes()
    assert sender.parts_received == PARTS


async def test_a_small_one_gets_its_checksum_at_the_end(sender: Sender, mtproto: MtprotoServer, write: Write) -> None:
    growing = Growing(sender)
    await write(100)
    uploading = asyncio.ensure_future(growing.run(PART + 1))
    await write(PART - 99)
    file_id = await uploading
    assert (await _arrived(mtproto, file_id))[: PART + 1] == growing.path.read_bytes()


async def test_what_went_up_while_it_grew_is_not_sent_again_when_it_is_whole(sender: Sender, write: Write) -> None:
    growing = Growing(sender)
    await write(SIZE)
    first = await growing.run()
    assert await growing.run(grows=False) == first
    assert sender.parts_received == PARTS


async def test_a_writer_that_began_anew_makes_it_another_upload(sender: Sender, write: Write) -> None:
    growing = Growing(sender)
    await write(SIZE)
    first = await growing.run()
    growing.path.write_bytes(bytes(SIZE))
    assert await growing.run(grows=False) != first


async def test_a_writer_that_died_is_told_and_what_is_there_stays_there(
    sender: Sender, writer: Process, write: Write
) -> None:
    growing = Growing(sender, silence_s=1.0)
    await write(5 * PART)
    writer.kill()
    with pytest.raises(TemporarilyUnavailable, match=f"stopped growing at {5 * PART} of {SIZE}"):
        await growing.run()
    assert sender.parts_received == 5


@pytest.mark.parametrize("size_bytes", [2 * PART, SIZE + 1])
async def test_a_file_that_shrinks_or_grows_beyond_its_size_is_another_one(
    sender: Sender, write: Write, size_bytes: int
) -> None:
    growing = Growing(sender)
    await write(5 * PART)
    uploading = asyncio.ensure_future(growing.run())
    await until(lambda: sender.parts_received == 5)
    with growing.path.open("r+b") as file:
        file.truncate(size_bytes)
    with pytest.raises(CannotDeliver, match=f"has {size_bytes} bytes"):
        await uploading


async def test_a_file_that_goes_away_is_told(sender: Sender, write: Write) -> None:
    growing = Growing(sender)
    await write(5 * PART)
    uploading = asyncio.ensure_future(growing.run())
    await until(lambda: sender.parts_received == 5)
    growing.path.unlink()
    with pytest.raises(CannotDeliver, match="went away"):
        await uploading


async def test_who_cancels_while_it_grows_gives_the_connections_back(sender: Sender, write: Write) -> None:
    growing = Growing(sender)
    await write(5 * PART)
    uploading = asyncio.ensure_future(growing.run())
    await until(lambda: sender.parts_received == 5)
    uploading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await uploading
    await until(lambda: sender.server.connections == 0)
