from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from fetchgram.control.controls import BoundControl, Controls
from fetchgram.errors import FetchgramError, NotAllowed, TemporarilyUnavailable
from fetchgram.model import Broadcast, BroadcastState, Circle, LinkButton, Person, Post, Recipients, Role
from fetchgram.screens import MessageRef
from fetchgram.storage import Storage

from .conftest import BOT, OWNER

if TYPE_CHECKING:
    from collections.abc import Sequence

MESSAGE = MessageRef(chat=OWNER.id, message_id=5)
READ_ON = LinkButton(label="Read on", url="https://example.org")


class Mailbox:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.wakes = 0
        self.previews: list[tuple[Post, int, str]] = []

    def per_s(self, post: Post) -> float:
        return 20.0 / len(post.message_ids)

    def wake(self) -> None:
        self.wakes += 1

    async def preview(self, post: Post, person: int, locale: str) -> None:
        self.previews.append((post, person, locale))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def owner(controls: Controls, mailbox: Mailbox) -> BoundControl:
    return dataclasses.replace(controls, mailer=mailbox).of_person(OWNER, Role.OWNER)


async def crowd(storage: Storage, *ids: int) -> None:
    async with storage.write() as session:
        for person in ids:
            await session.people.seen(Person(bot_id=BOT, id=person))
            await session.people.chat_seen(BOT, person, "private", None)


async def test_a_draft_is_for_everybody_and_is_changed_step_by_step(owner: BoundControl, storage: Storage) -> None:
    await crowd(storage, 10, 11)
    draft = await owner.broadcasts.draft(MESSAGE)
    assert (draft.post, draft.recipients) == (Post(chat=1, message_ids=(5,)), Recipients(circle=Circle.ALL))
    draft = await owner.broadcasts.revise(draft.id, buttons=[[READ_ON]])
    draft = await owner.broadcasts.revise(draft.id, recipients=Recipients(circle=Circle.ADMINS))
    assert draft.post.buttons == ((READ_ON,),)
    assert draft.recipients.circle is Circle.ADMINS
    forecast = await owner.broadcasts.forecast(draft.id)
    assert (forecast.people, forecast.seconds) == (0, 0)
    await owner.broadcasts.revise(draft.id, recipients=Recipients(circle=Circle.ALL))
    forecast = await owner.broadcasts.forecast(draft.id)
    assert (forecast.people, forecast.seconds) == (2, 0.1)


async def test_each_step_wakes_the_sender_and_is_in_the_audit_log(
    owner: BoundControl, storage: Storage, mailbox: Mailbox
) -> None:
    await crowd(storage, 10, 11)
    draft = await owner.broadcasts.draft(MESSAGE)
    started = await owner.broadcasts.start(draft.id)
    assert (started.state, started.total) == (BroadcastState.RUNNING, 2)
    assert (await owner.broadcasts.pause(draft.id)).state is BroadcastState.PAUSED
    assert (await owner.broadcasts.resume(draft.id)).state is BroadcastState.RUNNING
    assert (await owner.broadcasts.stop(draft.id)).state is BroadcastState.STOPPED
    assert (await owner.broadcasts.withdraw(draft.id)).is_withdrawn
    assert mailbox.wakes == 5
    lines = await owner.audit.page(target=f"broadcast:{draft.id}")
    assert [line.action.removeprefix("broadcast.") for line in lines] == [
        "withdraw",
        "stop",
        "resume",
        "pause",
        "start",
        "draft",
    ]
    assert isinstance(lines[4].after, dict)
    assert (lines[4].after["state"], lines[4].after["people"]) == ("running", 2)


async def test_a_step_that_came_too_late_changes_nothing_and_leaves_no_line(owner: BoundControl) -> None:
    draft = await owner.broadcasts.draft(MESSAGE)
    for step in (owner.broadcasts.pause, owner.broadcasts.resume, owner.broadcasts.stop, owner.broadcasts.withdraw):
        with pytest.raises(FetchgramError) as caught:
            await step(draft.id)
        assert caught.value.text.key == "broadcast-too-late"
    assert len(await owner.audit.page()) == 1
    await owner.broadcasts.discard(draft.id)
    with pytest.raises(FetchgramError) as caught:
        await owner.broadcasts.get(draft.id)
    assert caught.value.text.key == "broadcast-gone"


async def test_a_preview_goes_to_whoever_asks(owner: BoundControl, mailbox: Mailbox, controls: Controls) -> None:
    draft = await owner.broadcasts.draft(MESSAGE)
    await owner.broadcasts.preview(draft.id, "de")
    assert mailbox.previews == [(draft.post, OWNER.id, "de")]
    with pytest.raises(TemporarilyUnavailable):
        await controls.of_person(OWNER, Role.OWNER).broadcasts.preview(draft.id, "de")


@pytest.mark.parametrize(
    "buttons",
    [
        [[LinkButton(label="", url="https://example.org")]],
        [[LinkButton(label="x" * 65, url="https://example.org")]],
        [[LinkButton(label="Read", url="javascript:alert(1)")]],
        [[LinkButton(label="Read", url="https://exa mple.org")]],
        [[LinkButton(label="Read", url="example.org")]],
        [[READ_ON]] * 9,
        [[READ_ON] * 5],
    ],
)
async def test_buttons_that_telegram_would_refuse_are_refused_at_once(
    owner: BoundControl, buttons: Sequence[Sequence[LinkButton]]
) -> None:
    draft = await owner.broadcasts.draft(MESSAGE)
    with pytest.raises(FetchgramError, match="button"):
        await owner.broadcasts.revise(draft.id, buttons=buttons)
    assert (await owner.broadcasts.get(draft.id)).post.buttons == ()


@pytest.mark.parametrize("role", [Role.USER, Role.VIEWER, Role.MODERATOR])
async def test_nobody_below_an_admin_sends_anything(
    owner: BoundControl, as_role: Callable[..., Awaitable[BoundControl]], role: Role
) -> None:
    draft = await owner.broadcasts.draft(MESSAGE)
    someone = (await as_role(role)).broadcasts
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: someone.draft(MESSAGE),
        lambda: someone.revise(draft.id, recipients=Recipients(circle=Circle.ALL)),
        lambda: someone.discard(draft.id),
        lambda: someone.preview(draft.id, "en"),
        lambda: someone.start(draft.id),
        lambda: someone.pause(draft.id),
        lambda: someone.resume(draft.id),
        lambda: someone.stop(draft.id),
        lambda: someone.withdraw(draft.id),
    ]
    for step in steps:
        with pytest.raises(NotAllowed):
            await step()
    looks: list[Callable[[], Awaitable[object]]] = [
        someone.page,
        someone.languages,
        someone.platforms,
        lambda: someone.get(draft.id),
        lambda: someone.forecast(draft.id),
    ]
    for look in looks:
        if role is Role.USER:
            with pytest.raises(NotAllowed):
                await look()
        else:
            await look()


async def test_a_broadcast_of_another_bot_is_none_of_ours(owner: BoundControl, storage: Storage) -> None:
    async with storage.write() as session:
        foreign: Broadcast = await session.broadcasts.add(
            2, 1, Post(chat=1, message_ids=(5,)), Recipients(circle=Circle.ALL)
        )
    with pytest.raises(FetchgramError):
        await owner.broadcasts.start(foreign.id)
    assert await owner.broadcasts.page() == []


async def test_languages_of_several_countries_are_one(owner: BoundControl, storage: Storage) -> None:
    async with storage.write() as session:
        for person, locale in ((10, "pt-br"), (11, "pt"), (12, "en"), (13, "en"), (14, "en-gb")):
            await session.people.seen(Person(bot_id=BOT, id=person, locale=locale))
            await session.people.chat_seen(BOT, person, "private", None)
    assert await owner.broadcasts.languages() == [("en", 3), ("pt", 2)]
