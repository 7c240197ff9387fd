from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from pyrogram import handlers
from pyrogram.connection.transport import (
    TCPAbridged,
    TCPAbridgedO,
    TCPFull,
    TCPIntermediate,
    TCPIntermediateO,
    TCPIntermediatePadded,
)
from pyrogram.errors import AccessTokenInvalid, ApiIdInvalid, BadRequest, MessageNotModified
from pyrogram.raw import functions
from telethon.network import ConnectionTcpFull, ConnectionTcpIntermediate

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.person import Person

Start = Callable[..., Awaitable[Any]]
_SIZE = 3 * 512 * 1024 + 5


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "transport", [TCPAbridged, TCPIntermediate, TCPFull, TCPAbridgedO, TCPIntermediateO, TCPIntermediatePadded]
)
async def test_kurigram_sends_a_file_over_every_transport(
    kurigram: Start, chat: Person, some_file: Callable[..., Path], transport: type
) -> None:
    client = await kurigram(protocol_factory=transport)
    path = some_file(_SIZE)
    await client.send_document(chat.id, str(path), caption="hello")
    (message,) = chat.messages()
    assert message.file is not None
    assert message.file.path.read_bytes() == path.read_bytes()
    assert (message.text, message.file.name) == ("hello", "file.bin")


@pytest.mark.parametrize("transport", [ConnectionTcpFull, ConnectionTcpIntermediate])
async def test_telethon_sends_a_file_and_reads_it_back(
    telethon_client: Start, chat: Person, some_file: Callable[..., Path], transport: type
) -> None:
    client = await telethon_client(transport)
    path = some_file(11 * 1024 * 1024 + 1)
    sent = await client.send_file(chat.id, str(path), force_document=True)
    (message,) = chat.messages()
    assert message.file is not None
    assert _digest(message.file.path.read_bytes()) == _digest(path.read_bytes())
    back = await client.download_media(sent, file=bytes)
    assert _digest(back) == _digest(path.read_bytes())


async def test_one_client_reads_what_the_other_sent(
    kurigram: Start, telethon_client: Start, chat: Person, some_file: Callable[..., Path]
) -> None:
    ours, theirs = await kurigram(), await telethon_client()
    path = some_file(_SIZE)
    sent = await ours.send_document(chat.id, str(path))
    seen = await theirs.get_messages(chat.id, ids=sent.id)
    assert await theirs.download_media(seen, file=bytes) == path.read_bytes()
    other = await theirs.send_file(chat.id, str(path), force_document=True)
    back = await ours.download_media(await ours.get_messages(chat.id, other.id), in_memory=True)
    assert back.getvalue() == path.read_bytes()


async def test_a_file_id_of_one_protocol_works_in_the_other(
    kurigram: Start, bot: Bot, chat: Person, some_file: Callable[..., Path]
) -> None:
    client = await kurigram()
    sent = await client.send_document(chat.id, str(some_file(1000)))
    again = await bot.send_document(chat.id, sent.document.file_id)
    assert again.document is not None
    assert again.document.file_unique_id == sent.document.file_unique_id
    back = await client.send_document(chat.id, again.document.file_id)
    assert [message.file.number for message in chat.messages() if message.file] == [1, 1, 1]
    assert back.document.file_id == again.document.file_id == sent.document.file_id


async def test_texts_edits_and_what_was_written_over_the_bot_api_are_one_chat(
    kurigram: Start, bot: Bot, chat: Person
) -> None:
    client = await kurigram()
    sent = await client.send_message("alice", "one")
    await bot.send_message(chat.id, "two")
    await client.edit_message_text(chat.id, sent.id, "three")
    with pytest.raises(MessageNotModified):
        await client.edit_message_text(chat.id, sent.id, "three")
    assert [message.text for message in chat.messages()] == ["three", "two"]


async def test_a_session_string_needs_no_key_and_no_login(
    mtproto: MtprotoServer, kurigram: Start, chat: Person
) -> None:
    proxy = {"scheme": "mtproxy", "hostname": "127.0.0.1", "port": mtproto.port, "secret": mtproto.secret.hex()}
    session = mtproto.session_string(mtproto.world.bot.id)
    client = await kurigram(session_string=session, bot_token=None, proxy=proxy)
    await client.send_message(chat.id, "over an MTProxy")
    assert [message.text for message in chat.messages()] == ["over an MTProxy"]
    assert mtproto.transports == {"mtproxy abridged"}
    assert "auth.importBotAuthorization" not in mtproto.calls


async def test_a_wrong_token_and_a_wrong_application_are_refused(kurigram: Start) -> None:
    with pytest.raises(AccessTokenInvalid):
        await kurigram(bot_token="1:wrong")
    with pytest.raises(ApiIdInvalid):
        await kurigram(api_hash="f" * 32)


async def test_what_a_person_says_is_pushed_to_a_client_that_listens(kurigram: Start, chat: Person) -> None:
    client = await kurigram(no_updates=False)
    heard: list[str] = []

    async def hear(_: object, message: Any) -> None:
        heard.append(message.text)

    client.add_handler(handlers.MessageHandler(hear))
    chat.say("/start")
    await _until(lambda: heard == ["/start"])


async def test_a_method_that_is_not_there_is_refused_loudly(kurigram: Start) -> None:
    client = await kurigram()
    with pytest.raises(BadRequest, match="METHOD_NOT_EMULATED"):
        await client.invoke(functions.account.GetAuthorizations())


async def test_the_sandbox_says_where_its_server_is(mtproto: MtprotoServer, bot_api: BotApi) -> None:
    described = mtproto.describe()
    assert described.keys() == {
        "host",
        "port",
        "dc_id",
        "api_id",
        "api_hash",
        "public_key",
        "secret",
        "session_string",
        "bot_token",
    }
    assert described["bot_token"] == bot_api.token


async def _until(condition: Callable[[], bool]) -> None:
    import asyncio  # noqa: PLC0415

    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)
