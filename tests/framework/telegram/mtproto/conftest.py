"""The real uploader on the emulated server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog

from fetchgram.clock import SystemClock
from fetchgram.model import Chat, Delivery, Media, MediaKind, Receipt
from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.testing import FakeLedger, FakeSink
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import StoredFile
from fetchgram_sandbox.person import Person

PART = 512 * 1024


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(sort_keys=True)])
    yield
    structlog.reset_defaults()


def settings_for(emulated: MtprotoServer, /, **given: object) -> MtprotoSettings:
    application = emulated.desk.application
    return MtprotoSettings.model_validate(
        {
            "api_id": application.api_id,
            "api_hash": application.api_hash,
            "server": f"127.0.0.1:{emulated.port}",
            "public_key": emulated.key.pem,
            **given,
        }
    )


@dataclass
class Sender:
    """A bot's way into MTProto, and what it sent."""

    gateway: Gateway
    server: MtprotoServer
    person: Person
    folder: Path
    unreachable: list[Chat]
    ledger: FakeLedger = field(default_factory=FakeLedger)
    sink: FakeSink = field(default_factory=FakeSink)

    def file(self, size_bytes: int, name: str = "film.mp4", kind: MediaKind = MediaKind.DOCUMENT) -> Media:
        path = self.folder / name
        path.write_bytes(os.urandom(size_bytes))
        return Media(path=path, kind=kind, mime="video/mp4", size_bytes=size_bytes, caption="a film", file_name=name)

    def text(self, words: str) -> Media:
        path = self.folder / "text.txt"
        path.write_text(words, encoding="utf-8")
        size_bytes = path.stat().st_size
        return Media(path=path, kind=MediaKind.TEXT, mime="text/plain", size_bytes=size_bytes, caption=words)

    def delivery(self, number: int = 1, **place: object) -> Delivery:
        bot = self.server.world.bot
        chat = replace(Chat(bot_id=bot.id, chat=self.person.id), **place)  # type: ignore[arg-type] # a Chat's fields
        return Delivery(id=number, job_id=1, request_id=1, destination=chat)

    async def send(self, *media: Media, **place: object) -> Receipt:
        return await self.gateway.deliver(self.delivery(1, **place), media, self.ledger, self.sink)

    @property
    def arrived(self) -> list[StoredFile]:
        return [message.file for message in self.person.messages() if message.file is not None]

    @property
    def parts_received(self) -> int:
        received = self.server.desk.uploads.received.values()
        return sum(sum(counts.values()) for counts in received)


@pytest.fixture
def open_sender(mtproto: MtprotoServer, chat: Person, tmp_path: Path) -> Iterator[Callable[..., Sender]]:
    opened: list[Gateway] = []

    def build(**given: object) -> Sender:
        unreachable: list[Chat] = []

        async def note(place: Chat) -> None:
            unreachable.append(place)

        gateway = Gateway(
            settings_for(mtproto, **given),
            mtproto.desk.token,
            tmp_path / "sessions" / "bot.session",
            clock=SystemClock(),
            on_unreachable=note,
        )
        opened.append(gateway)
        return Sender(gateway, mtproto, chat, tmp_path, unreachable)

    yield build
    for gateway in opened:
        gateway.close()


@pytest.fixture
async def sender(open_sender: Callable[..., Sender]) -> AsyncIterator[Sender]:
    sender = open_sender()
    yield sender
    await until(lambda: sender.server.connections == 0)  # connections are given back


async def until(condition: Callable[[], object], *, timeout_s: float = 20.0) -> None:
    """Wait for something that nobody tells."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)
