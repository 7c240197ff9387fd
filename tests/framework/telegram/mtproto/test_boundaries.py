"""Files at the edges of parts and limits, from ours to Telethon and from Telethon to ours, byte for byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import telethon
from telethon.sessions import StringSession

from fetchgram.errors import CannotDeliver
from fetchgram.testing import FakeLedger
from fetchgram_sandbox import fileids
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.server import MtprotoServer

from .conftest import PART, Sender

TEN_MIB = 10 * 1024 * 1024
MOST_PARTS = 22
"""Scaled down from 4000."""
SIZES = (
    1,
    *(PART - 1, PART, PART + 1),
    *(2 * PART, 3 * PART),
    *(TEN_MIB - 1, TEN_MIB, TEN_MIB + 1),
    *(MOST_PARTS * PART - 1, MOST_PARTS * PART),
)


@pytest.fixture
async def telethon_bot(mtproto: MtprotoServer) -> AsyncIterator[Any]:
    mtproto.desk.limits = MtprotoLimits(parts=MOST_PARTS)
    telethon.crypto.rsa.add_key(mtproto.key.pem, old=False)
    session, application = StringSession(), mtproto.desk.application
    session.set_dc(mtproto.dc_id, "127.0.0.1", mtproto.port)
    client = telethon.TelegramClient(session, application.api_id, application.api_hash, receive_updates=False)
    await client.start(bot_token=mtproto.desk.token)
    yield client
    await client.disconnect()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.timeout(120)
async def test_telethon_downloads_what_ours_sent_at_every_edge(sender: Sender, telethon_bot: Any) -> None:
    for number, size_bytes in enumerate(SIZES):
        media = sender.file(size_bytes)
        receipt = await sender.gateway.deliver(sender.delivery(number), [media], FakeLedger(), sender.sink)
        message = await telethon_bot.get_messages(sender.person.id, ids=receipt.message_ids[0])
        found = await telethon_bot.download_media(message, file=bytes)
        assert (len(found), _digest(found)) == (size_bytes, _digest(media.path.read_bytes()))


@pytest.mark.timeout(120)
async def test_ours_downloads_what_telethon_sent_at_every_edge(
    sender: Sender, telethon_bot: Any, tmp_path: Path
) -> None:
    for size_bytes in SIZES:
        data = os.urandom(size_bytes)
        uploaded = await telethon_bot.upload_file(data, file_name="film.bin", part_size_kb=512)
        await telethon_bot.send_file(sender.person.id, uploaded, force_document=True)
        file = sender.arrived[-1]
        into = tmp_path / "fetched"
        file_id = fileids.encode(file.kind, file.number)
        await sender.gateway.fetch(file_id, size_bytes, into, lambda _done, _total: None)
        assert (into.stat().st_size, _digest(into.read_bytes())) == (size_bytes, _digest(data))


async def test_one_byte_over_the_last_part_is_refused_to_both(sender: Sender, telethon_bot: Any) -> None:
    media = sender.file(MOST_PARTS * PART + 1)
    with pytest.raises(CannotDeliver, match="FILE_PARTS_INVALID"):
        await sender.send(media)
    with pytest.raises(telethon.errors.FilePartsInvalidError):
        await telethon_bot.upload_file(str(media.path), part_size_kb=512)
    assert sender.arrived == []
