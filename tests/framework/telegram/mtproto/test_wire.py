"""What a session writes, read with the server's own eyes."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from pyrogram.connection.transport import TCP
from pyrogram.raw import functions

from fetchgram.errors import CannotDeliver
from fetchgram.telegram.mtproto.envelopes import AuthKey
from fetchgram.telegram.mtproto.uploader import Part, PartData
from fetchgram.telegram.mtproto.wire import Wire
from fetchgram_sandbox.mtproto.envelopes import open_packet

from .conftest import PART, until

_HEAD = 16


@dataclass
class Recorder:
    """A transport that keeps copies of what it is given."""

    packets: list[bytes] = field(default_factory=list)

    async def send(self, packet: memoryview) -> None:
        self.packets.append(bytes(packet))


@dataclass
class SlowBulk:
    """Data that a thread takes its time to write."""

    count: int
    began: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    @property
    def size_bytes(self) -> int:
        return self.count

    def write_into(self, room: memoryview) -> None:
        self.began.set()
        assert self.may_end.wait(60)
        room[:] = b"\xaa" * len(room)


@dataclass
class Desk:
    """A wire, where its packets end, and the key to them."""

    auth: AuthKey = field(default_factory=lambda: AuthKey(os.urandom(256), salt=7))
    recorder: Recorder = field(default_factory=Recorder)
    executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def __post_init__(self) -> None:
        self.wire = Wire(cast("TCP", self.recorder), self.auth, self.executor)

    @property
    def bodies(self) -> list[bytes]:
        opened = [open_packet(packet, self.auth.key).message for packet in self.recorder.packets]
        return [message[_HEAD : _HEAD + int.from_bytes(message[12:_HEAD], "little")] for message in opened]


@pytest.mark.parametrize("count", [1, 253, 254, PART - 1, PART])
@pytest.mark.parametrize("is_small", [True, False])
async def test_a_part_is_written_as_kurigram_writes_it(tmp_path: Path, count: int, *, is_small: bool) -> None:
    desk, path, data = Desk(), tmp_path / "film.mp4", os.urandom(count)
    path.write_bytes(bytes(PART) + data)
    part = Part(file_id=5, number=1, total=2, is_small=is_small)
    await desk.wire.write(part, desk.wire.stamp(is_content=True), PartData(path, PART, count))
    fields = {"file_id": 5, "file_part": 1, "bytes": data}
    theirs = (
        functions.upload.SaveFilePart(**fields)
        if is_small
        else functions.upload.SaveBigFilePart(**fields, file_total_parts=2)
    )
    assert desk.bodies == [theirs.write()]


async def test_packets_of_all_sizes_follow_one_another(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "film.mp4"
    path.write_bytes(os.urandom(2 * PART))
    ping = functions.Ping(ping_id=3)
    for count in (100, PART, 7, PART):
        part = Part(file_id=5, number=0, total=2, is_small=False)
        await desk.wire.write(part, desk.wire.stamp(is_content=True), PartData(path, 0, count))
        await desk.wire.write(ping, desk.wire.stamp(is_content=False))
    assert desk.bodies[1::2] == [ping.write()] * 4
    assert [functions.upload.SaveBigFilePart.ID.to_bytes(4, "little") == body[:4] for body in desk.bodies[::2]] == [
        True
    ] * 4


async def test_a_part_that_is_given_up_spoils_no_later_message() -> None:
    desk, slow = Desk(), SlowBulk(PART)
    ping = functions.Ping(ping_id=3)
    writing = asyncio.ensure_future(desk.wire.write(ping, desk.wire.stamp(is_content=True), slow))
    await until(slow.began.is_set)
    writing.cancel()
    await asyncio.wait([writing])
    quick = SlowBulk(PART // 2)
    second = asyncio.ensure_future(desk.wire.write(ping, desk.wire.stamp(is_content=True), quick))
    await until(quick.began.is_set)
    quick.may_end.set()
    slow.may_end.set()
    await second
    assert desk.bodies == [ping.write() + b"\xaa" * (PART // 2)]


async def test_a_file_that_became_shorter_is_not_sent(tmp_path: Path) -> None:
    desk, path = Desk(), tmp_path / "film.mp4"
    path.write_bytes(bytes(100))
    part = Part(file_id=5, number=0, total=1, is_small=True)
    with pytest.raises(CannotDeliver):
        await desk.wire.write(part, desk.wire.stamp(is_content=True), PartData(path, 0, 101))
    assert desk.recorder.packets == []
