from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import (
    Broadcast,
    BroadcastState,
    Circle,
    LinkButton,
    Person,
    Post,
    Recipients,
    Role,
    Sent,
    Tally,
)
from fetchgram.storage import Session, Storage
from fetchgram.storage.broadcast_sends import Ended

if TYPE_CHECKING:
    from tests.framework.storage.conftest import StoppedClock, Work

POST = Post(chat=7, message_ids=(3,), buttons=((LinkButton(label="Open", url="https://example.org"),),))
ALL = Recipients(circle=Circle.ALL)
OWNER = 99


async def crowd(session: Session, *ids: int) -> None:
    for person in ids:
        await met(session, Person(bot_id=1, id=person))


async def met(session: Session, person: Person) -> None:
    await session.people.seen(person)
    await session.people.chat_seen(person.bot_id, person.id, "private", None)


async def started(session: Session, recipients: Recipients = ALL) -> Broadcast:
    draft = await session.broadcasts.add(1, 7, POST, recipients)
    total = await session.recipients.count(1, recipients, 7, [OWNER])
    assert await session.broadcasts.start(draft.id, total)
    return await known(session, draft)


async def known(session: Session, broadcast: Broadcast) -> Broadcast:
    found = await session.broadcasts.get(broadcast.id)
    assert found is not None
    return found


async def meant(session: Session, recipients: Recipients) -> list[int]:
    broadcast = await started(session, recipients)
    found = await session.recipients.after(broadcast, [OWNER], 0, 100)
    assert broadcast.total == len(found)
    return [recipient.person for recipient in found]


async def test_a_draft_can_be_changed_until_it_is_started(session: Session) -> None:
    await crowd(session, 7)
    draft = await session.broadcasts.add(1, 7, POST, ALL)
    assert (draft.state, draft.post, draft.recipients, draft.tally) == (BroadcastState.DRAFT, POST, ALL, Tally())
    narrow = Recipients(circle=Circle.ACTIVE, days=3)
    assert await session.broadcasts.revise(draft.id, recipients=narrow)
    assert (await known(session, draft)).recipients == narrow
    assert await session.broadcasts.start(draft.id, 1)
    assert not await session.broadcasts.revise(draft.id, recipients=ALL)
    assert not await session.broadcasts.start(draft.id, 1)
    assert not await session.broadcasts.discard(draft.id)


async def test_it_is_paused_resumed_and_stopped_and_nothing_else_follows(session: Session) -> None:
    broadcast = await started(session)
    assert not await session.broadcasts.resume(broadcast.id)
    assert await session.broadcasts.pause(broadcast.id, "the original is gone")
    assert (await known(session, broadcast)).reason == "the original is gone"
    assert await session.broadcasts.due(1) is None
    assert await session.broadcasts.resume(broadcast.id)
    assert (await session.broadcasts.due(1)) == await known(session, broadcast)
    assert await session.broadcasts.stop(broadcast.id)
    ended = await known(session, broadcast)
    assert (ended.state, ended.ended_at, ended.reason) == (BroadcastState.STOPPED, session.now, None)
    assert not await session.broadcasts.resume(broadcast.id)
    assert not await session.broadcasts.finish(broadcast.id)


async def test_the_oldest_that_runs_is_due_and_the_newest_is_listed_first(session: Session) -> None:
    first, second = await started(session), await started(session)
    due = await session.broadcasts.due(1)
    assert due is not None
    assert due.id == first.id
    assert [each.id for each in await session.broadcasts.newest(1, 5)] == [second.id, first.id]
    assert [each.id for each in await session.broadcasts.newest(1, 5, skip=1)] == [first.id]
    assert await session.broadcasts.due(2) is None


async def test_nobody_is_meant_who_is_banned_away_quiet_without_a_chat_of_another_bot_or_came_later(
    storage: Storage, clock: StoppedClock
) -> None:
    async with storage.write() as session:
        await crowd(session, 1, 2, 3, 4, 5)
        await session.people.seen(Person(bot_id=2, id=6))
        await session.people.set_blocked(1, 2, blocked=True)
        await session.people.set_quiet(1, 3, quiet=True)
        await session.people.ban(1, 4, None, None)
        await session.people.ban(1, 5, session.now - timedelta(seconds=1), None)
        await session.people.seen(Person(bot_id=1, id=9))
        broadcast = await started(session)
    clock.pass_(1)
    async with storage.write() as session:
        await crowd(session, 8)
        found = await session.recipients.after(broadcast, [], 0, 100)
        assert [recipient.person for recipient in found] == [1, 5]
        assert await session.recipients.count(1, ALL, 7, []) == 3


async def test_circles(storage: Storage, clock: StoppedClock, work: Work) -> None:
    async with storage.write() as session:
        await crowd(session, 1)
    clock.pass_(10 * 86_400)
    async with storage.write() as session:
        await met(session, Person(bot_id=1, id=2, locale="pt-br"))
        await met(session, Person(bot_id=1, id=3, locale="pt"))
        await met(session, Person(bot_id=1, id=4, locale="ptx"))
        await met(session, Person(bot_id=1, id=5, locale="pt"))
        await session.people.set_language(1, 5, "de")
        await session.people.set_role(1, 3, Role.ADMIN)
        await session.people.set_role(1, 4, Role.MODERATOR)
        await crowd(session, OWNER)
        request = await work.request(session, person=4)
        await session.requests.update(request, link=work.link)
        assert await meant(session, Recipients(circle=Circle.ACTIVE, days=9)) == [2, 3, 4, 5, OWNER]
        assert await meant(session, Recipients(circle=Circle.ACTIVE, days=11)) == [1, 2, 3, 4, 5, OWNER]
        assert await meant(session, Recipients(circle=Circle.LANGUAGE, value="pt")) == [2, 3]
        assert await meant(session, Recipients(circle=Circle.LANGUAGE, value="de")) == [5]
        assert await meant(session, Recipients(circle=Circle.PLATFORM, value="site")) == [4]
        assert await meant(session, Recipients(circle=Circle.PLATFORM, value="other")) == []
        for value, people in (("site", 1), ("other", 0)):
            of_platform = Recipients(circle=Circle.PLATFORM, value=value)
            assert await session.recipients.count(1, of_platform, 0, []) == people
        assert await meant(session, Recipients(circle=Circle.ADMINS)) == [3, OWNER]
        assert await session.recipients.languages(1, 2) == [("en", 2), ("de", 1)]
        assert await session.recipients.platforms(1, 5) == [("site", 1)]


async def test_interests_are_kept_once_a_day_pruned_and_forgotten(
    storage: Storage, clock: StoppedClock, work: Work
) -> None:
    async def ask(session: Session, person: int) -> None:
        await session.requests.update(await work.request(session, person=person), link=work.link)

    async def sites(session: Session) -> list[tuple[str, int]]:
        return list(await session.recipients.platforms(1, 5))

    async with storage.write() as session:
        for person in (4, 4, 5, 6):
            await ask(session, person)
        assert await sites(session) == [("site", 3)]
    clock.pass_(2 * 86_400)
    async with storage.write() as session:
        await ask(session, 4)
        await session.forgetting.forget(1, 5)
        assert await sites(session) == [("site", 2)]
        assert await session.recipients.prune(session.now - timedelta(days=1), 10) == 1
        assert await sites(session) == [("site", 1)]


async def test_an_album_keeps_the_numbers_of_all_its_messages(storage: Storage) -> None:
    async with storage.write() as session:
        await crowd(session, 1, 2)
        broadcast = await started(session)
        await session.sends.begin(broadcast, [], fresh=[1, 2], again=[], held=[])
        await session.sends.settle(broadcast, [Ended(1, Sent.DELIVERED, (5, 6, 7)), Ended(2, Sent.DELIVERED, (8,))])
    async with storage.read() as session:
        there = await session.sends.delivered(broadcast.id, 0, 10)
    assert [each.message_ids for each in there] == [(5, 6, 7), (8,)]


async def test_a_test_goes_to_its_author_in_any_case(session: Session) -> None:
    await crowd(session, 7, 8)
    await session.people.set_quiet(1, 7, quiet=True)
    assert await meant(session, Recipients(circle=Circle.MYSELF)) == [7]


async def test_a_message_is_on_record_before_it_goes_out_and_counted_once_when_it_ended(session: Session) -> None:
    await crowd(session, 1, 2, 3, 4)
    broadcast = await started(session)
    going = await session.sends.begin(broadcast, [], fresh=[1, 2, 3], again=[], held=[3])
    assert going == {1, 2}
    ends = [Ended(1, Sent.DELIVERED, (11,)), Ended(2, Sent.BLOCKED), Ended(3, Sent.DELIVERED, (12,))]
    await session.sends.settle(broadcast, ends)
    await session.sends.settle(broadcast, ends)
    assert (await known(session, broadcast)).tally == Tally(delivered=1, blocked=1)
    away = await session.people.get(1, 2)
    assert away is not None
    assert away.blocked
    assert [each.person for each in await session.recipients.waiting(broadcast)] == [3]
    assert await session.sends.begin(broadcast, [], fresh=[], again=[3], held=[]) == {3}
    assert [each.person for each in await session.recipients.after(broadcast, [], 3, 9)] == [4]
    assert await session.broadcasts.walked_to(broadcast.id) == 3


async def test_who_opts_out_before_their_turn_is_left_out_without_a_record(session: Session) -> None:
    await crowd(session, 1, 2)
    broadcast = await started(session)
    await session.sends.begin(broadcast, [], fresh=[1], again=[], held=[1])
    for person in (1, 2):
        await session.people.set_quiet(1, person, quiet=True)
    assert await session.sends.begin(broadcast, [], fresh=[2], again=[1], held=[]) == set()
    assert await session.sends.recover(1) == 0
    assert await session.recipients.waiting(broadcast) == []


@pytest.mark.parametrize("end", ["pause", "stop"])
async def test_nothing_begins_when_it_does_not_run(session: Session, end: str) -> None:
    await crowd(session, 1)
    broadcast = await started(session)
    assert await getattr(session.broadcasts, end)(broadcast.id)
    assert await session.sends.begin(broadcast, [], fresh=[1], again=[], held=[]) is None
    assert await session.broadcasts.walked_to(broadcast.id) == 0


async def test_what_was_under_way_at_a_death_is_uncertain_and_what_waited_is_not(session: Session) -> None:
    await crowd(session, 1, 2, 3)
    broadcast = await started(session)
    await session.sends.begin(broadcast, [], fresh=[1, 2, 3], again=[], held=[3])
    await session.sends.settle(broadcast, [Ended(1, Sent.DELIVERED, (5,))])
    assert await session.sends.recover(2) == 0
    assert await session.sends.recover(1) == 1
    assert await session.sends.recover(1) == 0
    assert (await known(session, broadcast)).tally == Tally(delivered=1, uncertain=1)
    assert [each.person for each in await session.recipients.waiting(broadcast)] == [3]


async def test_what_surely_did_not_go_out_waits_again(session: Session) -> None:
    await crowd(session, 1, 2, 3)
    broadcast = await started(session)
    await session.sends.begin(broadcast, [], fresh=[1, 2, 3], again=[], held=[])
    await session.sends.put_back(broadcast, [1])
    await session.sends.settle(broadcast, [Ended(3, Sent.DELIVERED, (5,))])
    await session.sends.put_back(broadcast, [3])
    assert [each.person for each in await session.recipients.waiting(broadcast)] == [1]
    assert await session.sends.recover(1) == 1


async def test_an_ended_broadcast_is_deleted_again_and_each_message_is_counted(session: Session) -> None:
    await crowd(session, 1, 2, 3, 4)
    broadcast = await started(session)
    assert not await session.broadcasts.withdraw(broadcast.id)
    await session.sends.begin(broadcast, [], fresh=[1, 2, 3, 4], again=[], held=[])
    ends = [Ended(person, Sent.DELIVERED, (person * 10,)) for person in (1, 2, 3)]
    await session.sends.settle(broadcast, [*ends, Ended(4, Sent.FAILED)])
    assert await session.broadcasts.finish(broadcast.id)
    since = session.now - timedelta(hours=48)
    assert await session.broadcasts.due_withdrawal(1, since) is None
    assert await session.broadcasts.withdraw(broadcast.id)
    assert await session.broadcasts.due_withdrawal(1, since) is not None
    there = await session.sends.delivered(broadcast.id, 1, 10)
    assert [(each.person, each.message_ids) for each in there] == [(2, (20,)), (3, (30,))]
    await session.sends.deleted(broadcast, deleted=[1], kept=[2])
    assert (await known(session, broadcast)).is_withdrawing
    await session.broadcasts.all_deleted(broadcast.id)
    ended = await known(session, broadcast)
    assert ended.tally == Tally(delivered=3, failed=1, deleted=1, kept=2)
    assert not ended.is_withdrawing
    assert await session.broadcasts.due_withdrawal(1, since) is None


async def test_old_messages_and_forgotten_drafts_go_and_the_counts_stay(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await crowd(session, 1, 2)
        broadcast = await started(session)
        draft = await session.broadcasts.add(1, 7, POST, ALL)
        await session.sends.begin(broadcast, [], fresh=[1, 2], again=[], held=[])
        await session.sends.settle(broadcast, [Ended(1, Sent.DELIVERED, (5,))])
    clock.pass_(60)
    async with storage.write() as session:
        assert await session.sends.prune(session.now, 10) == 1
        assert await session.broadcasts.prune(session.now, 10) == 1
        assert await session.broadcasts.get(draft.id) is None
        assert (await known(session, broadcast)).tally == Tally(delivered=1)
        assert await session.sends.recover(1) == 1


async def test_who_still_waits_when_it_ended_is_forgotten_with_the_rest(storage: Storage, clock: StoppedClock) -> None:
    async with storage.write() as session:
        await crowd(session, 1)
        broadcast = await started(session)
        await session.sends.begin(broadcast, [], fresh=[1], again=[], held=[1])
    clock.pass_(60)
    async with storage.write() as session:
        assert await session.sends.prune(session.now, 10) == 0
        assert await session.broadcasts.stop(broadcast.id)
        assert await session.sends.prune(session.now, 10) == 1
