from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.model import Entry, Link, LinkKind
from fetchgram.storage import Session

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work


def entry(number: int) -> Entry:
    link = Link(plugin="site", kind=LinkKind.VIDEO, media_id=f"m{number}", url=f"https://site.test/m{number}")
    return Entry(link=link, title=f"Film {number}")


async def listed(session: Session, work: Work, count: int = 12) -> int:
    request = await work.request(session)
    await session.entries.append(request, [entry(number) for number in range(1, count + 1)])
    return request


async def test_pages_stand_one_behind_the_other(session: Session, work: Work) -> None:
    request = await listed(session, work)
    await session.entries.append(request, [entry(13)])
    await session.entries.append(request, [])
    assert await session.entries.count(request) == 13
    found = await session.entries.between(request, 12, 20)
    assert [(each.position, each.entry) for each in found] == [(12, entry(12)), (13, entry(13))]


async def test_what_is_picked_is_known_in_the_order_of_the_list(session: Session, work: Work) -> None:
    request, other = await listed(session, work), await listed(session, work)
    for position in (9, 2):
        await session.entries.tick(request, position, picked=True)
    assert await session.entries.positions(request) == [2, 9]
    assert [each.entry.title for each in await session.entries.picked(request)] == ["Film 2", "Film 9"]
    await session.entries.tick(request, 2, picked=False)
    await session.entries.pick(other, range(3, 6))
    await session.entries.pick(other, [5, 1, 99])
    assert await session.entries.positions(request) == [9]
    assert await session.entries.positions(other) == [1, 5]


async def test_a_forgotten_list_leaves_others_alone(session: Session, work: Work) -> None:
    request, other = await listed(session, work), await listed(session, work)
    await session.entries.clear(request)
    assert await session.entries.count(request) == 0
    assert await session.entries.count(other) == 12
