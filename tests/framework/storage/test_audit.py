from __future__ import annotations

from fetchgram.model.audit import AuditEntry
from fetchgram.storage import Session


async def fill(session: Session, count: int, bot_id: int = 1) -> list[int]:
    return [await session.audit.add(bot_id, "7", "person.ban", f"person:{n}", None, n) for n in range(count)]


async def test_what_was_written_down_is_read_as_it_was(session: Session) -> None:
    number = await session.audit.add(1, "7", "person.ban", "person:9", {"banned": False}, {"banned": True})
    (entry,) = await session.audit.page(1, 10)
    assert entry == AuditEntry(
        id=number,
        at=session.now,
        bot_id=1,
        actor="7",
        action="person.ban",
        target="person:9",
        before={"banned": False},
        after={"banned": True},
    )


async def test_nothing_before_and_nothing_after_is_nothing(session: Session) -> None:
    await session.audit.add(0, "system:report", "report.send", "", None, None)
    (entry,) = await session.audit.page(1, 10)
    assert (entry.before, entry.after) == (None, None)


async def test_the_newest_come_first_a_page_at_a_time(session: Session) -> None:
    numbers = await fill(session, 5)
    first = await session.audit.page(1, 2)
    second = await session.audit.page(1, 2, before=first[-1].id)
    last = await session.audit.page(1, 2, before=second[-1].id)
    assert [entry.id for entry in (*first, *second, *last)] == numbers[::-1]


async def test_another_bots_changes_are_not_shown_those_of_all_bots_are(session: Session) -> None:
    await fill(session, 1, bot_id=2)
    await session.audit.add(0, "7", "plugin.disable", "plugin:youtube", None, None)
    assert [entry.action for entry in await session.audit.page(1, 10)] == ["plugin.disable"]


async def test_the_changes_of_one_target_are_found(session: Session) -> None:
    await fill(session, 3)
    assert [entry.after for entry in await session.audit.page(1, 10, target="person:1")] == [1]
