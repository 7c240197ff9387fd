from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import DeliveryState, Person, Receipt, RequestState, Role
from fetchgram.model.people import PeopleOf, PeoplePage, Usage
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work


def person(number: int, **more: str) -> Person:
    return Person(bot_id=1, id=number, **{"first_name": f"P{number}", **more})  # type: ignore[arg-type]  # fields of Person


async def arrive(storage: Storage, clock: StoppedClock, count: int) -> None:
    """Let people come one after the other, a minute apart, two of them at once."""
    for number in range(1, count + 1):
        clock.pass_(0 if number == 2 else 60)
        async with storage.write() as session:
            await session.people.seen(person(number))


def ids(page: PeoplePage) -> list[int]:
    return [row.person.id for row in page.people]


async def test_pages_turn_to_the_end_and_back_and_nobody_is_left_out(storage: Storage, clock: StoppedClock) -> None:
    await arrive(storage, clock, 7)
    async with storage.read() as session:
        turn = session.directory.page
        first = await turn(1, PeopleOf.ALL, 3)
        second = await turn(1, PeopleOf.ALL, 3, older=first.older)
        third = await turn(1, PeopleOf.ALL, 3, older=second.older)
        back = await turn(1, PeopleOf.ALL, 3, newer=third.newer)
        begin = await turn(1, PeopleOf.ALL, 3, newer=back.newer)
    assert [ids(first), ids(second), ids(third)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first.newer, third.older, first.total) == (None, None, 7)
    assert (ids(back), ids(begin), begin.newer) == ([4, 3, 2], [7, 6, 5], None)
    assert begin.older is not None


async def test_nobody_is_an_empty_page(session: Session) -> None:
    assert await session.directory.page(1, PeopleOf.ALL, 3) == PeoplePage(people=(), total=0)


async def test_another_bots_people_are_not_shown(session: Session) -> None:
    await session.people.seen(Person(bot_id=2, id=7))
    assert (await session.directory.page(1, PeopleOf.ALL, 3)).total == 0
    assert await session.directory.find(1, "7", 3) == []


async def test_staff_banned_and_invited_are_lists_of_their_own(session: Session) -> None:
    for number in (1, 2, 3, 4):
        await session.people.seen(person(number))
    await session.people.set_role(1, 1, Role.VIEWER)
    await session.people.ban(1, 2, None, None)
    await session.people.set_invited(1, 3, invited=True)
    for of, expected in {PeopleOf.STAFF: [1], PeopleOf.BANNED: [2], PeopleOf.INVITED: [3]}.items():
        page = await session.directory.page(1, of, 9)
        assert (ids(page), page.total) == (expected, 1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("42", [42]),
        ("ann", [1]),
        ("ANN L", [1]),
        ("lee", [1]),
        ("@lee_ann", [1]),
        ("anna", []),
        ("élodie", [2]),
        ("ÉLO", [2]),
        ("50%", []),
        ("_", []),
        ("", []),
        ("99999999999999999999999999", []),
        ("ß", []),
        ("strasse", [3]),
    ],
)
async def test_people_are_found_by_number_or_by_the_beginning_of_a_name(
    session: Session, words: str, expected: list[int]
) -> None:
    await session.people.seen(person(1, first_name="Ann", last_name="Lee", username="Lee_Ann"))
    await session.people.seen(person(2, first_name="Élodie"))
    await session.people.seen(person(3, first_name="Straße"))
    await session.people.seen(person(42, first_name="Zoe"))
    assert [row.person.id for row in await session.directory.find(1, words, 5)] == expected


async def test_who_changes_the_name_is_found_by_the_new_one_only(session: Session) -> None:
    await session.people.seen(person(1, first_name="Ann"))
    await session.people.seen(person(1, first_name="Bea"))
    assert await session.directory.find(1, "ann", 5) == []
    assert len(await session.directory.find(1, "bea", 5)) == 1


async def test_a_search_that_fits_many_ends_at_its_limit(session: Session) -> None:
    for number in range(12):
        await session.people.seen(person(number, first_name="Ann"))
    assert len(await session.directory.find(1, "a", 5)) == 5


async def test_usage_counts_what_arrived_failed_and_is_on_its_way(session: Session, work: Work) -> None:
    states = [DeliveryState.DELIVERED, DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.WAITING]
    for number, state in enumerate(states):
        _, delivery, _ = await work.job(session, f"f{number}")
        await session.deliveries.set_state(delivery.id, state, receipt=Receipt(route="botapi", size_bytes=1_000))
    lost = await work.request(session)
    await session.requests.update(lost, state=RequestState.FAILED)
    assert await session.directory.usage(1, 7) == Usage(downloads=2, size_bytes=2_000, failures=2, waiting=1)
    assert await session.directory.usage(1, 8) == Usage()


async def test_own_limits_and_a_ban_that_was_told_rest_with_the_person(session: Session) -> None:
    await session.people.seen(person(1))
    await session.people.set_limits(1, 1, {"jobs_per_day": 3})
    await session.people.ban(1, 1, session.now + timedelta(hours=1), "spam")
    await session.people.set_ban_told(1, 1)
    row = await session.people.get(1, 1)
    assert row is not None
    assert (row.limits, row.ban_told, row.ban_reason) == ({"jobs_per_day": 3}, True, "spam")
    await session.people.ban(1, 1, None, None)
    again = await session.people.get(1, 1)
    assert again is not None
    assert again.ban_told is False
    await session.people.set_limits(1, 1, {})
    empty = await session.people.get(1, 1)
    assert empty is not None
    assert empty.limits == {}
