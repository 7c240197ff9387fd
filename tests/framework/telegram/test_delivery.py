from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import (
    CannotDeliver,
    Chat,
    Delivery,
    Media,
    MediaKind,
    TemporarilyUnavailable,
    Uncertain,
)
from fetchgram.clock import SystemClock
from fetchgram.settings import Settings
from fetchgram.telegram.account import Account
from fetchgram.telegram.delivery import BotApiDelivery
from fetchgram.telegram.entities import units
from fetchgram.testing.fakes import FakeLedger, FakeSink
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.world import World

from .conftest import file_in
from .test_service import jpeg

MB = 1_000_000


@pytest_asyncio.fixture
async def way(settings: Settings) -> AsyncIterator[BotApiDelivery]:
    account = Account(name="main", settings=settings, clock=SystemClock())
    yield account.delivery
    await account.close()


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


def to(chat: Person, **more: object) -> Delivery:
    place = Chat(bot_id=4_200_000_001, chat=chat.id, **more)  # type: ignore[arg-type]  # fields of Chat
    return Delivery(id=1, job_id=1, request_id=1, destination=place)


def film(folder: Path, name: str = "film.mp4", **more: object) -> Media:
    return file_in(folder, name, MediaKind.VIDEO, **more)  # type: ignore[arg-type]  # fields of Media


def account_at(url: str, settings: Settings) -> Account:
    main = settings.bots["main"].model_copy(update={"api_url": url})
    return Account(name="main", settings=settings.model_copy(update={"bots": {"main": main}}), clock=SystemClock())


@asynccontextmanager
async def raw_server(serve: Callable[[asyncio.StreamReader], Awaitable[None]]) -> AsyncIterator[str]:
    """Serve each connection by hand, then cut it."""
    at_work: set[asyncio.Task[None] | None] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.current_task())
        await serve(reader)
        writer.transport.abort()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.gather(*(task for task in at_work if task is not None))


async def test_a_video_goes_with_all_that_makes_it_play(
    way: BotApiDelivery, chat: Person, bot_api: BotApi, ledger: FakeLedger, tmp_path: Path
) -> None:
    thumbnail = tmp_path / "t.jpg"
    thumbnail.write_bytes(jpeg())
    media = film(tmp_path, duration_s=61.4, width_px=1280, height_px=720, thumbnail=thumbnail, title="Ünïcode")
    said = chat.say("hello")
    sink = FakeSink()
    receipt = await way.upload(to(chat, reply_to=said.message_id), [media], ledger, sink)
    (arrived,) = [m for m in chat.messages() if m.file]
    assert arrived.file is not None
    assert (arrived.file.width_px, arrived.file.height_px, arrived.file.duration_s) == (1280, 720, 61)
    assert arrived.file.thumbnail is not None
    assert arrived.reply_to_id == said.message_id
    (call,) = [c for c in bot_api.calls if c.method == "sendVideo"]
    assert call.params["supports_streaming"] == "true"
    assert receipt.message_ids == (arrived.message_id,)
    assert receipt.file_ids[0].kind is MediaKind.VIDEO
    assert sink.reports[-1] == (media.size_bytes, media.size_bytes)


@pytest.mark.parametrize("kind", [kind for kind in MediaKind if kind is not MediaKind.TEXT])
async def test_each_kind_goes_by_its_own_method(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path, kind: MediaKind
) -> None:
    media = file_in(tmp_path, "x.mp4", kind, duration_s=3, title="T")
    if kind is MediaKind.PHOTO:
        media.path.write_bytes(jpeg())
        media = dataclasses.replace(media, width_px=320, height_px=180, size_bytes=len(jpeg()))
    receipt = await way.upload(to(chat), [media], ledger, FakeSink())
    assert [m.file.kind for m in chat.messages() if m.file] == [kind.value]
    again = await way.send_cached(to(chat), receipt, FakeLedger())
    assert [m.file.kind for m in chat.messages() if m.file] == [kind.value] * 2
    assert again.route == "cache"


async def test_audio_keeps_title_and_performer(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    media = dataclasses.replace(file_in(tmp_path, "a.mp3", MediaKind.AUDIO), title="Song", performer="Band")
    await way.upload(to(chat), [media], ledger, FakeSink())
    (arrived,) = chat.messages()
    assert arrived.file is not None
    assert (arrived.file.title, arrived.file.performer) == ("Song", "Band")


async def test_an_answer_to_a_deleted_message_still_arrives(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    await way.upload(to(chat, reply_to=999), [film(tmp_path)], ledger, FakeSink())
    assert chat.messages()[0].reply_to_id is None


@pytest.mark.parametrize(
    "caption", ["🎬" * 600, "x" * 5000, "<b>not bold</b>", "*a* _b_ `c` [d](http://e)", "\u202eabc"]
)
async def test_a_foreign_caption_is_cut_and_never_read_as_markup(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path, caption: str
) -> None:
    await way.upload(to(chat), [film(tmp_path, title=caption)], ledger, FakeSink())
    (arrived,) = chat.messages()
    assert units(arrived.text) <= 1024
    # Links and the like are found by the server in any text; markup is not.
    assert not {entity.type for entity in arrived.entities} & {"bold", "italic", "code", "pre", "text_link"}
    assert arrived.text[:10] == caption[:10]


async def test_a_photo_over_its_limits_goes_as_a_document(
    way: BotApiDelivery, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    media = file_in(tmp_path, "p.jpg", MediaKind.PHOTO, size_bytes=10 * MB + 1, width_px=4000, height_px=3000)
    await way.upload(to(chat), [media], ledger, FakeSink())
    (arrived,) = chat.messages()
    assert arrived.file is not None
    assert arrived.file.kind == "document"


async def test_eleven_files_come_as_nine_and_two(
    way: BotApiDelivery, chat: Person, bot_api: BotApi, ledger: FakeLedger, tmp_path: Path
) -> None:
    receipt = await way.upload(to(chat), [film(tmp_path, f"{n}.mp4") for n in range(11)], ledger, FakeSink())
    assert len(chat.messages()) == 11
    assert len(receipt.file_ids) == 11
    assert [c.method for c in bot_api.calls] == ["sendMediaGroup"] * 2
    assert [key for key, _ in ledger.written] == ["send:0", "send:0", "send:1", "send:1"]


async def test_each_message_is_written_down_before_it_is_sent(
    way: BotApiDelivery, chat: Person, world: World, ledger: FakeLedger, tmp_path: Path
) -> None:
    seen: list[object] = []
    world.faults.add_rule(lambda method, _: seen.append(dict(ledger.values)))
    await way.upload(to(chat), [film(tmp_path)], ledger, FakeSink())
    assert seen == [{"send:0": {"state": "sending", "resends": 0}}]
    sent = ledger.values["send:0"]
    assert isinstance(sent, dict)
    assert sent["state"] == "sent"


@pytest.mark.parametrize("fault", ["lost", "close", "garbage"])
async def test_a_cut_answer_is_uncertain_and_never_sent_again_by_itself(
    way: BotApiDelivery, chat: Person, bot_api: BotApi, ledger: FakeLedger, tmp_path: Path, fault: str
) -> None:
    bot_api.world.faults.add(Fault("sendVideo", fault))
    for _ in range(3):
        with pytest.raises(Uncertain):
            await way.upload(to(chat), [film(tmp_path)], ledger, FakeSink())
    assert [c.method for c in bot_api.calls] == ["sendVideo"]
    resent = dataclasses.replace(to(chat), resends=1)
    await way.upload(resent, [film(tmp_path)], ledger, FakeSink())
    assert len(chat.messages()) == (2 if fault == "lost" else 1)


async def test_a_server_error_is_uncertain(
    way: BotApiDelivery, chat: Person, world: World, ledger: FakeLedger, tmp_path: Path
) -> None:
    world.faults.add(Fault("sendVideo", "error", error_code=502))
    with pytest.raises(Uncertain):
        await way.upload(to(chat), [film(tmp_path)], ledger, FakeSink())


async def test_only_the_part_that_was_cut_is_sent_again(
    way: BotApiDelivery, chat: Person, world: World, ledger: FakeLedger, tmp_path: Path
) -> None:
    media = [film(tmp_path, "0.mp4"), file_in(tmp_path, "1.mp3", MediaKind.AUDIO)]
    world.faults.add(Fault("sendAudio", "lost"))
    with pytest.raises(Uncertain):
        await way.upload(to(chat), media, ledger, FakeSink())
    receipt = await way.upload(dataclasses.replace(to(chat), resends=1), media, ledger, FakeSink())
    assert [m.file.kind for m in chat.messages() if m.file] == ["video", "audio", "audio"]
    assert len(receipt.file_ids) == 2


async def test_an_upload_cut_in_the_middle_surely_did_not_arrive(
    chat: Person, settings: Settings, ledger: FakeLedger, tmp_path: Path
) -> None:
    async def cut(reader: asyncio.StreamReader) -> None:
        await reader.read(300_000)

    big = film(tmp_path, size_bytes=20 * MB)
    async with raw_server(cut) as url:
        account = account_at(url, settings)
        upload = asyncio.create_task(account.delivery.upload(to(chat), [big], ledger, FakeSink()))
        async with asyncio.timeout(30):
            with pytest.raises(TemporarilyUnavailable):
                await upload
        await account.close()
    assert ledger.values["send:0"] == {"state": "unsent"}


async def test_a_stop_in_the_middle_of_an_upload_leaves_it_unsent(
    chat: Person, settings: Settings, ledger: FakeLedger, tmp_path: Path
) -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader) -> None:
        await reader.read(1000)
        begun.set()
        await over.wait()

    async with raw_server(hang) as url:
        account = account_at(url, settings)
        big = film(tmp_path, size_bytes=20 * MB)
        upload = asyncio.create_task(account.delivery.upload(to(chat), [big], ledger, FakeSink()))
        await begun.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        await account.close()
        over.set()
    assert ledger.values["send:0"] == {"state": "unsent"}


async def test_a_server_that_is_away_for_a_moment_is_tried_again(
    chat: Person, world: World, settings: Settings, ledger: FakeLedger, tmp_path: Path, unused_tcp_port: int
) -> None:
    main = settings.bots["main"].model_copy(update={"api_url": f"http://127.0.0.1:{unused_tcp_port}"})
    account = Account(name="main", settings=settings.model_copy(update={"bots": {"main": main}}), clock=SystemClock())
    upload = asyncio.create_task(account.delivery.upload(to(chat), [film(tmp_path)], ledger, FakeSink()))
    await asyncio.sleep(0.3)
    async with BotApi(world, port=unused_tcp_port):
        await upload
    assert len(chat.messages()) == 1
    await account.close()


@pytest.mark.parametrize(
    "words",
    ["wrong file identifier/HTTP URL specified", "wrong remote file identifier specified", "FILE_REFERENCE_EXPIRED"],
)
async def test_a_refused_file_id_is_for_the_cache_to_heal(
    way: BotApiDelivery, chat: Person, world: World, ledger: FakeLedger, tmp_path: Path, words: str
) -> None:
    receipt = await way.upload(to(chat), [film(tmp_path)], ledger, FakeSink())
    world.faults.add(Fault("sendVideo", "error", error_code=400, description=f"Bad Request: {words}"))
    fresh = FakeLedger()
    with pytest.raises(CannotDeliver):
        await way.send_cached(to(chat), receipt, fresh)
    await way.upload(to(chat), [film(tmp_path)], fresh, FakeSink())
    assert len(chat.messages()) == 2


async def test_a_person_who_blocked_us_is_a_clear_refusal(
    settings: Settings, chat: Person, ledger: FakeLedger, tmp_path: Path
) -> None:
    account = Account(name="main", settings=settings, clock=SystemClock())
    told: list[Chat] = []

    async def note(where: Chat) -> None:
        told.append(where)

    account.on_unreachable = note
    chat.block()
    with pytest.raises(CannotDeliver) as caught:
        await account.delivery.upload(to(chat), [film(tmp_path)], ledger, FakeSink())
    assert caught.value.text.key == "error-blocked"
    assert [where.chat for where in told] == [chat.id]
    assert ledger.values["send:0"] == {"state": "unsent"}
    await account.close()


async def test_a_file_over_the_servers_limit_is_refused_not_uncertain(
    chat: Person, world: World, ledger: FakeLedger, settings: Settings, tmp_path: Path
) -> None:
    account = Account(name="main", settings=settings, clock=SystemClock())
    world.faults.add(Fault("sendVideo", "error", error_code=413, description="Request Entity Too Large"))
    with pytest.raises(CannotDeliver):
        await account.delivery.upload(to(chat), [film(tmp_path)], ledger, FakeSink())
    await account.close()
