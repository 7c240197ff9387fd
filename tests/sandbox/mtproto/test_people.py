"""People log in with their phones, and do what people may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import telethon
from pyrogram import errors
from telethon.sessions import StringSession

from fetchgram_sandbox.happenings import Happening, LoginCodeSent
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.person import Person

Start = Callable[..., Awaitable[Any]]
PASSWORD = "correct horse"


@pytest.fixture
def codes(mtproto: MtprotoServer) -> Iterator[list[str]]:
    """What Telegram has told people."""
    seen: list[str] = []

    def hear(happening: Happening) -> None:
        if isinstance(happening, LoginCodeSent):
            seen.append(happening.code)

    stop = mtproto.world.listen(hear)
    yield seen
    stop()


@pytest.fixture
async def as_telethon(mtproto: MtprotoServer, chat: Person, codes: list[str]) -> Any:
    """Telethon, logged in as the person."""
    mtproto.desk.phones.set_password(chat.id, PASSWORD)
    telethon.crypto.rsa.add_key(mtproto.key.pem, old=False)
    session = StringSession()
    session.set_dc(2, "127.0.0.1", mtproto.port)
    application = mtproto.desk.application
    client = telethon.TelegramClient(session, application.api_id, application.api_hash, receive_updates=False)
    number = mtproto.desk.phones.number_of(chat.id)
    await client.start(phone=number, code_callback=lambda: codes[-1], password=PASSWORD)
    yield client
    await client.disconnect()


async def test_kurigram_logs_in_by_code_and_password(
    unstarted: Callable[..., Any], mtproto: MtprotoServer, chat: Person, codes: list[str]
) -> None:
    mtproto.desk.phones.set_password(chat.id, PASSWORD)
    client = unstarted(bot_token=None)
    await client.connect()
    try:
        number = mtproto.desk.phones.number_of(chat.id)
        sent = await client.send_phone_number_code(f"+{number}")
        with pytest.raises(errors.PhoneCodeInvalid):
            await client.sign_in(number, sent.phone_code_hash, "0")
        with pytest.raises(errors.SessionPasswordNeeded):
            await client.sign_in(number, sent.phone_code_hash, codes[-1])
        with pytest.raises(errors.PasswordHashInvalid):
            await client.check_password("wrong")
        assert (await client.check_password(PASSWORD)).id == chat.id
        assert (await client.get_me()).first_name == "Alice"
    finally:
        await client.disconnect()


async def test_an_unknown_number_gets_no_code(unstarted: Callable[..., Any]) -> None:
    client = unstarted(bot_token=None)
    await client.connect()
    try:
        with pytest.raises(errors.PhoneNumberInvalid):
            await client.send_phone_number_code("+15550100")
    finally:
        await client.disconnect()


async def test_telethon_logs_in_and_sees_its_own_chats_only(
    as_telethon: Any, mtproto: MtprotoServer, chat: Person
) -> None:
    world = mtproto.world
    club = world.new_chat("Film club", [chat.user])
    world.new_chat("Others", [world.new_person("Bob")])
    chat.say("hello", club)
    dialogs = await as_telethon.get_dialogs()
    assert sorted(dialog.name for dialog in dialogs) == ["Fetchgram", "Film club"]
    entity = next(dialog.entity for dialog in dialogs if dialog.name == "Film club")
    assert [message.text async for message in as_telethon.iter_messages(entity)] == ["hello"]


async def test_a_person_sends_files_and_the_bot_copies_them(
    as_telethon: Any, kurigram: Start, mtproto: MtprotoServer, chat: Person, some_file: Callable[..., Path]
) -> None:
    club = mtproto.world.new_chat("Films", [chat.user])
    path = some_file(600_000)
    entity = next(dialog.entity for dialog in await as_telethon.get_dialogs() if dialog.name == "Films")
    sent = await as_telethon.send_file(entity, str(path), force_document=True)
    bot = await kurigram()
    await bot.copy_message(chat.id, club.id, sent.id)
    (copy,) = chat.messages()
    assert copy.sender_id == mtproto.world.bot.id
    assert copy.origin is None
    assert copy.file is not None
    assert copy.file.path.read_bytes() == path.read_bytes()


async def test_premium_lifts_the_limit_of_a_file(
    as_telethon: Any, mtproto: MtprotoServer, chat: Person, some_file: Callable[..., Path]
) -> None:
    mtproto.desk.limits = MtprotoLimits(parts=21, premium_parts=42)
    path = some_file(21 * 512 * 1024 + 1)
    with pytest.raises(telethon.errors.FilePartsInvalidError):
        await as_telethon.upload_file(str(path), part_size_kb=512)
    mtproto.desk.phones.set_premium(chat.id, is_premium=True)
    assert (await as_telethon.get_me()).premium
    await as_telethon.upload_file(str(path), part_size_kb=512)


async def test_a_login_that_was_voided_is_unknown(as_telethon: Any, mtproto: MtprotoServer, chat: Person) -> None:
    mtproto.registry.log_out(chat.id)
    async with asyncio.timeout(20):
        with pytest.raises(telethon.errors.AuthKeyUnregisteredError):
            await as_telethon.get_dialogs()
