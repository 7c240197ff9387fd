from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.model import Person, RequestState
from fetchgram.model.figures import Figures
from fetchgram.storage import Session, Storage

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work

_DAY_S = 86_400


async def test_a_bot_that_nobody_used_is_all_noughts(session: Session) -> None:
    assert await session.figures.of(1) == Figures(
        people=0, today=0, week=0, month=0, done=0, failed=0, cancelled=0, under_way=0
    )


async def test_people_count_by_when_they_were_here_last(storage: Storage, clock: StoppedClock) -> None:
    for number, days_until_the_next in enumerate((20, 17, 3, 0)):
        async with storage.write() as session:
            await session.people.seen(Person(bot_id=1, id=number))
            await session.people.seen(Person(bot_id=2, id=number))
        clock.pass_(_DAY_S * days_until_the_next)
    async with storage.read() as session:
        found = await session.figures.of(1)
    assert (found.people, found.today, found.week, found.month) == (4, 1, 2, 3)


async def test_wishes_of_the_last_day_count_by_how_they_ended(
    storage: Storage, clock: StoppedClock, work: Work
) -> None:
    async with storage.write() as session:
        old = await work.request(session, key="old")
        await session.requests.update(old, state=RequestState.DONE)
        await work.request(session, key="still there")
    clock.pass_(_DAY_S + 1)
    ends = (RequestState.DONE, RequestState.DONE, RequestState.FAILED, RequestState.CANCELLED, RequestState.WORKING)
    async with storage.write() as session:
        for number, end in enumerate(ends):
            request = await work.request(session, key=f"k{number}")
            await session.requests.update(request, state=end)
    async with storage.read() as session:
        found = await session.figures.of(1)
    assert (found.done, found.failed, found.cancelled, found.under_way) == (2, 1, 1, 2)
