from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import BroadcastState, FetchgramError, MessageRef, Person, Role, Sent, Show
from fetchgram.storage.broadcast_sends import Ended

from .conftest import BOT

if TYPE_CHECKING:
    from .conftest import Admin


@pytest.fixture
async def composed(admin: Admin) -> Admin:
    """An admin who has sent the message, with three people who may get it."""
    async with admin.storage.write() as session:
        for person, locale in ((10, "en"), (11, "de"), (12, "pt-br")):
            await session.people.seen(Person(bot_id=BOT, id=person, locale=locale))
            await session.people.chat_seen(BOT, person, "private", None)
    await admin.says("admin")
    await admin.taps("Broadcasts")
    await admin.taps("New message")
    assert admin.screen.ask is not None
    await admin.does(admin.screen.ask.action, message=MessageRef(chat=admin.person.id, message_id=7))
    return admin


async def test_the_message_becomes_a_draft_below_it(composed: Admin) -> None:
    assert composed.screen.show is Show.NEW
    assert "is a draft" in composed.reads
    assert "To: everybody" in composed.reads
    assert "3 people · takes about 1 sec" in composed.reads
    assert composed.screen.live is None


async def test_an_album_is_collected_on_one_draft_and_has_no_buttons(composed: Admin) -> None:
    await composed.does("broadcast.composed", message=MessageRef(chat=1, message_id=21, album="a"))
    assert composed.screen.ask is not None
    awaited = composed.screen.ask
    for number in (22, 23):
        message = MessageRef(chat=1, message_id=number, album="a")
        await composed.does(awaited.action, awaited.args, message=message)
        assert composed.screen.show is Show.EDIT
        assert composed.screen.ask is not None
        assert composed.screen.ask.of == message
    assert "An album of 3" in composed.reads
    assert not any("Buttons" in label for label in composed.labels)
    await composed.does("broadcast.buttons", awaited.args)
    await composed.answers("Read on - https://example.org")
    assert "no buttons under it" in composed.reads
    for number in range(24, 31):
        await composed.does(awaited.action, awaited.args, message=MessageRef(chat=1, message_id=number, album="a"))
    with pytest.raises(FetchgramError, match="album"):
        await composed.does(awaited.action, awaited.args, message=MessageRef(chat=1, message_id=31, album="a"))


async def test_its_circle_is_chosen_on_buttons(composed: Admin) -> None:
    for path, told, people in (
        (("To whom", "7 days"), "active in 7 days", "3 people"),
        (("To whom", "Language", "pt"), "who reads pt", "One person"),
        (("To whom", "only me"), "only me", "Nobody"),
        (("To whom", "admins"), "To: admins", "Nobody"),
        (("To whom", "everybody"), "To: everybody", "3 people"),
    ):
        for label in path:
            await composed.taps(label)
        assert told in composed.reads
        assert people in composed.reads
    await composed.taps("To whom")
    await composed.taps("Platform")
    assert "nothing to choose" in composed.reads


async def test_buttons_are_typed_row_by_row_and_taken_off_again(composed: Admin) -> None:
    await composed.taps("Buttons")
    await composed.answers("Read on - https://example.org\nSite - https://a.example | Help - https://b.example/x?y=1")
    assert "Read on → https://example.org" in composed.reads
    assert "Help → https://b.example/x?y=1" in composed.reads
    await composed.taps("Buttons")
    await composed.answers("nonsense")
    assert "Please type all buttons again" in composed.reads
    await composed.answers("Only - https://c.example")
    assert "Only → https://c.example" in composed.reads
    assert "Read on" not in composed.reads
    await composed.taps("Buttons")
    await composed.taps("Without buttons")
    assert "→" not in composed.reads


async def test_it_is_sent_after_a_last_question_and_then_tells_its_progress(composed: Admin) -> None:
    await composed.taps("Send")
    assert "Send it to 3 people?" in composed.reads
    await composed.taps("Back")
    await composed.taps("Send")
    await composed.taps("Send to 3 people")
    assert "is going out" in composed.reads
    assert "0 of 3" in composed.reads
    assert is_live(composed)
    await composed.taps("Pause")
    assert "is paused" in composed.reads
    assert not is_live(composed)
    await composed.taps("Go on")
    await composed.taps("Stop")
    assert "3 people have not got it yet" in composed.reads
    await composed.taps("Stop")
    assert "was stopped" in composed.reads
    assert "3 people did not get it" in composed.reads
    assert composed.labels == ["⬅️ Back"], "nothing was delivered: nothing to delete"


async def test_the_report_says_what_became_of_all_and_offers_to_delete_it_for_two_days(composed: Admin) -> None:
    await composed.taps("Send")
    await composed.taps("Send to 3 people")
    async with composed.storage.write() as session:
        (broadcast,) = await session.broadcasts.newest(BOT, 1)
        await session.sends.begin(broadcast, [], fresh=[10, 11, 12], again=[], held=[])
        ends = [Ended(10, Sent.DELIVERED, (5,)), Ended(11, Sent.BLOCKED), Ended(12, Sent.UNCERTAIN)]
        await session.sends.settle(broadcast, ends)
        await session.broadcasts.finish(broadcast.id)
    await composed.does("broadcast.show", {"id": broadcast.id})
    for told in ("has gone out", "3 of 3", "1 delivered", "1 have blocked", "1 uncertain", "▓▓▓"):
        assert told in composed.reads
    assert "failed" not in composed.reads
    await composed.taps("Delete for everyone")
    assert "no way back" in composed.reads
    await composed.taps("Delete for everyone")
    assert "Deleting: 0 of 1" in composed.reads
    assert is_live(composed)
    assert "Delete for everyone" not in " ".join(composed.labels)


async def test_nobody_is_asked_to_delete_what_telegram_keeps(composed: Admin) -> None:
    await composed.taps("Send")
    await composed.taps("Send to 3 people")
    async with composed.storage.write() as session:
        (broadcast,) = await session.broadcasts.newest(BOT, 1)
        await session.sends.begin(broadcast, [], fresh=[10], again=[], held=[])
        await session.sends.settle(broadcast, [Ended(10, Sent.DELIVERED, (5,))])
        await session.broadcasts.finish(broadcast.id)
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        await session.broadcasts._update(broadcast.id, (BroadcastState.DONE,), ended_at=long_ago)
    await composed.does("broadcast.show", {"id": broadcast.id})
    assert "Delete for everyone" not in " ".join(composed.labels)


async def test_a_draft_that_means_nobody_is_not_sent(composed: Admin) -> None:
    await composed.taps("To whom")
    await composed.taps("admins")
    await composed.taps("Send")
    assert "Choose other people" in composed.reads
    assert composed.labels == ["⬅️ Back"]


async def test_a_draft_is_thrown_away(composed: Admin) -> None:
    await composed.taps("Discard")
    await composed.taps("Back")
    assert "none so far" in composed.reads


async def test_the_list_has_pages_and_leads_to_each(admin: Admin) -> None:
    for number in range(8):
        await admin.does("broadcast.composed", message=MessageRef(chat=1, message_id=number))
    await admin.does("broadcast")
    assert next(label for label in admin.labels if "draft" in label).startswith("✏️ 8 ")
    await admin.taps("Older")
    assert [label.split(" · ")[0] for label in admin.labels if "draft" in label] == ["✏️ 2", "✏️ 1"]
    await admin.taps("✏️ 1")
    assert "Message 1 is a draft" in admin.reads


async def test_a_viewer_sees_and_does_nothing(composed: Admin) -> None:
    viewer = await composed.become(Role.VIEWER)
    await viewer.does("broadcast")
    assert "New message" not in " ".join(viewer.labels)
    await viewer.taps("✏️ 1")
    assert viewer.labels == ["⬅️ Back"]


def is_live(admin: Admin) -> bool:
    return admin.screen.live is not None
