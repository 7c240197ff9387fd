"""Files over a bot's own size go through a user account, and over that in parts that play: once, whatever happens.

The limits are scaled down: 1 MB by the Bot API, 2 MB by the bot over MTProto, 4 MB by the user account.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import psutil
import pytest
import pytest_asyncio

from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.clips import ffmpeg_path
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, ready
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.person import Person

from .accounts import Account, open_account
from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

RELAYED = 3_000_000
PARTS = -(-RELAYED // (512 * 1024))
SAVE = "upload.saveFilePart"
SEND = "messages.sendMedia"
SECONDS = 16


@dataclass
class Relayed:
    """A bot with a user account behind it."""

    live: LiveBot
    account: Account

    @property
    def server(self) -> MtprotoServer:
        return self.account.server

    @property
    def owner(self) -> Person:
        return self.account.owner

    @property
    def passed(self) -> tuple[Message, ...]:
        return self.account.passed


async def make_films(clips: Path) -> None:
    """Films with a key frame each second, of about 3 and 7 MB."""
    for name, kbps in (("middle.mp4", 1500), ("long.mp4", 3500)):
        source = f"testsrc2=duration={SECONDS}:size=480x360:rate=25,noise=alls=30:allf=t"
        encoding = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-b:v", f"{kbps}k", "-maxrate", f"{kbps}k")
        rate = ("-bufsize", f"{kbps}k", "-pix_fmt", "yuv420p")
        process = await asyncio.create_subprocess_exec(
            *(str(ffmpeg_path()), "-y", "-loglevel", "error", "-f", "lavfi", "-i", source),
            *(*encoding, *rate, str(clips / name)),
        )
        assert await process.wait() == 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relayed(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Relayed]:
    await make_films(clips_folder)
    folder = tmp_path_factory.mktemp("relayed")
    async with open_account(clips_folder) as account:
        stage = account.stage
        config, log = write_config(stage, folder, more=UNHURRIED), folder / "bot.log"
        account.add_to(config)
        async with BotProcess(config, log=log) as process:
            await ready(stage, process, log=log)
            yield Relayed(LiveBot(stage, process, config=config, log=log), account)


@pytest.fixture
def server(relayed: Relayed) -> Iterator[MtprotoServer]:
    yield relayed.server
    relayed.live.stage.world.faults.clear()


@pytest.fixture
def bob(relayed: Relayed) -> Guest:
    return Guest(relayed.live, relayed.live.newcomer("Bob"))


async def asks_for(bob: Guest, name: str, way: str) -> Message:
    """Ask for a file whose button says its way."""
    card = await bob.asks_for(f"{bob.site}/media/{name}")
    assert way in card.button("MB").label
    await bob.taps(card, "MB")
    return card


@contextmanager
def held(server: MtprotoServer, when: Callable[[int], object]) -> Iterator[None]:
    """Let parts in until it is so, and then nothing."""

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        number = params.get("file_part")
        if method == SAVE and isinstance(number, int) and when(number):
            return Fault(SAVE, "error", error_code=420, description="FLOOD_WAIT_1")
        return None

    server.world.faults.add_rule(rule)
    yield
    server.world.faults.clear()


async def half_is_in(server: MtprotoServer, before: int) -> None:
    await until(lambda: server.desk.uploads.received_bytes >= before + PARTS // 2 * 512 * 1024)


async def kill(live: LiveBot) -> None:
    children = psutil.Process(live.process.pid).children(recursive=True)
    await live.process.kill()
    await until(lambda: not any(child.is_running() for child in children))


def played_s(path: Path) -> float:
    """Decode a film whole and return its length."""
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
        return float((container.duration or 0) / av.time_base)


async def test_a_file_over_the_bots_size_goes_through_the_user_account(relayed: Relayed, bob: Guest) -> None:
    card = await asks_for(bob, f"padded-{RELAYED}.mp4?relay=1", "very large file")
    video = await bob.gets("video")
    await bob.sees_vanish(card)
    assert (video.size_bytes, video.width_px, video.height_px) == (RELAYED, 640, 360)
    assert video.thumbnail is not None
    assert [message.sender_id for message in relayed.passed] == [relayed.owner.id]
    await until(lambda: relayed.server.connections == 0)


async def test_a_second_person_gets_it_at_once(relayed: Relayed, bob: Guest) -> None:
    received = relayed.server.desk.uploads.received_bytes
    await asks_for(bob, f"padded-{RELAYED}.mp4?relay=1", "at once")
    await bob.gets("video")
    assert relayed.server.desk.uploads.received_bytes == received


async def test_a_smaller_one_goes_as_the_bot_itself(relayed: Relayed, bob: Guest) -> None:
    passed = len(relayed.passed)
    card = await asks_for(bob, "padded-1500000.mp4?own=1", "large file")
    assert "very" not in card.button("MB").label
    await bob.gets("video")
    assert len(relayed.passed) == passed


def lose_a_part(server: MtprotoServer) -> None:
    """Let the server lose a part before the first send."""

    def rule(method: str, _: Mapping[str, object]) -> None:
        if method == SEND and not lost:
            lost.append(1)
            server.desk.uploads.forget(1)

    lost: list[int] = []
    server.world.faults.add_rule(rule)


def forget_the_bot(server: MtprotoServer) -> None:
    """Let the server forget the bot's keys in the middle, and cut it off."""

    def rule(method: str, params: Mapping[str, object]) -> Fault | None:
        if method != SAVE or params.get("file_part") != 1 or forgotten:
            return None
        keys, bot = server.registry.keys, server.world.bot.id
        forgotten.extend(number for number, auth in keys.items() if auth.user_id == bot)
        for number in forgotten:
            del keys[number]
        return Fault(SAVE, "close")

    forgotten: list[bytes] = []
    server.world.faults.add_rule(rule)


def fault(kind: str, description: str = "", *, code: int = 420, times: int = 1) -> Callable[[MtprotoServer], None]:
    def order(server: MtprotoServer) -> None:
        server.world.faults.add(Fault(SAVE, kind, error_code=code, description=description, times=times))

    return order


TROUBLES: Mapping[str, Callable[[MtprotoServer], None]] = {
    "a flood wait": fault("error", "FLOOD_WAIT_1", times=2),
    "a flood wait that Premium has not": fault("error", "FLOOD_PREMIUM_WAIT_1", times=2),
    "a stumble": fault("error", "RPC_CALL_FAIL", code=500),
    "lost answers": fault("lost", times=2),
    "cut connections": fault("close", times=2),
    "a part that the server lost": lose_a_part,
    "a key that the server forgot": forget_the_bot,
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_whatever_happens_on_the_way_up_one_whole_film_comes(
    bob: Guest, server: MtprotoServer, trouble: str
) -> None:
    TROUBLES[trouble](server)
    card = await asks_for(bob, f"padded-1500000.mp4?trouble={list(TROUBLES).index(trouble)}", "large file")
    await bob.sees_vanish(card)
    (video,) = bob.files("video")
    assert video.size_bytes == 1_500_000


async def test_a_long_flood_wait_is_told_and_the_wish_can_be_taken_back(bob: Guest, server: MtprotoServer) -> None:
    fault("error", "FLOOD_WAIT_900", times=99)(server)
    card = await asks_for(bob, "padded-1500000.mp4?trouble=long", "large file")
    await until(lambda: any("Trying again in 15" in text for text in bob.history(card)), bob.story)
    assert await bob.taps(card, "Cancel") == "Cancelled"
    await until(lambda: server.connections == 0, bob.story)
    assert bob.files("video") == []


async def test_a_film_over_every_limit_arrives_in_parts_that_play(bob: Guest) -> None:
    card = await asks_for(bob, "long.mp4?parts=1", "in parts")
    await bob.sees_vanish(card)
    films = bob.files("video")
    assert len(films) >= 2
    assert all(film.size_bytes <= 4_000_000 for film in films)
    assert sum(played_s(film.path) for film in films) == pytest.approx(SECONDS, abs=0.5)
    words = [message.text for message in bob.messages() if message.file is not None]
    assert [line.splitlines()[-1] for line in words] == [f"Part {n} of {len(films)}" for n in range(1, len(films) + 1)]


async def test_cancelling_in_the_middle_gives_all_connections_back(
    relayed: Relayed, bob: Guest, server: MtprotoServer
) -> None:
    passed, received = len(relayed.passed), server.desk.uploads.received_bytes
    with held(server, lambda number: number >= PARTS // 2):
        card = await asks_for(bob, f"padded-{RELAYED}.mp4?relay=cancel", "very large file")
        await half_is_in(server, received)
        assert await bob.taps(card, "Cancel") == "Cancelled"
        await until(lambda: server.connections == 0, bob.story)
    assert bob.files("video") == []
    assert len(relayed.passed) == passed


async def test_a_lost_answer_to_the_copy_makes_one_message(relayed: Relayed, bob: Guest, server: MtprotoServer) -> None:
    uncut = [True]

    def cut(_: object) -> None:
        if bob.files("video") and uncut:
            uncut.clear()
            server.cut()

    stop = server.world.listen(cut)
    passed = len(relayed.passed)
    card = await asks_for(bob, f"padded-{RELAYED}.mp4?relay=lost", "very large file")
    await bob.sees_vanish(card)
    stop()
    assert not uncut
    assert (len(bob.files("video")), len(relayed.passed)) == (1, passed + 1)


async def test_after_a_kill_the_rest_goes_up_and_nothing_twice(
    relayed: Relayed, bob: Guest, server: MtprotoServer
) -> None:
    passed, received = len(relayed.passed), server.desk.uploads.received_bytes
    with held(server, lambda number: number >= PARTS // 2):
        await asks_for(bob, f"padded-{RELAYED}.mp4?relay=kill", "very large file")
        await half_is_in(server, received)
        await kill(relayed.live)
    await relayed.live.process.start()
    assert (await bob.gets("video")).size_bytes == RELAYED
    assert (len(bob.files("video")), len(relayed.passed)) == (1, passed + 1)


async def test_after_a_kill_between_the_parts_none_comes_twice(
    relayed: Relayed, bob: Guest, server: MtprotoServer
) -> None:
    with held(server, lambda number: number > 1 and bob.files("video")):
        card = await asks_for(bob, "long.mp4?parts=kill", "in parts")
        await bob.gets("video")
        await kill(relayed.live)
    await relayed.live.process.start()
    await bob.sees_vanish(card)
    films = bob.files("video")
    assert sum(played_s(film.path) for film in films) == pytest.approx(SECONDS, abs=0.5)


async def test_while_the_user_account_is_no_use_it_goes_in_parts(bob: Guest, server: MtprotoServer) -> None:
    server.world.faults.add(Fault(SEND, "error", error_code=400, description="CHAT_WRITE_FORBIDDEN"))
    card = await asks_for(bob, "middle.mp4?down=1", "very large file")
    await bob.sees_vanish(card)
    films = bob.files("video")
    assert len(films) >= 2
    assert all(film.size_bytes <= 2_000_000 for film in films)
    assert sum(played_s(film.path) for film in films) == pytest.approx(SECONDS, abs=0.5)
    after = await bob.asks_for(f"{bob.site}/media/middle.mp4?down=2")
    assert "in parts" in after.button("MB").label
