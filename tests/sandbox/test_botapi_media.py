"""Files over the Bot API: kinds, limits, file ids, albums and downloads, with real aiogram and real clips."""

from __future__ import annotations

import asyncio
import struct
import tracemalloc
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge
from aiogram.types import (
    BufferedInputFile,
    FSInputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
)

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

MIB = 1024 * 1024


class ZeroFile(FSInputFile):
    """A file of zeros that needs no memory and no disk."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__("/dev/zero", filename="large.mp4")
        self.left_bytes = size_bytes

    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:
        while self.left_bytes > 0:
            count = min(self.left_bytes, MIB)
            self.left_bytes -= count
            yield bytes(count)


def png(width_px: int, height_px: int, size_bytes: int = 0) -> BufferedInputFile:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5s", 13, b"IHDR", width_px, height_px, b"\x08\x02\0\0\0")
    return BufferedInputFile(head + bytes(max(0, size_bytes - len(head))), "picture.png")


async def test_a_video_keeps_what_the_bot_says_about_it_and_its_true_size(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_video(
        chat.id,
        FSInputFile(clips / "clip-360.mp4"),
        width=640,
        height=360,
        duration=6,
        thumbnail=FSInputFile(clips / "cover.jpg"),
        caption="A clip",
        supports_streaming=True,
    )
    video = sent.video
    assert video is not None
    assert (video.width, video.height, video.duration, video.mime_type) == (640, 360, 6, "video/mp4")
    assert video.file_size == (clips / "clip-360.mp4").stat().st_size
    assert video.thumbnail is not None
    assert (video.thumbnail.width, video.thumbnail.height) == (300, 300)
    file = chat.messages()[0].file
    assert file is not None
    assert file.path.read_bytes() == (clips / "clip-360.mp4").read_bytes()


@pytest.mark.parametrize(
    ("method", "field", "clip"),
    [
        ("send_audio", "audio", "song.mp3"),
        ("send_voice", "voice", "song.mp3"),
        ("send_video_note", "video_note", "clip-360.mp4"),
        ("send_animation", "animation", "clip-360.mp4"),
        ("send_document", "document", "song.m4a"),
        ("send_photo", "photo", "picture.jpg"),
    ],
)
async def test_each_kind_arrives_as_its_kind(
    bot: Bot, chat: Person, clips: Path, method: str, field: str, clip: str
) -> None:
    sent = await getattr(bot, method)(chat.id, FSInputFile(clips / clip))
    assert sent.content_type == field
    again = await getattr(bot, method)(chat.id, chat_file_id(sent, field))
    assert chat_file_id(again, field) == chat_file_id(sent, field)


def chat_file_id(message: object, field: str) -> str:
    value = getattr(message, field)
    return str((value[-1] if field == "photo" else value).file_id)


async def test_what_telegram_cannot_play_arrives_as_a_document(bot: Bot, chat: Person) -> None:
    sent = await bot.send_video(chat.id, BufferedInputFile(b"no video at all", "film.txt"))
    assert sent.video is None
    assert sent.document is not None
    assert sent.document.mime_type == "text/plain"


async def test_an_audio_has_title_and_performer(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_audio(chat.id, FSInputFile(clips / "song.m4a"), title="Tone", performer="Band", duration=6)
    assert sent.audio is not None
    assert (sent.audio.title, sent.audio.performer, sent.audio.mime_type) == ("Tone", "Band", "audio/mp4")


async def test_a_video_cannot_be_sent_as_a_document_by_its_id(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_video(chat.id, FSInputFile(clips / "clip-144.mp4"))
    assert sent.video is not None
    for file_id in (sent.video.file_id, sent.video.file_unique_id, "nonsense"):
        with pytest.raises(TelegramBadRequest, match="wrong file identifier/HTTP URL specified"):
            await bot.send_document(chat.id, file_id)


async def test_a_url_is_not_fetched(bot: Bot, chat: Person) -> None:
    with pytest.raises(TelegramBadRequest, match="failed to get HTTP URL content"):
        await bot.send_video(chat.id, "http://127.0.0.1:1/clip.mp4")


async def test_a_file_of_51_mb_is_refused_while_it_streams_in(bot: Bot, chat: Person, world: World) -> None:
    with pytest.raises(TelegramEntityTooLarge, match="Request Entity Too Large"):
        await bot.send_document(chat.id, ZeroFile(51 * MIB))
    assert chat.messages() == ()
    assert list(world.files.folder.iterdir()) == []


async def test_a_file_of_50_mb_passes_and_is_never_held_in_memory(bot: Bot, chat: Person) -> None:
    tracemalloc.start()
    try:
        sent = await bot.send_document(chat.id, ZeroFile(50 * MIB))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent.document is not None
    assert sent.document.file_size == 50 * MIB
    assert peak_bytes < 25 * MIB


async def test_a_local_server_takes_more_and_names_local_paths(new_bot: Callable[..., Bot], world: World) -> None:
    person = Person(world, world.new_person())
    async with BotApi(world, limits=Limits.local_server()) as api, new_bot(api) as bot:
        sent = await bot.send_document(person.id, ZeroFile(60 * MIB))
        assert sent.document is not None
        file = await bot.get_file(sent.document.file_id)
        assert (await asyncio.to_thread(Path(str(file.file_path)).stat)).st_size == 60 * MIB


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (png(6000, 4001), "PHOTO_INVALID_DIMENSIONS"),
        (png(2101, 100), "PHOTO_INVALID_DIMENSIONS"),
        (png(100, 100, 10 * MIB + 1), "too big for a photo; the maximum size is 10485760 bytes"),
        (BufferedInputFile(b"text", "x.jpg"), "IMAGE_PROCESS_FAILED"),
    ],
)
async def test_a_photo_that_telegram_would_refuse_is_refused(
    bot: Bot, chat: Person, photo: BufferedInputFile, reason: str
) -> None:
    with pytest.raises(TelegramBadRequest, match=reason):
        await bot.send_photo(chat.id, photo)


async def test_a_photo_has_the_size_in_its_header(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_photo(chat.id, FSInputFile(clips / "picture.jpg"), has_spoiler=True)
    assert sent.photo is not None
    assert [(size.width, size.height) for size in sent.photo] == [(1280, 720)]
    assert sent.has_media_spoiler


async def test_a_caption_is_at_most_1024_long(bot: Bot, chat: Person) -> None:
    await bot.send_photo(chat.id, png(10, 10), caption="😀" * 512)
    with pytest.raises(TelegramBadRequest, match="message caption is too long"):
        await bot.send_photo(chat.id, png(10, 10), caption="😀" * 512 + "x")


async def test_a_thumbnail_against_the_rules_is_ignored_and_noted(
    bot: Bot, bot_api: BotApi, chat: Person, clips: Path
) -> None:
    sent = await bot.send_video(
        chat.id, FSInputFile(clips / "clip-144.mp4"), thumbnail=FSInputFile(clips / "picture.jpg")
    )
    assert sent.video is not None
    assert sent.video.thumbnail is None
    assert "1280 px" in bot_api.problems.pop()


async def test_an_album_of_photos_and_videos_shares_an_id(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_media_group(
        chat.id,
        [
            InputMediaPhoto(media=FSInputFile(clips / "picture.jpg"), caption="both"),
            InputMediaVideo(media=FSInputFile(clips / "clip-144.mp4"), width=256, height=144, duration=6),
        ],
    )
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.content_type for message in sent] == ["photo", "video"]
    assert sent[0].caption == "both"
    copies = await bot.copy_messages(chat.id, chat.id, [message.message_id for message in sent])
    groups = [message.album_id for message in chat.messages()]
    assert len(copies) == 2
    assert len(set(groups)) == 2


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([InputMediaPhoto(media=png(9, 9))], "wrong number of messages"),
        ([InputMediaPhoto(media=png(9, 9))] * 11, "wrong number of messages"),
        ([InputMediaPhoto(media=png(9, 9)), InputMediaDocument(media=png(9, 9))], "document can't be mixed"),
        ([InputMediaAudio(media=png(9, 9)), InputMediaDocument(media=png(9, 9))], "audio can't be mixed"),
    ],
)
async def test_an_album_against_the_rules_is_refused_whole(
    bot: Bot, chat: Person, items: list[Any], reason: str
) -> None:
    with pytest.raises(TelegramBadRequest, match=reason):
        await bot.send_media_group(chat.id, items)
    assert chat.messages() == ()


async def test_media_and_caption_of_a_message_can_be_replaced(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_photo(chat.id, png(10, 10), caption="one")
    place: dict[str, Any] = {"chat_id": chat.id, "message_id": sent.message_id}
    with pytest.raises(TelegramBadRequest, match="there is no text in the message to edit"):
        await bot.edit_message_text("x", **place)
    await bot.edit_message_caption(**place, caption="two")
    media = InputMediaVideo(media=FSInputFile(clips / "clip-144.mp4"), width=256, height=144, duration=6)
    edited = await bot.edit_message_media(media, **place)
    assert edited.video is not None  # type: ignore[union-attr] # no inline message
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_media(InputMediaVideo(media=edited.video.file_id), **place)  # type: ignore[union-attr] # as above


async def test_a_text_message_can_become_a_video(bot: Bot, chat: Person, clips: Path) -> None:
    sent = await bot.send_message(chat.id, "working")
    media = InputMediaVideo(media=FSInputFile(clips / "clip-144.mp4"), caption="done")
    await bot.edit_message_media(media, chat_id=chat.id, message_id=sent.message_id)
    (message,) = chat.messages()
    assert message.file is not None
    assert message.text == "done"


async def test_a_file_of_a_person_can_be_downloaded(bot: Bot, chat: Person, clips: Path, tmp_path: Path) -> None:
    await chat.send_file(clips / "song.mp3", "audio", caption="listen")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.audio is not None
    assert update.message.caption == "listen"
    await bot.download(update.message.audio, tmp_path / "got.mp3")
    assert (tmp_path / "got.mp3").read_bytes() == (clips / "song.mp3").read_bytes()


async def test_a_file_over_20_mb_cannot_be_downloaded(bot: Bot, chat: Person, world: World) -> None:
    path = world.files.new_path()
    with path.open("wb") as file:
        file.truncate(20 * MIB + 1)
    message = await chat.send_file(path)
    assert message.file is not None
    (update,) = await bot.get_updates()
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await bot.get_file(update.message.document.file_id)  # type: ignore[union-attr] # a document
    with pytest.raises(TelegramBadRequest, match="invalid file_id"):
        await bot.get_file("nonsense")
