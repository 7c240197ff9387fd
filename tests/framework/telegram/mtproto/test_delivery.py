from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import telethon
from pydantic import SecretStr
from telethon.sessions import StringSession

from fetchgram.clock import SystemClock
from fetchgram.errors import CannotDeliver
from fetchgram.model import Chat, Delivery, Media, MediaKind
from fetchgram.settings import BotSettings, DeliverySettings
from fetchgram.telegram.client import build_client
from fetchgram.telegram.delivery import BotApiDelivery
from fetchgram.telegram.flood import Line
from fetchgram.testing import FakeLedger, FakeSink
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.clips import ffmpeg_path, make_clips
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.net import Shaper
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person

from .conftest import PART, Sender


@pytest.mark.parametrize(
    "size_bytes", [1, PART - 1, PART, PART + 1, 3 * PART, 10 * 1024 * 1024, 10 * 1024 * 1024 + 1], ids=str
)
async def test_a_file_of_any_size_arrives_byte_for_byte(sender: Sender, size_bytes: int) -> None:
    media = sender.file(size_bytes)
    receipt = await sender.send(media)
    (file,) = sender.arrived
    assert file.path.read_bytes() == media.path.read_bytes()
    assert receipt.message_ids == (sender.person.messages()[-1].message_id,)
    assert receipt.size_bytes == size_bytes
    assert sender.sink.reports[-1] == (size_bytes, size_bytes)
    done = [report[0] for report in sender.sink.reports]
    assert done == sorted(done)


async def test_the_last_part_that_is_allowed_passes_and_one_more_is_refused(sender: Sender) -> None:
    sender.server.desk.limits = MtprotoLimits(parts=22)
    await sender.send(sender.file(22 * PART))
    assert sender.arrived[-1].size_bytes == 22 * PART
    with pytest.raises(CannotDeliver, match="FILE_PARTS_INVALID"):
        await sender.gateway.deliver(sender.delivery(2), [sender.file(22 * PART + 1)], FakeLedger(), sender.sink)
    assert len(sender.arrived) == 1


async def test_an_empty_file_is_refused(sender: Sender) -> None:
    with pytest.raises(CannotDeliver):
        await sender.send(sender.file(0))


_CLIP = {"duration_s": 4.0, "width_px": 640, "height_px": 360}


@pytest.mark.parametrize(
    ("kind", "clip", "known"),
    [
        (MediaKind.VIDEO, "clip-360.mp4", _CLIP),
        (MediaKind.ANIMATION, "clip-360.mp4", _CLIP),
        (MediaKind.VIDEO_NOTE, "clip-360.mp4", {"duration_s": 4.0, "width_px": 360, "height_px": 360}),
        (MediaKind.AUDIO, "song.mp3", {"duration_s": 3.0, "title": "Song", "performer": "Band"}),
        (MediaKind.DOCUMENT, "clip-360.mp4", {}),
        (MediaKind.PHOTO, "picture.jpg", {}),
    ],
)
async def test_every_kind_arrives_as_by_the_bot_api(
    sender: Sender, bot_api: BotApi, clips_folder: Path, kind: MediaKind, clip: str, known: dict[str, float]
) -> None:
    await make_clips(clips_folder)
    media = Media(
        path=clips_folder / clip,
        kind=kind,
        mime={"mp4": "video/mp4", "mp3": "audio/mpeg", "jpg": "image/jpeg"}[clip[-3:]],
        size_bytes=(clips_folder / clip).stat().st_size,
        caption="Say & <see> https://a.example/x 🎬",
        file_name=f"A nice name.{clip[-3:]}",
        thumbnail=None if kind is MediaKind.PHOTO else _thumbnail(clips_folder),
        **known,  # type: ignore[arg-type] # a Media's fields
    )
    other = await _by_bot_api(bot_api, sender.delivery(), media)
    receipt = await sender.send(media)
    ours = sender.person.messages()[-1]
    assert _shown(ours) == _shown(other)
    assert ours.file is not None
    assert receipt.file_ids[0].kind == ours.file.kind
    assert sender.server.world.files.find(receipt.file_ids[0].file_id) == ours.file


def _thumbnail(clips: Path) -> Path:
    path = clips / "thumbnail.jpg"
    source = ("-i", str(clips / "clip-360.mp4"), "-frames:v", "1", "-vf", "scale=320:-2")
    subprocess.run([str(ffmpeg_path()), "-y", "-loglevel", "error", *source, str(path)], check=True)
    return path


async def _by_bot_api(api: BotApi, delivery: Delivery, media: Media) -> Message:
    async def nobody(chat: Chat) -> None: ...

    settings = BotSettings(token=SecretStr(api.token), api_url=api.url)
    async with build_client("main", settings) as bot:
        line = Line(bot, DeliverySettings(), SystemClock())
        await BotApiDelivery(line, nobody).upload(delivery, [media], FakeLedger(), FakeSink())
    return api.world.messages(delivery.destination.chat)[-1]  # type: ignore[union-attr] # a Chat


def _shown(message: Message) -> tuple[object, ...]:
    file = message.file
    assert file is not None
    picture = file.thumbnail.path.read_bytes() if file.thumbnail else None
    content = file.path.read_bytes()
    said = (message.text, message.entities)
    size = (file.width_px, file.height_px, file.duration_s)
    return (*said, file.kind, file.mime, file.name, *size, file.title, file.performer, picture, content)


async def test_pictures_go_as_albums_in_their_order(sender: Sender, clips_folder: Path) -> None:
    await make_clips(clips_folder)
    picture = clips_folder / "picture.jpg"
    media = [
        Media(path=picture, kind=MediaKind.PHOTO, mime="image/jpeg", size_bytes=picture.stat().st_size, caption=str(n))
        for n in range(11)
    ]
    receipt = await sender.send(*media)
    messages = sender.person.messages()
    assert [message.text for message in messages] == [str(number) for number in range(11)]
    assert [message.album_id for message in messages].count(messages[0].album_id) == 9
    assert receipt.message_ids == tuple(message.message_id for message in messages)
    assert len(receipt.file_ids) == 11


@pytest.mark.parametrize("where", ["private", "group"])
async def test_a_text_answers_the_file_that_it_belongs_to(sender: Sender, where: str) -> None:
    world = sender.server.world
    chat_id = sender.person.id if where == "private" else world.new_chat("Film club", [sender.person.user]).id
    words = "<b>The rest *a* https://e.example"
    receipt = await sender.send(sender.file(100), sender.text(words), chat=chat_id)
    film, text = world.messages(chat_id)
    assert (text.text, text.reply_to_id) == (words, film.message_id)
    assert [entity.type for entity in text.entities] == ["url"]
    assert receipt.message_ids == (film.message_id, text.message_id)
    assert [file.kind for file in receipt.file_ids] == [MediaKind.DOCUMENT, MediaKind.TEXT]
    assert receipt.file_ids[-1].caption == words
    assert sender.sink.reports[-1] == (100, 100)


async def test_a_reply_goes_to_the_message_and_to_the_chat_when_that_is_gone(sender: Sender) -> None:
    asked = sender.person.say("https://a.example/x")
    await sender.send(sender.file(10), reply_to=asked.message_id)
    assert sender.person.messages()[-1].reply_to_id == asked.message_id
    sender.server.world.remove(asked.chat_id, asked.message_id)
    await sender.gateway.deliver(
        sender.delivery(2, reply_to=asked.message_id), [sender.file(10)], FakeLedger(), sender.sink
    )
    assert sender.person.messages()[-1].reply_to_id is None


async def test_a_topic_of_a_group_gets_its_file(sender: Sender) -> None:
    world = sender.server.world
    group = world.new_chat("Film club", [sender.person.user], is_forum=True)
    topic = world.new_topic(group, "Films")
    await sender.send(sender.file(10), chat=group.id, topic=topic)
    (message,) = world.messages(group.id)
    assert message.topic_id == topic


async def test_a_basic_group_gets_its_file(sender: Sender) -> None:
    group = sender.server.world.new_chat("Film club", [sender.person.user], kind="group")
    await sender.send(sender.file(10), chat=group.id)
    assert len(sender.server.world.messages(group.id)) == 1


async def test_who_blocked_the_bot_gets_nothing_and_is_noted(sender: Sender) -> None:
    sender.person.block()
    with pytest.raises(CannotDeliver):
        await sender.send(sender.file(10))
    assert [chat.chat for chat in sender.unreachable] == [sender.person.id]


async def test_a_proxy_is_the_way_out(open_sender: Callable[..., Sender]) -> None:
    plain = open_sender()
    server = plain.server
    link = f"tg://proxy?server=127.0.0.1&port={server.port}&secret={server.secret.hex()}"
    sender = open_sender(server="192.0.2.1:443", proxy=link)
    await sender.send(sender.file(PART + 1))
    assert sender.arrived[0].path.read_bytes() == (sender.folder / "film.mp4").read_bytes()
    assert server.transports == {"mtproxy abridged"}


async def test_one_login_serves_all_files_and_a_restart(open_sender: Callable[..., Sender], chat: Person) -> None:
    first = open_sender()
    await first.send(first.file(10))
    await first.gateway.deliver(first.delivery(2), [first.file(10)], FakeLedger(), first.sink)
    second = open_sender()
    await second.gateway.deliver(second.delivery(3), [second.file(10)], FakeLedger(), second.sink)
    assert len(chat.messages()) == 3
    assert list(first.server.calls).count("auth.importBotAuthorization") == 1
    session = first.folder / "sessions" / "bot.session"
    assert session.stat().st_mode & 0o777 == 0o600


async def test_another_server_is_another_login(open_sender: Callable[..., Sender], mtproto: MtprotoServer) -> None:
    first = open_sender()
    await first.send(first.file(10))
    async with Shaper(mtproto.port) as elsewhere:
        second = open_sender(server=f"127.0.0.1:{elsewhere.port}")
        await second.gateway.deliver(second.delivery(2), [second.file(10)], FakeLedger(), second.sink)
    assert list(mtproto.calls).count("auth.importBotAuthorization") == 2


async def test_telethon_reads_what_ours_sent(sender: Sender, mtproto: MtprotoServer) -> None:
    media = sender.file(3 * PART + 1)
    receipt = await sender.send(media)
    telethon.crypto.rsa.add_key(mtproto.key.pem, old=False)
    session = StringSession()
    session.set_dc(2, "127.0.0.1", mtproto.port)
    application = mtproto.desk.application
    client = telethon.TelegramClient(session, application.api_id, application.api_hash, receive_updates=False)
    await client.start(bot_token=mtproto.desk.token)
    try:
        message = await client.get_messages(sender.person.id, ids=receipt.message_ids[0])
        assert await client.download_media(message, file=bytes) == media.path.read_bytes()
        assert message.file.name == "film.mp4"
    finally:
        await client.disconnect()
