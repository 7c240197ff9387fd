"""Files over the Bot API's size go over MTProto, and the person sees no difference: once, whole, whatever happens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.happenings import CallMade
from fetchgram_sandbox.live_bot import LiveBot, open_live_bot
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

SIZE = 21_000_000
PARTS = -(-SIZE // (512 * 1024))
SAVE, GET = "upload.saveBigFilePart", "upload.getFile"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def large(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    async with open_live_bot(clips_folder, tmp_path_factory.mktemp("large"), mtproto=True) as live:
        yield live
        assert live.stage.api.problems == []
        assert server_of(live).problems == []


def server_of(live: LiveBot) -> MtprotoServer:
    assert live.stage.mtproto is not None
    return live.stage.mtproto


@pytest.fixture
def server(large: LiveBot) -> Iterator[MtprotoServer]:
    yield server_of(large)
    large.stage.world.faults.clear()


@pytest.fixture
def bob(large: LiveBot) -> Guest:
    return Guest(large, large.newcomer("Bob"))


async def asks_for_a_film(bob: Guest, name: str, size_bytes: int = SIZE) -> Message:
    card = await bob.asks_for(f"{bob.site}/media/padded-{size_bytes}.mp4?large={name}")
    await bob.taps(card, "MB")
    return card


def calls_of(bob: Guest, method: str) -> list[CallMade]:
    return [call for call in bob.live.stage.api.calls if call.method == method]


@contextmanager
def held_in_the_middle(server: MtprotoServer) -> Iterator[None]:
    """Let half of the file in, and then nothing."""

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        number = params.get("file_part")
        if method == SAVE and isinstance(number, int) and number >= PARTS // 2:
            return Fault(SAVE, "error", error_code=420, description="FLOOD_WAIT_1")
        return None

    server.world.faults.add_rule(rule)
    yield
    server.world.faults.clear()


async def half_is_in(server: MtprotoServer, before: int) -> None:
    half = PARTS // 2 * 512 * 1024
    await until(lambda: server.desk.uploads.received_bytes >= before + half)


async def test_a_large_file_says_its_way_and_arrives_whole(bob: Guest, server: MtprotoServer) -> None:
    card = await bob.asks_for(f"{bob.site}/media/padded-{SIZE}.mp4?large=1")
    assert "large file" in card.button("MB").label
    before = len(calls_of(bob, "sendVideo"))
    await bob.taps(card, "MB")
    video = await bob.gets("video")
    assert video.size_bytes == SIZE
    assert (video.mime, video.width_px, video.height_px) == ("video/mp4", 640, 360)
    assert video.thumbnail is not None
    assert len(calls_of(bob, "sendVideo")) == before
    await until(lambda: server.connections == 0)


async def test_a_second_person_gets_it_at_once_by_its_file_id(large: LiveBot, bob: Guest) -> None:
    card = await bob.asks_for(f"{bob.site}/media/padded-{SIZE}.mp4?large=1")
    assert "⚡ at once" in card.button("MB").label
    received = server_of(large).desk.uploads.received_bytes
    await bob.taps(card, "MB")
    await bob.gets("video")
    assert server_of(large).desk.uploads.received_bytes == received


async def test_a_small_file_goes_by_the_bot_api(bob: Guest, server: MtprotoServer) -> None:
    received = server.desk.uploads.received_bytes
    await asks_for_a_film(bob, "small", 2_000_000)
    await bob.gets("video")
    assert server.desk.uploads.received_bytes == received


async def test_a_refused_upload_takes_the_next_way(bob: Guest, server: MtprotoServer) -> None:
    server.world.faults.add(Fault(SAVE, "error", error_code=400, description="FILE_PARTS_INVALID", times=100))
    await asks_for_a_film(bob, "refused")
    assert (await bob.gets("video")).size_bytes == SIZE
    assert len(bob.files("video")) == 1


async def sends_a_large_film(bob: Guest, folder: Path) -> Message:
    """Send what getFile does not give, and return its card."""
    film = folder / "film.mp4"
    # A box that players skip (ISO/IEC 14496-12, `free`) makes it large.
    free = SIZE.to_bytes(4, "big") + b"free" + bytes(SIZE - 8)
    film.write_bytes(bob.live.stage.site.clip("clip-360.mp4").read_bytes() + free)
    sent = await bob.person.send_file(film, "video", name="Holiday.mp4")
    return await bob.sees_card(sent)


async def wants_the_sound(bob: Guest, card: Message) -> Message:
    await bob.taps(card, "Sound only")
    screen = await bob.sees_button("MP3")
    await bob.taps(screen, "MP3")
    screen = await bob.sees_button("✅ 🎵 MP3")
    await bob.taps(screen, "Start")
    return screen


async def test_a_large_film_that_a_person_sends_becomes_a_song(bob: Guest, tmp_path: Path) -> None:
    card = await sends_a_large_film(bob, tmp_path)
    await wants_the_sound(bob, card)
    song = await bob.gets("audio")
    assert (song.mime, song.name) == ("audio/mpeg", "Holiday.mp3")
    assert len(bob.files("audio")) == 1


async def test_a_large_sent_film_shows_how_far_it_is_and_can_be_cancelled(
    bob: Guest, server: MtprotoServer, tmp_path: Path
) -> None:
    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        at = params.get("offset")
        is_late = method == GET and isinstance(at, int) and at > SIZE // 2
        return Fault(GET, "error", error_code=420, description="FLOOD_WAIT_1") if is_late else None

    server.world.faults.add_rule(rule)
    card = await sends_a_large_film(bob, tmp_path)
    screen = await wants_the_sound(bob, card)
    await until(lambda: any("%" in text for text in bob.history(screen)), bob.story)
    await bob.taps(await bob.sees_button("Cancel"), "Cancel")
    await until(lambda: server.connections == 0, bob.story)
    await until(lambda: not list((bob.live.data_dir).rglob("sent.mp4*")), bob.story)
    assert bob.files("audio") == []


async def test_cancelling_in_the_middle_gives_the_connections_back(bob: Guest, server: MtprotoServer) -> None:
    received = server.desk.uploads.received_bytes
    with held_in_the_middle(server):
        card = await asks_for_a_film(bob, "cancel")
        await half_is_in(server, received)
        assert await bob.taps(card, "Cancel") == "Cancelled"
        await until(lambda: server.connections == 0, bob.story)
    assert bob.files("video") == []


async def test_a_lost_answer_to_the_send_makes_one_message(bob: Guest, server: MtprotoServer) -> None:
    uncut = [True]

    def cut(_: object) -> None:
        if bob.files("video") and uncut:
            uncut.clear()
            server.cut()

    stop: Callable[[], None] = server.world.listen(cut)
    card = await asks_for_a_film(bob, "lost")
    await bob.sees_vanish(card)
    stop()
    assert not uncut
    assert len(bob.files("video")) == 1


def noted_parts(live: LiveBot) -> tuple[int, set[int]]:
    """Return the newest file's id and its parts that the bot has on record as received."""
    newest = "SELECT value FROM ledger WHERE key = 'upload:0:0' ORDER BY delivery_id DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{live.data_dir / 'fetchgram.db'}?mode=ro", uri=True)) as database:
        note = json.loads(database.execute(newest).fetchone()[0])
    return note["file_id"], {part for first, last in note["done"] for part in range(first, last + 1)}


async def test_after_a_kill_the_rest_is_sent_and_nothing_twice(
    large: LiveBot, bob: Guest, server: MtprotoServer
) -> None:
    received = server.desk.uploads.received_bytes
    with held_in_the_middle(server):
        await asks_for_a_film(bob, "kill")
        await half_is_in(server, received)
        await until(lambda: noted_parts(large)[1])
        children = psutil.Process(large.process.pid).children(recursive=True)
        await large.process.kill()
        await until(lambda: not any(child.is_running() for child in children))
        await until(lambda: server.connections == 0)
    file_id, noted = noted_parts(large)
    before = dict(server.desk.uploads.received[file_id])
    await large.process.start()
    assert (await bob.gets("video")).size_bytes == SIZE
    assert len(bob.files("video")) == 1
    after = server.desk.uploads.received[file_id]
    assert len(after) == PARTS
    assert [part for part in noted if after[part] != before[part]] == []


def dials_in_vain(live: LiveBot) -> list[dict[str, object]]:
    return [line for line in live.log_lines() if line["event"] == "mtproto.dial_again"]


async def test_a_server_that_restarts_in_the_middle_gets_the_rest_and_one_film_comes(
    large: LiveBot, bob: Guest, server: MtprotoServer
) -> None:
    received, sent = server.desk.uploads.received_bytes, len(calls_of(bob, "sendVideo"))
    with held_in_the_middle(server):
        card = await asks_for_a_film(bob, "restart")
        await half_is_in(server, received)
        await until(lambda: noted_parts(large)[1])
        file_id, noted = noted_parts(large)
        before = dict(server.desk.uploads.received[file_id])
        dialled = len(dials_in_vain(large))
        async with server.away():
            await until(lambda: len(dials_in_vain(large)) > dialled, bob.story)
    assert (await bob.gets("video")).size_bytes == SIZE
    await bob.sees_vanish(card)
    assert len(bob.files("video")) == 1
    after = server.desk.uploads.received[file_id]
    assert len(after) == PARTS
    assert [part for part in noted if after[part] != before[part]] == []
    assert len(calls_of(bob, "sendVideo")) == sent
