"""A Bot API server on this machine: files are named instead of sent, and come back in any size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram.types import FSInputFile

from fetchgram.clock import SystemClock
from fetchgram.errors import Uncertain
from fetchgram.model import Chat, Delivery, Media, MediaKind
from fetchgram.settings import DeliverySettings, Settings
from fetchgram.telegram.account import Account
from fetchgram.telegram.files import SentFiles, fetch, link_of
from fetchgram.testing import FakeLedger, FakeMediaTools, FakeSink
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person

from .conftest import file_in

MB = 1_000_000
DELIVERY = DeliverySettings(botapi_local=True, botapi_hand_over=True)


@pytest.fixture
def bot_limits() -> Limits:
    return Limits.local_server()


@pytest_asyncio.fixture
async def account(settings: Settings) -> AsyncIterator[Account]:
    account = Account(name="main", settings=settings.model_copy(update={"delivery": DELIVERY}), clock=SystemClock())
    yield account
    await account.close()


def to(chat: Person) -> Delivery:
    place = Chat(bot_id=chat.world.bot.id, chat=chat.id)
    return Delivery(id=1, job_id=1, request_id=1, destination=place)


def pictures(folder: Path) -> list[Media]:
    return [
        replace(file_in(folder, f"{number}.bin", MediaKind.DOCUMENT), file_name=f"Bild {number} ü%20.bin")
        for number in (1, 2)
    ]


async def test_files_are_named_and_arrive_under_the_names_that_people_see(
    account: Account, bot_api: BotApi, chat: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_read(*_: object) -> None:
        raise AssertionError("the file was sent")

    monkeypatch.setattr(FSInputFile, "read", not_read)
    media = pictures(tmp_path)
    receipt = await account.delivery.upload(to(chat), media, FakeLedger(), FakeSink())
    files = [message.file for message in chat.messages() if message.file is not None]
    assert [file.name for file in files] == ["Bild 1 ü%20.bin", "Bild 2 ü%20.bin"]
    assert [file.path.read_bytes() for file in files] == [item.path.read_bytes() for item in media]
    assert len(receipt.file_ids) == 2
    assert all(item.path.exists() for item in media)


async def test_the_same_file_may_be_handed_over_again(account: Account, chat: Person, tmp_path: Path) -> None:
    media = pictures(tmp_path)[:1]
    for _ in range(2):
        await account.delivery.upload(to(chat), media, FakeLedger(), FakeSink())
    assert len(chat.messages()) == 2


async def test_what_was_named_and_not_answered_is_uncertain(
    account: Account, bot_api: BotApi, chat: Person, tmp_path: Path
) -> None:
    bot_api.world.faults.add(Fault("sendDocument", "close"))
    with pytest.raises(Uncertain):
        await account.delivery.upload(to(chat), pictures(tmp_path)[:1], FakeLedger(), FakeSink())


async def test_a_large_sent_file_comes_back_over_the_disk(account: Account, chat: Person, tmp_path: Path) -> None:
    large = tmp_path / "song.mp3"
    with large.open("wb") as file:
        file.truncate(21 * MB)
    await chat.send_file(large, "audio")
    *_, update = await account.bot.get_updates()
    assert update.message is not None
    link = link_of(update.message, account.bot_id)
    assert link is not None
    assert SentFiles({}, FakeMediaTools(), most_near_bytes=30 * MB).probe(link).choices
    path = tmp_path / "fetched"
    await fetch(account.line, link.hints["file"], path, most_bytes=30 * MB)
    assert path.stat().st_size == 21 * MB
