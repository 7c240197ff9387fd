from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pyrogram import errors
from pyrogram.raw import functions, types

from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.person import Person

Start = Callable[..., Awaitable[Any]]
_PART = 512 * 1024


async def _save(client: Any, part: int, data: bytes, *, file_id: int = 7, total: int = 3) -> bool:
    query = functions.upload.SaveBigFilePart(file_id=file_id, file_part=part, file_total_parts=total, bytes=data)
    return bool(await client.invoke(query))


async def _send(client: Any, chat: Person, *, parts: int = 3, random_id: int = 1, file_id: int = 7) -> Any:
    media = types.InputMediaUploadedDocument(
        file=types.InputFileBig(id=file_id, parts=parts, name="a.bin"), mime_type="video/mp4", attributes=[]
    )
    peer = await client.resolve_peer(chat.id)
    return await client.invoke(
        functions.messages.SendMedia(peer=peer, media=media, message="", random_id=random_id), retries=1
    )


async def test_parts_may_come_in_any_order_and_again(kurigram: Start, chat: Person) -> None:
    client = await kurigram()
    parts = [bytes([n]) * size for n, size in ((1, _PART), (2, _PART), (3, 100))]
    for number in (2, 0, 1, 0):
        assert await _save(client, number, parts[number])
    await _send(client, chat)
    (message,) = chat.messages()
    assert message.file is not None
    assert message.file.path.read_bytes() == b"".join(parts)


async def test_smaller_parts_leave_no_gaps(kurigram: Start, chat: Person) -> None:
    client = await kurigram()
    parts = [b"a" * 65536, b"b" * 65536, b"c" * 3]
    for number, part in enumerate(parts):
        await _save(client, number, part)
    await _send(client, chat)
    (message,) = chat.messages()
    assert message.file is not None
    assert message.file.path.read_bytes() == b"".join(parts)


async def test_a_missing_part_is_named(kurigram: Start, chat: Person, mtproto: MtprotoServer) -> None:
    client = await kurigram()
    for number in range(3):
        await _save(client, number, b"x" * _PART)
    mtproto.desk.uploads.forget(1)
    with pytest.raises(errors.FilePartMissing) as caught:
        await _send(client, chat)
    assert caught.value.value == 1
    await _save(client, 1, b"x" * _PART)
    await _send(client, chat)
    assert len(chat.messages()) == 1


async def test_a_random_id_sends_once(kurigram: Start, chat: Person) -> None:
    client = await kurigram()
    for number in range(3):
        await _save(client, number, b"x" * _PART)
    await _send(client, chat, random_id=5)
    with pytest.raises(TimeoutError):  # kurigram asks again and again where the server answers 500
        await _send(client, chat, random_id=5)
    assert len(chat.messages()) == 1


@pytest.mark.parametrize(
    ("part", "data", "total", "error"),
    [
        (0, b"", 3, "FILE_PART_EMPTY"),
        (0, b"x" * (_PART + 1), 3, "FILE_PART_TOO_BIG"),
        (4000, b"x", 4000, "FILE_PART_INVALID"),
        (0, b"x" * _PART, 4001, "FILE_PARTS_INVALID"),
        (0, b"x" * 1000, 3, "FILE_PART_SIZE_INVALID"),
    ],
)
async def test_parts_over_the_limits_are_refused(
    kurigram: Start, part: int, data: bytes, total: int, error: str
) -> None:
    client = await kurigram()
    with pytest.raises(errors.RPCError, match=error):
        await _save(client, part, data, total=total)


async def test_ordered_failures_reach_the_client(kurigram: Start, mtproto: MtprotoServer) -> None:
    client = await kurigram()
    mtproto.world.faults.add(Fault("upload.saveBigFilePart", "error", error_code=420, description="FLOOD_WAIT_33"))
    with pytest.raises(errors.FloodWait) as caught:
        await _save(client, 0, b"x" * _PART)
    assert caught.value.value == 33
    assert await _save(client, 0, b"x" * _PART)


async def test_an_album_is_made_of_files_that_are_there(
    kurigram: Start, chat: Person, some_file: Callable[..., Path]
) -> None:
    from pyrogram.types import InputMediaDocument  # noqa: PLC0415

    client = await kurigram()
    paths = [some_file(1000, f"{number}.bin") for number in range(3)]
    await client.send_media_group(chat.id, [InputMediaDocument(str(path)) for path in paths])
    messages = chat.messages()
    assert [message.file.path.read_bytes() for message in messages if message.file] == [p.read_bytes() for p in paths]
    assert len({message.album_id for message in messages}) == 1


async def test_forwarding_copies_or_names_the_author(kurigram: Start, chat: Person) -> None:
    client = await kurigram()
    other = Person(chat.world, chat.world.new_person("Bob"))
    sent = await client.send_message(chat.id, "hello")
    await client.resolve_peer(other.id)
    await client.forward_messages(other.id, chat.id, sent.id)
    await client.copy_message(other.id, chat.id, sent.id)
    forwarded, copied = other.messages()
    assert forwarded.origin is not None
    assert (copied.origin, copied.text) == (None, "hello")


def test_the_limits_are_those_of_telegram() -> None:
    limits = MtprotoLimits()
    assert limits.parts * limits.part_bytes == 2000 * 1024 * 1024
    assert limits.premium_parts * limits.part_bytes == 4000 * 1024 * 1024
