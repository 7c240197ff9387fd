"""A message to many people, as the owner makes it and as they get it; kill -9 in its middle."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from fetchgram.model import Broadcast, BroadcastState, Person
from fetchgram.storage import Storage, open_storage
from fetchgram.storage.broadcast_tables import broadcast_sends
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.files import Upload
from fetchgram_sandbox.live_bot import LiveBot, open_live_bot
from fetchgram_sandbox.objects import Message

from .conftest import Guest, until
from .test_kill import Killer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

UNHURRIED_BUT_BROADCASTS = """
[delivery]
chat_interval_s = 0
edit_interval_s = 0.3
messages_per_s = 20
group_per_minute = 1000
[plugins]
only = ["admin", "ytdlp"]
"""
NEWS = "Big news"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def publisher(clips_folder: object, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveBot]:
    """Give a bot of this module's own: everybody that it knows gets what is sent here."""
    folder = tmp_path_factory.mktemp("publisher")
    async with open_live_bot(clips_folder, folder, more=UNHURRIED_BUT_BROADCASTS) as live:  # type: ignore[arg-type]
        yield live
        assert live.stage.api.problems == []


@pytest.fixture
def olga(publisher: LiveBot) -> Guest:
    """Give the owner."""
    return Guest(publisher, publisher.stage.person)


@pytest_asyncio.fixture(loop_scope="module")
async def storage(publisher: LiveBot) -> AsyncIterator[Storage]:
    """Give a look at the bot's database; people whom earlier tests brought want no news."""
    opened = await open_storage(None, publisher.data_dir)
    yield opened
    async with opened.write() as session:
        bot_id = publisher.stage.world.bot.id
        for person in publisher.stage.world.people:
            await session.people.set_quiet(bot_id, person, quiet=True)
    await opened.close()


async def crowd(publisher: LiveBot, storage: Storage, count: int) -> list[Guest]:
    """Bring people whom the bot knows."""
    people = [Guest(publisher, publisher.newcomer(f"P{n}")) for n in range(count)]
    async with storage.write() as session:
        for guest in people:
            await session.people.seen(Person(bot_id=publisher.stage.world.bot.id, id=guest.person.id))
            await session.people.chat_seen(publisher.stage.world.bot.id, guest.person.id, "private", None)
    return people


def copies(people: Sequence[Guest]) -> list[int]:
    """Count what each of them got."""
    return [sum(message.text == NEWS for message in guest.messages()) for guest in people]


async def the_broadcast(storage: Storage) -> Broadcast:
    async with storage.read() as session:
        (newest,) = await session.broadcasts.newest(4_200_000_001, 1)
    return newest


async def begun(olga: Guest, storage: Storage) -> Message:
    """Let the owner send a message to everybody else; returns the message that tells how it goes."""
    async with storage.write() as session:
        await session.people.set_quiet(olga.live.stage.world.bot.id, olga.person.id, quiet=True)
    draft = await composed(olga)
    await olga.taps(draft, "Send")
    await olga.taps(await shows(olga, draft, "Send it to"), "Send to")
    return await shows(olga, draft, "Message")


async def composed(olga: Guest, *, album: Sequence[Upload] = (), poll: bool = False) -> Message:
    """Write the message, or send an album or a poll, and return the draft."""
    sent = olga.says("/admin")
    panel = await olga.sees(lambda m: "You are an owner" in m.text and m.message_id > sent.message_id)
    await olga.taps(panel, "Broadcasts")
    await olga.taps(await shows(olga, panel, "One message to many people"), "New message")
    await shows(olga, panel, "Send me the message now")
    if poll:
        sent = olga.person.ask_all(NEWS, ["Good", "Bad"])
    else:
        sent = olga.person.send_album(album, "video", caption=NEWS)[0] if album else olga.says(NEWS)
    return await olga.sees(lambda m: "is a draft" in m.text and m.message_id > sent.message_id)


async def shows(olga: Guest, message: Message, what: str) -> Message:
    """Wait until a message shows something."""
    return await olga.sees(lambda m: m.message_id == message.message_id and what in m.text)


async def test_it_is_written_looked_at_and_sent_and_the_report_is_right(
    publisher: LiveBot, olga: Guest, storage: Storage
) -> None:
    people, world = await crowd(publisher, storage, 6), publisher.stage.world
    blocked = Fault("copyMessage", "error", error_code=403, description="Forbidden: bot was blocked by the user")
    world.faults.add_rule(lambda _, params: blocked if params.get("chat_id") == str(people[1].person.id) else None)
    people[2].person.delete_account()
    draft = await composed(olga)
    await olga.taps(draft, "Buttons")
    await shows(olga, draft, "Type the buttons")
    olga.says("Read on https://example.org")
    await olga.sees("Please type all buttons again")
    sent = olga.says("Read on - https://example.org")
    draft = await olga.sees(lambda m: "example.org" in m.text and m.message_id > sent.message_id)
    await olga.taps(draft, "Preview")
    preview = await olga.sees(lambda m: m.text == NEWS and m.sender_id == world.bot.id)
    draft = await olga.sees(lambda m: "is a draft" in m.text and m.message_id > preview.message_id)
    await olga.taps(draft, "Send")
    await olga.taps(await shows(olga, draft, "Send it to 7 people?"), "Send to 7 people")
    report = await shows(olga, draft, "has gone out")
    world.faults.clear()
    assert "✅ 5 delivered\n🚫 1 have blocked the bot\n👻 1 accounts are gone" in report.text
    assert "7 of 7" in report.text
    assert copies(people) == [1, 0, 0, 1, 1, 1]
    theirs = next(message for message in people[0].messages() if message.text == NEWS)
    assert [button.label for button in theirs.buttons] == ["Read on", "🔕 No more news like this"]
    assert [button.label for button in preview.buttons] == ["Read on", "🔕 No more news like this"]


async def test_an_album_is_one_draft_and_one_message_for_everybody(
    publisher: LiveBot, olga: Guest, storage: Storage, clips_folder: Path
) -> None:
    people = await crowd(publisher, storage, 2)
    async with storage.write() as session:
        await session.people.set_quiet(publisher.stage.world.bot.id, olga.person.id, quiet=True)
    draft = await composed(olga, album=films(publisher, clips_folder))
    draft = await shows(olga, draft, "An album of 3")
    assert sum("is a draft" in message.text and "album" in message.text for message in olga.messages()) == 1
    await olga.taps(draft, "Send")
    await olga.taps(await shows(olga, draft, "Send it to"), "Send to")
    await shows(olga, draft, "has gone out")
    for guest in people:
        got = [message for message in guest.messages() if message.file is not None]
        assert (len(got), len({message.album_id for message in got})) == (3, 1)
    assert not any("Send me a link" in m.text and m.message_id > draft.message_id for m in olga.messages())


def films(publisher: LiveBot, folder: Path) -> list[Upload]:
    found = [(path, publisher.stage.world.files.new_path()) for path in sorted(folder.glob("*.mp4"))[:3]]
    for path, copy in found:
        shutil.copyfile(path, copy)
    return [Upload(copy, path.name) for path, copy in found]


async def test_a_poll_is_written_and_sent_like_any_other_message(
    publisher: LiveBot, olga: Guest, storage: Storage
) -> None:
    people = await crowd(publisher, storage, 2)
    async with storage.write() as session:
        await session.people.set_quiet(publisher.stage.world.bot.id, olga.person.id, quiet=True)
    draft = await composed(olga, poll=True)
    await olga.taps(draft, "Send")
    await olga.taps(await shows(olga, draft, "Send it to"), "Send to")
    await shows(olga, draft, "has gone out")
    assert [[m.poll.question for m in guest.messages() if m.poll] for guest in people] == [[NEWS], [NEWS]]


async def test_it_is_deleted_for_everyone_again(publisher: LiveBot, olga: Guest, storage: Storage) -> None:
    people = await crowd(publisher, storage, 5)
    report = await shows(olga, await begun(olga, storage), "has gone out")
    assert copies(people) == [1] * 5
    await olga.taps(report, "Delete for everyone")
    await olga.taps(await shows(olga, report, "There is no way back"), "Delete for everyone")
    await shows(olga, report, "Deleted for 5 people")
    assert copies(people) == [0] * 5


async def test_it_pauses_and_goes_on_from_the_panel_and_people_get_answers_meanwhile(
    publisher: LiveBot, olga: Guest, storage: Storage
) -> None:
    people = await crowd(publisher, storage, 160)
    progress = await begun(olga, storage)
    await until(lambda: told_on_the_way(olga, progress, 160), lambda: olga.history(progress))
    people[0].says("/help")
    await people[0].sees("How it works")
    await olga.taps(progress, "Pause")
    await shows(olga, progress, "is paused")
    assert (await the_broadcast(storage)).state is BroadcastState.PAUSED
    assert sum(copies(people)) < 160
    await olga.taps(progress, "Go on")
    await shows(olga, progress, "has gone out")
    assert copies(people) == [1] * 160


def told_on_the_way(olga: Guest, progress: Message, people: int) -> set[str]:
    """Return how far the message said that it is, between nobody and everybody."""
    told = set(re.findall(rf"\d+ of {people}", "\n".join(olga.history(progress))))
    return told - {f"0 of {people}", f"{people} of {people}"}


async def test_killed_twice_nobody_gets_it_twice_and_the_report_is_right(
    publisher: LiveBot, olga: Guest, storage: Storage
) -> None:
    world, killer = publisher.stage.world, Killer(publisher)
    people = await crowd(publisher, storage, 120)
    world.faults.add_rule(slowly)
    progress = await begun(olga, storage)
    doubtful = 0
    for at_least in (20, 60):
        await until(lambda: sum(copies(people)) >= at_least)  # noqa: B023  # awaited at once
        killer.strike()
        doubtful += await on_their_way(storage)
        await killer.restart()
    await shows(olga, progress, "has gone out")
    world.faults.clear()
    ended = await the_broadcast(storage)
    assert max(copies(people)) == 1
    assert ended.tally.delivered + ended.tally.uncertain == 120
    assert ended.tally.uncertain == doubtful
    assert ended.tally.delivered <= sum(copies(people)) <= ended.tally.delivered + ended.tally.uncertain


def slowly(method: str, _params: Mapping[str, object]) -> Fault | None:
    """Let each copy take a while, so that a kill finds some on their way."""
    return Fault("copyMessage", "delay", seconds=0.1) if method == "copyMessage" else None


async def on_their_way(storage: Storage) -> int:
    """Count the messages that are on record as being sent, and whose end is not."""
    async with storage.read() as session:
        broadcast = (await session.broadcasts.newest(4_200_000_001, 1))[0].id
        sending = (broadcast_sends.c.broadcast_id == broadcast, broadcast_sends.c.state == "sending")
        found = await session.execute(select(func.count()).select_from(broadcast_sends).where(*sending))
        return int(found.scalar_one())
