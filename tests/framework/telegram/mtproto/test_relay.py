"""The user account uploads, the bot copies: real logins of both on the emulated server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from fetchgram.clock import SystemClock
from fetchgram.errors import CannotDeliver, FetchgramError, TemporarilyUnavailable
from fetchgram.model import MediaKind, Receipt
from fetchgram.telegram.mtproto.relay import Relay
from fetchgram.telegram.mtproto.session import SessionString, from_string
from fetchgram.testing import FakeLedger, FakeNotifyAdmins
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.objects import Chat, Message
from fetchgram_sandbox.person import Person

from .conftest import PART, Sender, settings_for, until

SEND = "messages.sendMedia"


@dataclass
class Relaying:
    """A relay over a private group of its own."""

    relay: Relay
    sender: Sender
    owner: Person
    group: Chat
    admins: FakeNotifyAdmins

    async def send(self, *sizes: int, ledger: FakeLedger | None = None, number: int = 1) -> Receipt:
        media = [self.sender.file(size, f"film-{index}.mp4") for index, size in enumerate(sizes)]
        way = self.sender.delivery(number)
        given = ledger or self.sender.ledger
        return await self.relay.deliver(way, media, given, self.sender.sink, gateway=self.sender.gateway)

    async def check(self) -> str:
        return await self.relay.check({"main": self.sender.gateway})

    @property
    def passed(self) -> tuple[Message, ...]:
        """What lies in the relay chat."""
        return self.sender.server.world.messages(self.group.id)


@pytest.fixture
def open_relay(mtproto: MtprotoServer, sender: Sender) -> Iterator[Callable[..., Relaying]]:
    opened: list[Relay] = []

    def build(*, is_protected: bool = False, bot_is: str = "administrator", owner: Person | None = None) -> Relaying:
        world = mtproto.world
        person = owner or Person(world, world.new_person("Olga"))
        group = world.new_chat("Relay", [person.user], is_protected=is_protected)
        world.set_status(group.id, world.bot.id, bot_is, by_id=person.id)
        settings = settings_for(mtproto, relay_chat=group.id)
        keeper = SessionString(from_string(mtproto.session_string(person.id), settings.server))
        relay = Relay(settings, keeper, clock=SystemClock())
        relay.notify_admins = admins = FakeNotifyAdmins()
        opened.append(relay)
        return Relaying(relay, sender, person, group, admins)

    yield build
    for relay in opened:
        relay.close()


@pytest.fixture
def relaying(open_relay: Callable[..., Relaying]) -> Relaying:
    return open_relay()


async def test_a_file_goes_up_as_the_user_and_arrives_from_the_bot(relaying: Relaying) -> None:
    receipt = await relaying.send(3 * PART + 1)
    (file,) = relaying.sender.arrived
    message = relaying.sender.person.messages()[-1]
    assert message.sender_id == relaying.sender.server.world.bot.id
    assert message.origin is None
    assert (message.text, file.name) == ("a film", "film-0.mp4")
    assert file.path.read_bytes() == (relaying.sender.folder / "film-0.mp4").read_bytes()
    assert (receipt.route, receipt.message_ids) == ("relay", (message.message_id,))
    assert relaying.sender.server.world.files.find(receipt.file_ids[0].file_id) == file
    (relayed,) = relaying.passed
    assert relayed.sender_id == relaying.owner.id
    assert relaying.sender.sink.reports[-1] == (3 * PART + 1, 3 * PART + 1)


async def test_several_films_stay_an_album(relaying: Relaying) -> None:
    media = [relaying.sender.file(PART, f"{n}.mp4", MediaKind.VIDEO) for n in range(3)]
    sender = relaying.sender
    receipt = await relaying.relay.deliver(sender.delivery(), media, sender.ledger, sender.sink, gateway=sender.gateway)
    messages = sender.person.messages()
    assert len({message.album_id for message in messages}) == 1
    assert len(receipt.file_ids) == len(messages) == 3
    assert [message.album_id for message in relaying.passed] == [None] * 3


async def test_what_arrived_in_the_relay_chat_is_not_sent_there_again(relaying: Relaying) -> None:
    sender = relaying.sender
    bot = sender.server.world.bot.id
    sender.server.world.faults.add_rule(
        lambda method, _: (
            Fault(SEND, "error", error_code=400, description="CHAT_ADMIN_REQUIRED")
            if method == SEND and relaying.passed
            else None
        )
    )
    with pytest.raises(CannotDeliver):
        await relaying.send(PART)
    sender.server.world.faults.clear()
    received = sender.server.desk.uploads.received_bytes
    await relaying.send(PART)
    assert sender.server.desk.uploads.received_bytes == received
    assert len(relaying.passed) == len(sender.arrived) == 1
    assert sender.person.messages()[-1].sender_id == bot


async def test_a_lost_answer_in_the_relay_chat_is_found_again(relaying: Relaying) -> None:
    uncut = [True]

    def cut(_: object) -> None:
        if relaying.passed and uncut:
            uncut.clear()
            relaying.sender.server.cut()

    stop = relaying.sender.server.world.listen(cut)
    await relaying.send(PART)
    stop()
    assert not uncut
    assert len(relaying.passed) == len(relaying.sender.arrived) == 1


async def test_a_relay_message_that_nobody_wrote_down_is_found_again(relaying: Relaying) -> None:
    ledger = FakeLedger()
    await relaying.send(PART, ledger=ledger)
    # As a kill between the send and the note leaves it.
    key = next(key for key in ledger.values if key.startswith("relay:") and not key.endswith("parts"))
    note = ledger.values[key]
    assert isinstance(note, dict)
    ledger.values[key] = {name: value for name, value in note.items() if name != "message_id"} | {"sending": True}
    del ledger.values["send:0"]
    received = relaying.sender.server.desk.uploads.received_bytes
    await relaying.send(PART, ledger=ledger)
    assert len(relaying.passed) == 1
    assert relaying.sender.server.desk.uploads.received_bytes == received


async def test_a_relay_chat_that_was_tidied_up_gets_the_file_again(relaying: Relaying) -> None:
    ledger = FakeLedger()
    await relaying.send(PART, ledger=ledger)
    relaying.sender.server.world.remove(relaying.group.id, relaying.passed[0].message_id)
    del ledger.values["send:0"]
    await relaying.send(PART, ledger=ledger)
    assert len(relaying.sender.arrived) == 2


async def test_a_check_says_who_uploads_and_where_to(relaying: Relaying) -> None:
    relaying.sender.server.desk.phones.set_premium(relaying.owner.id, is_premium=True)
    assert relaying.relay.max_bytes == 4000 * 512 * 1024
    owner = relaying.owner.id
    assert await relaying.check() == f"logged in as Olga ({owner}, Premium), not used before; uploads to 'Relay'"
    assert relaying.relay.max_bytes == 8000 * 512 * 1024
    assert "last used 20" in await relaying.check()
    assert relaying.relay.down is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"is_protected": True}, "allow saving content"),
        ({"bot_is": "member"}, "no administrator"),
        ({"bot_is": "left"}, "add it"),
    ],
)
async def test_a_chat_from_which_the_bot_cannot_copy_is_told_at_the_check(
    open_relay: Callable[..., Relaying], given: dict[str, object], told: str
) -> None:
    relaying = open_relay(**given)
    with pytest.raises(CannotDeliver, match=told):
        await relaying.check()
    assert relaying.relay.down is not None


async def test_a_user_who_left_the_chat_is_told_at_the_check(relaying: Relaying) -> None:
    relaying.sender.server.world.set_status(relaying.group.id, relaying.owner.id, "left", by_id=relaying.owner.id)
    with pytest.raises(CannotDeliver, match="let it join"):
        await relaying.check()


async def test_a_lost_login_closes_the_way_and_is_told_once(relaying: Relaying) -> None:
    relaying.sender.server.registry.log_out(relaying.owner.id)
    for _ in range(2):
        with pytest.raises(CannotDeliver, match="not logged in"):
            await relaying.send(PART)
    assert relaying.relay.down is not None
    assert [text.key for text in relaying.admins.told] == ["telegram-user-lost"]
    with pytest.raises(FetchgramError):
        await relaying.check()


async def test_a_new_login_opens_the_way_again(relaying: Relaying, mtproto: MtprotoServer) -> None:
    mtproto.registry.log_out(relaying.owner.id)
    with pytest.raises(CannotDeliver):
        await relaying.send(PART)
    server = f"127.0.0.1:{mtproto.port}"
    relaying.relay._keeper.save(from_string(mtproto.session_string(relaying.owner.id), server))
    await relaying.check()
    await relaying.send(PART)
    assert [text.key for text in relaying.admins.told] == ["telegram-user-lost", "telegram-user-back"]
    assert relaying.relay.down is None


async def test_a_login_that_was_made_meanwhile_is_kept_and_used(relaying: Relaying, mtproto: MtprotoServer) -> None:
    await relaying.check()
    server = f"127.0.0.1:{mtproto.port}"
    new = from_string(mtproto.session_string(relaying.owner.id), server)
    relaying.relay._keeper.save(new)
    await relaying.check()
    kept = relaying.relay._keeper.load()
    assert kept is not None
    assert kept.key == new.key


async def test_a_forgotten_key_ends_soon(relaying: Relaying) -> None:
    await relaying.check()
    relaying.sender.server.registry.forget()
    async with asyncio.timeout(60):
        with pytest.raises(CannotDeliver):
            await relaying.send(PART)
    assert relaying.sender.arrived == []


async def test_a_chat_that_takes_nothing_is_the_next_ways_turn(relaying: Relaying) -> None:
    fault = Fault(SEND, "error", error_code=400, description="CHAT_WRITE_FORBIDDEN", times=9)
    relaying.sender.server.world.faults.add(fault)
    with pytest.raises(CannotDeliver, match="CHAT_WRITE_FORBIDDEN"):
        await relaying.send(PART)
    assert relaying.relay.down is not None
    assert relaying.sender.gateway.down is None
    assert relaying.sender.arrived == []


async def test_a_long_wait_goes_back_to_the_queue(relaying: Relaying) -> None:
    fault = Fault("upload.saveFilePart", "error", error_code=420, description="FLOOD_WAIT_999", times=9)
    relaying.sender.server.world.faults.add(fault)
    with pytest.raises(TemporarilyUnavailable) as raised:
        await relaying.send(PART)
    assert raised.value.retry_after_s == 999
    assert relaying.sender.gateway.down is None


async def test_cancelling_gives_all_connections_back(relaying: Relaying) -> None:
    server = relaying.sender.server
    server.world.faults.add(
        Fault("upload.saveFilePart", "error", error_code=420, description="FLOOD_WAIT_60", times=99)
    )
    sending = asyncio.ensure_future(relaying.send(9 * PART))
    await until(lambda: "upload.saveFilePart" in server.calls)
    sending.cancel()
    await asyncio.wait([sending])
    await until(lambda: server.connections == 0)
    assert relaying.passed == ()
