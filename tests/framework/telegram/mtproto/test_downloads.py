"""Files that people send, fetched over MTProto from the emulated server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from fetchgram.errors import ContentUnavailable, TemporarilyUnavailable
from fetchgram.telegram.mtproto import downloader
from fetchgram_sandbox import fileids
from fetchgram_sandbox.faults import Fault

from .conftest import Sender, until

GET = "upload.getFile"
MIB = 1024 * 1024


class Sent:
    """A file that the person sent to the bot."""

    def __init__(self, sender: Sender, path: Path, file_id: str) -> None:
        self.path = path
        self.into = path.with_name("fetched.part")
        self.reports: list[tuple[int, int | None]] = []
        self._sender, self._file_id = sender, file_id

    async def fetch(self) -> None:
        await self._sender.gateway.fetch(
            self._file_id, self.path.stat().st_size, self.into, lambda done, total: self.reports.append((done, total))
        )

    @property
    def is_whole(self) -> bool:
        return self.into.read_bytes() == self.path.read_bytes()


Send: TypeAlias = Callable[..., Awaitable[Sent]]


@pytest.fixture
def send(sender: Sender) -> Send:
    async def make(size_bytes: int = 6 * MIB + 1) -> Sent:
        media = sender.file(size_bytes)
        message = await sender.person.send_file(media.path, "document")
        assert message.file is not None
        return Sent(sender, media.path, fileids.encode(message.file.kind, message.file.number))

    return make


def refuse(sender: Sender, message: str, code: int = 400, times: int = 1) -> None:
    sender.server.world.faults.add(Fault(GET, "error", error_code=code, description=message, times=times))


def hold_at(sender: Sender, offset: int) -> None:
    """Give nothing from there on."""

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        at = params.get("offset")
        return Fault(GET, "lost") if method == GET and isinstance(at, int) and at >= offset else None

    sender.server.world.faults.add_rule(rule)


@pytest.mark.parametrize("size_bytes", [1, MIB - 1, MIB, MIB + 1, 12 * MIB + 7], ids=str)
async def test_a_file_of_any_size_comes_byte_for_byte_and_says_how_far_it_is(send: Send, size_bytes: int) -> None:
    sent = await send(size_bytes)
    await sent.fetch()
    assert sent.is_whole
    done = [bytes_done for bytes_done, _ in sent.reports]
    assert done == sorted(done)
    assert sent.reports[-1] == (size_bytes, size_bytes)


async def test_a_login_that_is_lost_is_made_again(send: Send, sender: Sender) -> None:
    sent = await send()
    await sender.gateway.check()
    sender.server.registry.forget()
    await sent.fetch()
    assert sent.is_whole


async def test_a_login_that_somebody_ended_is_made_again(send: Send, sender: Sender) -> None:
    sent = await send()
    await sender.gateway.check()
    sender.server.registry.log_out(sender.server.world.bot.id)
    await sent.fetch()
    assert sent.is_whole


@pytest.mark.parametrize("kind", ["close", "lost"])
async def test_a_part_whose_answer_does_not_come_is_asked_for_again(
    send: Send, sender: Sender, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloader, "_ANSWER_S", 2.0)
    sent = await send()
    sender.server.world.faults.add(Fault(GET, kind, times=2))
    await sent.fetch()
    assert sent.is_whole


async def test_a_flood_wait_is_waited_for(send: Send, sender: Sender) -> None:
    sent = await send()
    refuse(sender, "FLOOD_WAIT_1", 420, times=2)
    await sent.fetch()
    assert sent.is_whole


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        ("FILE_REFERENCE_EXPIRED", 400, ContentUnavailable),
        ("LOCATION_INVALID", 400, ContentUnavailable),
        ("SOMETHING_NEW", 400, TemporarilyUnavailable),
        ("FLOOD_WAIT_4000", 420, TemporarilyUnavailable),
    ],
)
async def test_a_file_that_cannot_be_had_is_told_and_leaves_nothing(
    send: Send, sender: Sender, name: str, code: int, error: type[Exception]
) -> None:
    sent = await send()
    refuse(sender, name, code, times=8)
    with pytest.raises(error):
        await sent.fetch()
    assert not sent.into.exists()
    # The way for uploads is none the worse for it.
    assert sender.gateway.down is None


async def test_a_server_that_falls_silent_is_left_in_time(
    send: Send, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloader, "_PART_S", 1.0)
    sent = await send()
    hold_at(sender, 4 * MIB)
    with pytest.raises(TemporarilyUnavailable):
        await sent.fetch()
    assert not sent.into.exists()


async def test_who_cancels_in_the_middle_leaves_no_byte_and_no_connection(send: Send, sender: Sender) -> None:
    sent = await send(12 * MIB)
    hold_at(sender, 4 * MIB)
    fetching = asyncio.ensure_future(sent.fetch())
    await until(lambda: sent.reports)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert not sent.into.exists()
    await until(lambda: sender.server.connections == 0)


async def test_a_file_that_is_shorter_than_its_message_said_is_no_file(send: Send) -> None:
    sent = await send()
    whole = sent.path.read_bytes()
    sent.path.write_bytes(whole + b"more")
    with pytest.raises(TemporarilyUnavailable):
        await sent.fetch()
    assert not sent.into.exists()


async def test_what_is_no_file_id_is_told(sender: Sender, tmp_path: Path) -> None:
    with pytest.raises(ContentUnavailable):
        await sender.gateway.fetch("nonsense", 10, tmp_path / "x", lambda _done, _total: None)
    assert not (tmp_path / "x").exists()
