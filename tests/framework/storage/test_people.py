from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import Person, Role
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock

ANN = Person(bot_id=1, id=7, first_name="Ann", username="ann", locale="de")


async def test_somebody_unknown_is_none(session: Session) -> None:
    assert await session.people.get(1, 7) is None
    assert await session.people.chat(1, 50) is None


async def test_a_second_sight_keeps_the_first_and_takes_the_new_names(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await session.people.seen(ANN)
        first = session.now
    clock.pass_(60)
    async with storage.write() as session:
        await session.people.seen(Person(bot_id=1, id=7, first_name="Anna", locale="fr"))
        row = await session.people.get(1, 7)
    assert row is not None
    assert (row.first_seen, row.last_seen) == (first, first + timedelta(seconds=60))
    assert (row.person.first_name, row.person.username, row.person.locale) == ("Anna", None, "fr")


async def test_one_person_is_somebody_else_for_another_bot(session: Session) -> None:
    await session.people.seen(ANN)
    assert await session.people.get(2, 7) is None


async def test_role_ban_block_and_language_outlast_the_next_sight(session: Session) -> None:
    await session.people.seen(ANN)
    await session.people.set_role(1, 7, Role.ADMIN)
    await session.people.set_blocked(1, 7, blocked=True)
    await session.people.set_language(1, 7, "es")
    await session.people.ban(1, 7, None, "spam")
    await session.people.seen(ANN)
    row = await session.people.get(1, 7)
    assert row is not None
    assert (row.role, row.person.role, row.blocked, row.language) == (Role.ADMIN, Role.ADMIN, True, "es")
    assert (row.person.locale, row.ban_reason) == ("es", "spam")
    await session.people.set_language(1, 7, None)
    again = await session.people.get(1, 7)
    assert again is not None
    assert again.person.locale == "de"


async def test_a_ban_ends_at_its_time_or_never_or_when_it_is_lifted(session: Session) -> None:
    now = session.now
    await session.people.ban(1, 7, now + timedelta(hours=1), "spam")
    await session.people.ban(1, 8, None, None)
    hour, ever = await session.people.get(1, 7), await session.people.get(1, 8)
    assert hour is not None
    assert ever is not None
    assert [hour.is_banned(now), hour.is_banned(now + timedelta(hours=1))] == [True, False]
    assert ever.is_banned(now + timedelta(days=9999))
    await session.people.unban(1, 8)
    lifted = await session.people.get(1, 8)
    assert lifted is not None
    assert not lifted.is_banned(now)


async def test_people_are_found_by_their_role(session: Session) -> None:
    await session.people.set_role(1, 7, Role.ADMIN)
    await session.people.set_role(1, 8, Role.OWNER)
    await session.people.seen(Person(bot_id=1, id=9))
    found = await session.people.with_role(1, Role.ADMIN, Role.OWNER)
    assert sorted(row.person.id for row in found) == [7, 8]


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_chat_keeps_its_status_when_it_is_seen_again(session: Session, status: str) -> None:
    await session.people.chat_seen(1, -50, "group", "Friends")
    await session.people.set_chat_state(1, -50, status)
    await session.people.chat_seen(1, -50, "supergroup", "Best friends")
    chat = await session.people.chat(1, -50)
    assert chat is not None
    assert (chat.kind, chat.title, chat.status) == ("supergroup", "Best friends", status)
