"""Accounts and files in two data centres: ours and Telethon find their way to both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import telethon
from telethon.sessions import StringSession

from fetchgram.telegram.mtproto import login
from fetchgram_sandbox import fileids
from fetchgram_sandbox.happenings import Happening, LoginCodeSent
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import StoredFile
from fetchgram_sandbox.person import Person

from .conftest import PART, Sender, settings_for

TelethonFactory: TypeAlias = Callable[..., Any]
FILE_BYTES = 21 * PART + 1


@pytest.fixture
def keys(mtproto: MtprotoServer, mtproto_elsewhere: MtprotoServer) -> str:
    return mtproto.key.pem + mtproto_elsewhere.key.pem


@pytest.fixture
def sender(open_sender: Callable[..., Sender], keys: str) -> Sender:
    return open_sender(public_key=keys)


@pytest.fixture
def codes(mtproto: MtprotoServer) -> Iterator[list[str]]:
    seen: list[str] = []

    def hear(happening: Happening) -> None:
        if isinstance(happening, LoginCodeSent):
            seen.append(happening.code)

    stop = mtproto.world.listen(hear)
    yield seen
    stop()


@pytest.fixture
def emigrant(mtproto: MtprotoServer, mtproto_elsewhere: MtprotoServer) -> Person:
    """Somebody who lives in the other data centre."""
    return Person(mtproto.world, mtproto.world.new_person("Erik", dc_id=mtproto_elsewhere.dc_id))


@pytest.fixture
async def open_telethon(
    mtproto: MtprotoServer, mtproto_elsewhere: MtprotoServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TelethonFactory]:
    """Start Telethon in the first data centre."""
    monkeypatch.setattr(telethon.TelegramClient, "_config", None)  # it keeps the addresses of earlier servers
    for server in (mtproto, mtproto_elsewhere):
        telethon.crypto.rsa.add_key(server.key.pem, old=False)
    async with AsyncExitStack() as stack:

        async def start(**given: object) -> Any:
            session, application = StringSession(), mtproto.desk.application
            session.set_dc(mtproto.dc_id, "127.0.0.1", mtproto.port)
            client = telethon.TelegramClient(
                session, application.api_id, application.api_hash, receive_updates=False, flood_sleep_threshold=0
            )
            stack.push_async_callback(client.disconnect)
            await client.start(**(given or {"bot_token": mtproto.desk.token}))
            return client

        yield start


async def _sent_by(person: Person, path: Path) -> StoredFile:
    message = await person.send_file(path, "document")
    assert message.file is not None
    return message.file


async def _fetch(sender: Sender, file: StoredFile) -> bytes:
    into = sender.folder / "fetched"
    file_id = fileids.encode(file.kind, file.number, file.dc_id)
    await sender.gateway.fetch(file_id, file.size_bytes, into, lambda _done, _total: None)
    return into.read_bytes()


async def test_a_bot_that_lives_elsewhere_logs_in_and_sends_there(
    sender: Sender, mtproto: MtprotoServer, mtproto_elsewhere: MtprotoServer, open_telethon: TelethonFactory
) -> None:
    mtproto.world.bot = replace(mtproto.world.bot, dc_id=mtproto_elsewhere.dc_id)
    media = sender.file(FILE_BYTES)
    receipt = await sender.send(media)
    (file,) = sender.arrived
    assert (file.dc_id, receipt.file_ids[0].file_id) == (4, fileids.encode(file.kind, file.number, 4))
    assert "upload.saveBigFilePart" not in mtproto.calls
    theirs = await open_telethon()
    message = await theirs.get_messages(sender.person.id, ids=receipt.message_ids[0])
    assert await theirs.download_media(message, file=bytes) == media.path.read_bytes()
    again = await theirs.send_file(sender.person.id, str(media.path), force_document=True)
    assert again.document.dc_id == 4
    assert await _fetch(sender, sender.arrived[1]) == media.path.read_bytes()


async def test_a_person_who_lives_elsewhere_logs_in_there(
    keys: str, mtproto: MtprotoServer, emigrant: Person, codes: list[str]
) -> None:
    class Asks:
        async def code(self, place: str) -> str:
            assert place
            return codes[-1]

        async def password(self, hint: str) -> str:
            raise AssertionError(hint)

        def wrong(self, what: str) -> None:
            raise AssertionError(what)

    number = mtproto.desk.phones.number_of(emigrant.id)
    found = await login.log_in_person(settings_for(mtproto, public_key=keys), f"+{number}", Asks())
    assert (found.user_id, found.dc_id) == (emigrant.id, 4)


async def test_files_of_a_person_who_lives_elsewhere_are_fetched_there_and_the_login_goes_along_once(
    sender: Sender,
    mtproto: MtprotoServer,
    mtproto_elsewhere: MtprotoServer,
    emigrant: Person,
    open_telethon: TelethonFactory,
) -> None:
    media = sender.file(FILE_BYTES)
    file = await _sent_by(emigrant, media.path)
    for _ in range(2):
        assert await _fetch(sender, file) == media.path.read_bytes()
    assert list(mtproto_elsewhere.calls).count("auth.importAuthorization") == 1
    theirs = await open_telethon()
    message = await theirs.get_messages(emigrant.id, ids=emigrant.messages()[-1].message_id)
    assert message.document.dc_id == 4
    assert await theirs.download_media(message, file=bytes) == media.path.read_bytes()
    assert "auth.exportAuthorization" in mtproto.calls


async def test_a_login_that_is_lost_elsewhere_is_taken_along_again(
    sender: Sender, mtproto_elsewhere: MtprotoServer, emigrant: Person
) -> None:
    media = sender.file(3 * PART)
    file = await _sent_by(emigrant, media.path)
    await _fetch(sender, file)
    mtproto_elsewhere.registry.forget()
    assert await _fetch(sender, file) == media.path.read_bytes()


async def test_what_a_person_elsewhere_sends_with_telethon_comes_to_ours(
    sender: Sender, mtproto: MtprotoServer, emigrant: Person, codes: list[str], open_telethon: TelethonFactory
) -> None:
    media = sender.file(FILE_BYTES)
    number = mtproto.desk.phones.number_of(emigrant.id)
    theirs = await open_telethon(phone=number, code_callback=lambda: codes[-1])
    bot = await theirs.get_entity(mtproto.world.bot.username)
    await theirs.send_file(bot, str(media.path), force_document=True)
    (message,) = emigrant.messages()
    assert message.file is not None
    assert message.file.dc_id == 4
    assert await _fetch(sender, message.file) == media.path.read_bytes()


async def test_a_pass_is_good_for_one_data_centre(open_telethon: TelethonFactory) -> None:
    theirs = await open_telethon()
    for dc_id in (2, 3):
        with pytest.raises(telethon.errors.DcIdInvalidError):
            await theirs(telethon.functions.auth.ExportAuthorizationRequest(dc_id=dc_id))
    passed = await theirs(telethon.functions.auth.ExportAuthorizationRequest(dc_id=4))
    with pytest.raises(telethon.errors.AuthBytesInvalidError):
        await theirs(telethon.functions.auth.ImportAuthorizationRequest(id=passed.id, bytes=passed.bytes))
