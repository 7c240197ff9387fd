"""kill -9 at every stage: after the restart the person gets the file, once, on the same status message."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from fetchgram.model import Job, Request, RequestState
from fetchgram.storage import Session, open_storage
from fetchgram_sandbox.bot_process import BotProcess
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.happenings import Happening, MessagePosted
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, open_live_bot
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

SLOW = "kbps=1000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mortal(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot that is killed again and again, and goes on with what it left."""
    async with open_live_bot(
        clips_folder, tmp_path_factory.mktemp("mortal"), more=f"{UNHURRIED}[work]\nuploads = 1\n"
    ) as live:
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def bob(mortal: LiveBot) -> Guest:
    return Guest(mortal, mortal.newcomer("Bob"))


class Killer:
    """Ends the bot as a power cut would, at one moment of the chat.

    Args:
        live: Whose bot.
    """

    def __init__(self, live: LiveBot) -> None:
        self.live = live
        self.process = live.process
        self.world = live.stage.world
        self.children: list[psutil.Process] = []

    def strike(self) -> None:
        """Kill now, before anything else happens in this process."""
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        os.kill(self.process.pid, signal.SIGKILL)

    async def restart(self) -> None:
        """Wait for the death of all, and start the bot anew; it is at work when this returns."""
        await self.process.wait()
        assert self.children, "a bot at work has children"
        await until(lambda: not any(is_alive(child) for child in self.children), lambda: self.children)
        before = self._starts()
        await self.process.start()
        await until(lambda: self._starts() > before, lambda: self.live.log_lines()[-5:])

    def _starts(self) -> int:
        return sum(line.get("event") == "bot.started" for line in self.live.log_lines())

    @contextmanager
    def before(self, method: str) -> Iterator[None]:
        """Kill when the bot calls a method, before it is carried out."""
        struck: list[str] = []

        def rule(called: str, _params: object) -> Fault | None:
            if called != method or struck:
                return None
            struck.append(called)
            self.strike()
            return Fault(method, "close")

        self.world.faults.add_rule(rule)
        yield
        self.world.faults.clear()

    @contextmanager
    def after_file(self, chat_id: int) -> Iterator[None]:
        """Kill when a file is in this chat, before the bot hears of it."""
        struck: list[Message] = []

        def listen(happening: Happening) -> None:
            if not isinstance(happening, MessagePosted) or struck:
                return
            if happening.message.file is not None and happening.message.chat_id == chat_id:
                struck.append(happening.message)
                self.strike()

        stop = self.world.listen(listen)
        yield
        stop()


@pytest.fixture
def killer(mortal: LiveBot) -> Killer:
    return Killer(mortal)


async def test_right_after_the_update_was_stored(bob: Guest, killer: Killer) -> None:
    with killer.before("sendMessage"):
        bob.says(f"{bob.site}/watch/colours?kill=1")
        await died(killer)
    card = await bob.sees_card()
    await bob.taps(card, "144p")
    await gets_it_once(bob, card)


async def test_while_the_link_is_looked_at(bob: Guest, killer: Killer) -> None:
    bob.says(f"{bob.site}/media/clip-144.mp4?kbps=2&kill=2")
    ack = await bob.sees("Having a look")
    while (await request_of(bob)).status_message is None:
        await asyncio.sleep(0.05)
    killer.strike()
    assert (await request_of(bob)).state is RequestState.PROBING
    await killer.restart()
    card = await bob.sees_card()
    assert card.message_id == ack.message_id


async def test_when_the_link_was_looked_at_and_the_card_not_yet_shown(bob: Guest, killer: Killer) -> None:
    with killer.before("editMessageMedia"):
        bob.says(f"{bob.site}/watch/colours?kill=2b")
        await until(lambda: bool(killer.children), bob.story)
        assert (await request_of(bob)).state is RequestState.CHOOSING
        await killer.restart()
    card = await bob.sees_card()
    assert [message.message_id for message in bob.messages()] == [card.message_id]
    await bob.taps(card, "144p")
    await gets_it_once(bob, card)


async def test_at_the_card(bob: Guest, killer: Killer) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kill=3")
    killer.strike()
    assert (await request_of(bob)).state is RequestState.CHOOSING
    await killer.restart()
    await bob.taps(card, "144p")
    await gets_it_once(bob, card)


async def test_in_line_and_in_the_download_which_goes_on_where_it_was(bob: Guest, killer: Killer) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?{SLOW}&kill=4")
    await bob.taps(card, "720p")
    await until(lambda: any(percent(text) > 15 for text in bob.history(card)), bob.story)
    seen = len(bob.live.stage.site.requests)
    killer.strike()
    request = await request_of(bob)
    assert request.state is RequestState.WORKING
    assert (request.status_message, request.recipe and request.recipe.choice.height_px) == (card.message_id, 720)
    await killer.restart()
    await gets_it_once(bob, card)
    resumed = [r.range for r in bob.live.stage.site.requests[seen:] if r.path == "/media/clip-720.mp4" and r.range]
    assert any(not text.startswith("bytes=0-") for text in resumed), resumed


async def test_after_the_download_nothing_is_downloaded_again(mortal: LiveBot, bob: Guest, killer: Killer) -> None:
    carol = Guest(mortal, mortal.newcomer("Carol"))
    theirs = await carol.asks_for(f"{bob.site}/watch/colours?kill=5a")
    card = await bob.asks_for(f"{bob.site}/watch/colours?kill=5b")
    # There is room for one upload, and this one takes it.
    mortal.stage.world.faults.add(Fault("sendVideo", "delay", seconds=15))
    await carol.taps(theirs, "144p")
    await until(lambda: any("Sending" in t or "taking it in" in t for t in carol.history(theirs)), carol.story)
    await bob.taps(card, "360p")
    while (job := await job_of(bob)) is None or job.checkpoint is None:
        await asyncio.sleep(0.05)
    seen = len(mortal.stage.site.requests)
    killer.strike()
    await killer.restart()
    await gets_it_once(bob, card)
    assert not [r for r in mortal.stage.site.requests[seen:] if r.path.startswith("/media/clip-360")]
    await carol.sees_button("Send again")


async def test_in_the_middle_of_the_upload_it_is_told_and_can_be_sent_again(bob: Guest, killer: Killer) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kill=6")
    with killer.before("sendVideo"):
        await bob.taps(card, "144p")
        await died(killer)
    told = await bob.sees_button("Send again")
    assert told.message_id == card.message_id
    assert "Please look whether it arrived" in told.text
    assert not bob.files("video")
    await bob.taps(told, "Send again")
    await gets_it_once(bob, card)


async def test_after_the_send_and_before_the_record_it_is_not_repeated(bob: Guest, killer: Killer) -> None:
    card = await bob.asks_for(f"{bob.site}/watch/colours?kill=7")
    with killer.after_file(bob.person.id):
        await bob.taps(card, "144p")
        await died(killer)
    told = await bob.sees_button("Send again")
    assert told.message_id == card.message_id
    assert len(bob.files("video")) == 1
    assert (await request_of(bob)).state is RequestState.FAILED


async def test_a_lost_answer_is_told_and_not_repeated(bob: Guest) -> None:
    bob.live.stage.world.faults.add(Fault("sendVideo", "lost"))
    card = await bob.asks_for(f"{bob.site}/watch/colours?kill=8")
    await bob.taps(card, "144p")
    told = await bob.sees_button("Send again")
    assert told.message_id == card.message_id
    assert len(bob.files("video")) == 1


async def test_a_gentle_end_in_a_download_is_quick_leaves_nobody_behind_and_goes_on(bob: Guest, killer: Killer) -> None:
    # Too slow to be done within the time that a gentle end leaves to work (10 s).
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=300&kill=9")
    await bob.taps(card, "720p")
    await until(lambda: any(percent(text) > 10 for text in bob.history(card)), bob.story)
    killer.children = psutil.Process(killer.process.pid).children(recursive=True)
    began = time.monotonic()
    assert await killer.process.stop() == 0
    assert time.monotonic() - began < 15
    assert not bob.files("video")
    await killer.restart()
    await gets_it_once(bob, card)


async def test_a_second_bot_on_the_same_data_folder_says_so_and_ends(mortal: LiveBot, tmp_path: Path) -> None:
    log = tmp_path / "second.log"
    async with BotProcess(mortal.config, log=log) as second:
        ended = asyncio.ensure_future(second.wait())
        await until(ended.done, lambda: (log.read_text(), mortal.log_lines()[-20:]))
    assert ended.result() == 2
    assert re.search("another `fetchgram run`.* uses the data folder", log.read_text())


def percent(text: str) -> int:
    found = re.search(r"(\d+)%", text)
    return int(found[1]) if found else 0


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def died(killer: Killer) -> None:
    await until(lambda: bool(killer.children))
    await killer.restart()


async def gets_it_once(bob: Guest, status: Message) -> None:
    """The file arrived once, and the status message that promised it is gone."""
    await bob.gets("video")
    await bob.sees_vanish(status)
    assert len(bob.messages()) == 1, bob.story()


@asynccontextmanager
async def second_look(bob: Guest) -> AsyncIterator[Session]:
    """Read the database as a second process does."""
    storage = await open_storage(None, bob.live.data_dir, migrate=False)
    try:
        async with storage.read() as session:
            yield session
    finally:
        await storage.close()


async def request_of(bob: Guest) -> Request:
    async with second_look(bob) as session:
        (request,) = await session.requests.list_for(bob.live.stage.world.bot.id, bob.person.id, 10)
    return request


async def job_of(bob: Guest) -> Job | None:
    request = await request_of(bob)
    async with second_look(bob) as session:
        deliveries = await session.deliveries.of_request(request.id)
        return await session.jobs.get(deliveries[-1].job_id) if deliveries else None
