"""What the line and the server do to an upload, and that the person gets the file once all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from fetchgram.errors import CannotDeliver, TemporarilyUnavailable, Uncertain
from fetchgram.model import Media
from fetchgram.testing import FakeLedger, FakeSink
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.net import Line, Shaper

from .conftest import PART, Sender, until

PARTS = 24
SEND, SAVE = "messages.sendMedia", "upload.saveBigFilePart"


def _order(sender: Sender, method: str, kind: str, **given: object) -> None:
    sender.server.world.faults.add(Fault(method, kind, **given))  # type: ignore[arg-type] # a Fault's fields


def _refuse(sender: Sender, method: str, error: str, code: int = 420, times: int = 1) -> None:
    _order(sender, method, "error", error_code=code, description=error, times=times)


async def _arrives_whole(sender: Sender, *, parts: int = PARTS) -> None:
    media = sender.file(parts * PART - 7)
    await sender.send(media)
    (file,) = sender.arrived
    assert file.path.read_bytes() == media.path.read_bytes()


@pytest.mark.parametrize("error", ["FLOOD_WAIT_1", "FLOOD_PREMIUM_WAIT_1"])
async def test_a_flood_wait_sends_no_part_again_but_the_refused_ones(sender: Sender, error: str) -> None:
    _refuse(sender, SAVE, error)
    await _arrives_whole(sender)
    assert sender.parts_received == PARTS


async def test_a_flood_wait_of_five_minutes_fails_nothing(sender: Sender) -> None:
    _refuse(sender, SAVE, "FLOOD_WAIT_300", times=99)
    with capture_logs() as told:
        sending = asyncio.ensure_future(sender.send(sender.file(PARTS * PART)))
        await until(lambda: any(line["event"] == "mtproto.flood_wait" and line["seconds"] == 300 for line in told))
    done, _ = await asyncio.wait([sending], timeout=0.2)
    sending.cancel()
    assert not done


async def test_a_longer_flood_wait_goes_back_to_the_queue_and_then_on(sender: Sender) -> None:
    def at_part_20(method: str, params: Mapping[str, object]) -> Fault | None:
        refused = params.get("file_part") == 20
        return Fault(SAVE, "error", error_code=420, description="FLOOD_WAIT_301") if refused else None

    sender.server.world.faults.add_rule(at_part_20)
    media = sender.file(PARTS * PART)
    with pytest.raises(TemporarilyUnavailable) as caught:
        await sender.send(media)
    assert caught.value.retry_after_s == 301
    sender.server.world.faults.clear()
    await sender.send(media)
    assert sender.arrived[0].path.read_bytes() == media.path.read_bytes()
    assert sender.parts_received <= PARTS + 16


async def test_a_flood_wait_of_the_send_is_waited_out(sender: Sender) -> None:
    _refuse(sender, SEND, "FLOOD_WAIT_1", times=2)
    await _arrives_whole(sender, parts=1)
    assert sender.parts_received == 1


async def test_a_long_one_goes_back_to_the_queue_and_no_part_is_sent_again(sender: Sender) -> None:
    _refuse(sender, SEND, "FLOOD_WAIT_301")
    media = sender.file(PARTS * PART)
    with pytest.raises(TemporarilyUnavailable) as caught:
        await sender.send(media)
    assert caught.value.retry_after_s == 301
    assert sender.arrived == []
    await sender.send(media)
    assert len(sender.arrived) == 1
    assert sender.parts_received == PARTS


async def test_a_lost_answer_of_a_part_is_asked_for_again(sender: Sender) -> None:
    _order(sender, SAVE, "lost", times=2)
    await _arrives_whole(sender)


async def test_a_connection_that_breaks_is_replaced(sender: Sender) -> None:
    _order(sender, SAVE, "close", times=2)
    await _arrives_whole(sender)


async def test_a_server_that_stumbles_is_asked_again(sender: Sender) -> None:
    _refuse(sender, SAVE, "RPC_CALL_FAIL", 500)
    await _arrives_whole(sender)


async def test_a_part_that_the_server_lost_is_sent_again(sender: Sender) -> None:
    def lose(method: str, params: Mapping[str, object]) -> None:
        if method == SEND and sender.server.calls.count(SEND) == 1:
            sender.server.desk.uploads.forget(5)

    sender.server.world.faults.add_rule(lose)
    await _arrives_whole(sender)
    assert sender.parts_received == PARTS + 1


async def test_a_file_that_the_server_forgot_is_sent_as_a_new_one(sender: Sender) -> None:
    media = sender.file(PARTS * PART)
    _refuse(sender, SEND, "CHAT_SEND_MEDIA_FORBIDDEN", 400)
    with pytest.raises(CannotDeliver):
        await sender.send(media)
    for part in range(PARTS):
        sender.server.desk.uploads.forget(part)
    await sender.send(media)
    assert sender.arrived[0].path.read_bytes() == media.path.read_bytes()


@pytest.mark.parametrize("size_bytes", [100, PARTS * PART])
async def test_the_lost_answer_of_a_send_makes_one_message_that_is_found_again(sender: Sender, size_bytes: int) -> None:
    _lose_after_sending(sender, sender.person.id)
    receipt = await sender.send(sender.file(size_bytes))
    (message,) = sender.person.messages()
    assert receipt.message_ids == (message.message_id,)
    assert len(receipt.file_ids) == 1


def _lose_after_sending(sender: Sender, chat_id: int) -> None:
    """Carry the first send out and cut the line instead of answering."""
    world, uncut = sender.server.world, [True]

    def cut(_: object) -> None:
        if world.messages(chat_id) and uncut:
            uncut.clear()
            sender.server.cut()

    world.listen(cut)


async def test_the_lost_answer_of_a_text_makes_one_message_that_is_found_again(sender: Sender) -> None:
    world, uncut = sender.server.world, [True]

    def cut(_: object) -> None:
        if len(sender.person.messages()) == 2 and uncut:
            uncut.clear()
            sender.server.cut()

    world.listen(cut)
    media = [sender.file(100), sender.text("The rest of it")]
    receipt = await sender.send(*media)
    film, text = sender.person.messages()
    assert receipt.message_ids == (film.message_id, text.message_id)
    assert len(receipt.file_ids) == 2
    assert await sender.send(*media) == receipt, "what was written down is not sent again"
    assert len(sender.person.messages()) == 2


async def test_in_a_supergroup_it_is_one_message_of_unknown_id(sender: Sender) -> None:
    world = sender.server.world
    group = world.new_chat("Film club", [sender.person.user])
    _lose_after_sending(sender, group.id)
    receipt = await sender.send(sender.file(100), chat=group.id)
    assert len(world.messages(group.id)) == 1
    assert (receipt.message_ids, receipt.file_ids) == ((), ())


async def test_what_was_written_down_before_a_crash_is_sent_under_the_same_id(sender: Sender) -> None:
    media = sender.file(100)
    await sender.send(media)
    before = next(value for key, value in sender.ledger.written if key == "send:0")
    again = FakeLedger({"send:0": before})
    receipt = await sender.gateway.deliver(sender.delivery(), [media], again, sender.sink)
    (message,) = sender.person.messages()
    assert receipt.message_ids == (message.message_id,)


async def test_what_the_person_wants_once_more_gets_a_new_id(sender: Sender) -> None:
    media = sender.file(100)
    await sender.send(media)
    before = next(value for key, value in sender.ledger.written if key == "send:0")
    again = FakeLedger({"send:0": before})
    await sender.gateway.deliver(replace(sender.delivery(), resends=1), [media], again, sender.sink)
    assert len(sender.person.messages()) == 2


async def test_two_people_on_one_job_both_get_the_file(sender: Sender) -> None:
    media = sender.file(100)
    for number in (1, 2):
        await sender.gateway.deliver(sender.delivery(number), [media], FakeLedger(), sender.sink)
    assert len(sender.arrived) == 2


async def test_a_send_that_another_route_began_is_uncertain(sender: Sender) -> None:
    sender.ledger.values["send:0"] = {"state": "sending", "resends": 0}
    with pytest.raises(Uncertain):
        await sender.send(sender.file(100))
    assert sender.arrived == []


async def test_a_key_that_the_server_forgot_is_made_anew(sender: Sender) -> None:
    await sender.send(sender.file(100))
    sender.server.registry.forget()
    await sender.gateway.deliver(sender.delivery(2), [sender.file(PARTS * PART)], FakeLedger(), sender.sink)
    assert len(sender.arrived) == 2
    assert sender.server.calls.count("auth.importBotAuthorization") == 2


async def test_a_login_that_was_ended_elsewhere_is_made_anew(sender: Sender) -> None:
    await sender.send(sender.file(100))
    for auth in sender.server.registry.keys.values():
        auth.user_id = None
    await sender.gateway.deliver(sender.delivery(2), [sender.file(100)], FakeLedger(), sender.sink)
    assert len(sender.arrived) == 2


async def test_a_server_that_restarts_in_the_middle_gets_the_rest(
    open_sender: Callable[..., Sender], mtproto: MtprotoServer
) -> None:
    async with Shaper(mtproto.port, Line(delay_s=0.02)) as shaper:
        sender = open_sender(server=f"127.0.0.1:{shaper.port}", window="1 MB")
        media = sender.file(PARTS * PART)
        sending = asyncio.ensure_future(sender.send(media))
        await until(lambda: sender.parts_received >= 6)
        shaper.target_port = 1
        shaper.cut()
        await until(lambda: mtproto.connections == 0)
        shaper.target_port = mtproto.port
        await sending
        assert sender.arrived[0].path.read_bytes() == media.path.read_bytes()


async def test_a_cancelled_upload_gives_the_connections_back_and_goes_on_later(sender: Sender) -> None:
    media = sender.file(PARTS * PART)
    async with _cancelled_in_the_middle(sender, media) as sending:
        with pytest.raises(asyncio.CancelledError):
            await sending
    await until(lambda: sender.server.connections == 0)
    before = sender.parts_received
    await sender.send(media)
    assert sender.arrived[0].path.read_bytes() == media.path.read_bytes()
    assert before < PARTS
    assert sender.parts_received <= PARTS + 16


@asynccontextmanager
async def _cancelled_in_the_middle(sender: Sender, media: Media) -> AsyncIterator[asyncio.Task[object]]:
    gate = asyncio.Event()

    def slow(method: str, params: Mapping[str, object]) -> Fault | None:
        if method == SAVE and params.get("file_part") == PARTS // 2:
            gate.set()
            return Fault(SAVE, "delay", seconds=60)
        return None

    sender.server.world.faults.add_rule(slow)
    sending: asyncio.Task[object] = asyncio.ensure_future(sender.send(media))
    await gate.wait()
    sending.cancel()
    yield sending
    sender.server.world.faults.clear()


async def test_a_route_that_cannot_be_reached_is_down_for_a_while(open_sender: Callable[..., Sender]) -> None:
    sender = open_sender(server="127.0.0.1:1")
    assert sender.gateway.down is None
    with pytest.raises(TemporarilyUnavailable):
        await sender.send(sender.file(10))
    assert sender.gateway.down is not None


async def test_several_uploads_share_the_line(open_sender: Callable[..., Sender], mtproto: MtprotoServer) -> None:
    async with Shaper(mtproto.port, Line(delay_s=0.01)) as shaper:
        sender = open_sender(server=f"127.0.0.1:{shaper.port}", window="2 MB")
        sinks = [FakeSink() for _ in range(3)]
        media = [sender.file(PARTS * PART, f"{number}.mp4") for number in range(3)]
        async with asyncio.TaskGroup() as group:
            for number, (item, sink) in enumerate(zip(media, sinks, strict=True)):
                group.create_task(sender.gateway.deliver(sender.delivery(number), [item], FakeLedger(), sink))
        assert sorted(file.path.read_bytes() for file in sender.arrived) == sorted(m.path.read_bytes() for m in media)
        order = list(mtproto.desk.uploads.order)
        # While all three have parts left, none gets far ahead of another.
        for end in range(12, 2 * PARTS, 12):
            counts = [order[:end].count(file_id) for file_id in set(order)]
            assert max(counts) - min(counts) <= 8
