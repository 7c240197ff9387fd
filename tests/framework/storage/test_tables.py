from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fetchgram.model import Broadcast, BroadcastState, Circle, Person, Post, Recipients, Sent, Stage
from fetchgram.model.people import PeopleOf
from fetchgram.storage import Session
from fetchgram.storage.broadcast_sends import Ended

if TYPE_CHECKING:
    from tests.framework.storage.conftest import Work

MAIL = Broadcast(
    id=1,
    bot_id=1,
    author=7,
    post=Post(chat=7, message_ids=(1,)),
    recipients=Recipients(circle=Circle.ALL),
    state=BroadcastState.RUNNING,
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)
PlanOf = Callable[[Callable[[Session], Awaitable[object]]], Awaitable[list[str]]]
HOT: dict[str, Callable[[Session, Work], Awaitable[object]]] = {
    "inbox.add": lambda s, _: s.inbox.add(1, 5, "{}"),
    "inbox.pending": lambda s, _: s.inbox.pending(1, 10),
    "inbox.begin": lambda s, _: s.inbox.begin(1, 1),
    "inbox.handled": lambda s, _: s.inbox.handled(1, 1),
    "inbox.last_update_id": lambda s, _: s.inbox.last_update_id(1),
    "inbox.prune": lambda s, _: s.inbox.prune(s.now, 10),
    "people.seen": lambda s, _: s.people.seen(Person(bot_id=1, id=7)),
    "people.get": lambda s, _: s.people.get(1, 7),
    "people.chat": lambda s, _: s.people.chat(1, 7),
    "requests.accept": lambda s, w: w.request(s, key="k"),
    "requests.get": lambda s, _: s.requests.get(1),
    "requests.update": lambda s, _: s.requests.update(1, status_message=1),
    "requests.unfinished": lambda s, _: s.requests.unfinished(1),
    "requests.count_since": lambda s, _: s.requests.count_since(1, 7, s.now),
    "requests.list_for": lambda s, _: s.requests.list_for(1, 7, 10),
    "jobs.join": lambda s, w: w.job(s, "there"),
    "jobs.create": lambda s, w: w.job(s, "new"),
    "jobs.claim": lambda s, _: s.jobs.claim("w", 30, running_limit=9),
    "jobs.renew": lambda s, _: s.jobs.renew(1, 1, 30),
    "jobs.stage": lambda s, _: s.jobs.stage(1, 1, Stage.DELIVER, None),
    "jobs.cancel": lambda s, _: s.jobs.cancel(1),
    "line.place": lambda s, _: s.line.place(2),
    "line.counts_of": lambda s, _: s.line.counts_of("7"),
    "line.next_due": lambda s, _: s.line.next_due(),
    "deliveries.requests_of": lambda s, _: s.deliveries.requests_of(1),
    "deliveries.of_job": lambda s, _: s.deliveries.of_job(1),
    "deliveries.of_jobs": lambda s, _: s.deliveries.of_jobs([1, 2]),
    "deliveries.of_request": lambda s, _: s.deliveries.of_request(1),
    "deliveries.detach": lambda s, _: s.deliveries.detach(1),
    "deliveries.used_since": lambda s, _: s.deliveries.used_since(1, 7, s.now),
    "deliveries.ledger_get": lambda s, _: s.deliveries.ledger_get(1, "k"),
    "deliveries.ledger_put": lambda s, _: s.deliveries.ledger_put(1, "k", 1, job_id=1, lease=1),
    "deliveries.ledger_all": lambda s, _: s.deliveries.ledger_all(1),
    "cache.get": lambda s, _: s.cache.get(1, "f", s.now),
    "cache.prune": lambda s, _: s.cache.prune(s.now, 10),
    "events.after": lambda s, _: s.events.after(5, 10),
    "events.cursor": lambda s, _: s.events.cursor("p"),
    "events.prune": lambda s, _: s.events.prune(s.now, 10),
    "menus.get": lambda s, _: s.menus.get("t", s.now),
    "menus.take_ask": lambda s, _: s.menus.take_ask(1, 2, 3, s.now),
    "leases.take": lambda s, _: s.leases.take("l", "w", 30),
    "leases.holder": lambda s, _: s.leases.holder("l"),
    "requests.hold": lambda s, _: s.requests.get(1, hold=True),
    "jobs.taken_from": lambda s, _: s.jobs.taken_from(1),
    "deliveries.begin": lambda s, _: s.deliveries.begin(1),
    "deliveries.jobs_of": lambda s, _: s.deliveries.jobs_of(1),
    "menus.prune": lambda s, _: s.menus.prune(s.now + timedelta(days=1), 10),
    "requests.expire": lambda s, _: s.requests.expire(s.now, 10),
    "requests.rates": lambda s, _: s.requests.rates(s.now),
    "requests.prune": lambda s, _: s.requests.prune(s.now, 10),
    "jobs.prune": lambda s, _: s.jobs.prune(s.now, 10),
    "jobs.still_open": lambda s, _: s.jobs.still_open([1, 2]),
    "line.took_lately_s": lambda s, _: s.line.took_lately_s(s.now),
    "jobs.hurry": lambda s, _: s.jobs.hurry(1),
    "commands.take": lambda s, _: s.commands.take(5),
    "directory.page": lambda s, _: s.directory.page(1, PeopleOf.ALL, 8, older="1000:7"),
    "directory.back": lambda s, _: s.directory.page(1, PeopleOf.ALL, 8, newer="1000:7"),
    "directory.banned": lambda s, _: s.directory.page(1, PeopleOf.BANNED, 8, older="1000:7"),
    "directory.staff": lambda s, _: s.directory.page(1, PeopleOf.STAFF, 8),
    "directory.find": lambda s, _: s.directory.find(1, "ann", 8),
    "directory.usage": lambda s, _: s.directory.usage(1, 7),
    "stories.get": lambda s, _: s.stories.get("7KQ2MD"),
    "stories.of": lambda s, _: s.stories.of("youtube", "error-gone", 8, before=(s.now, "7KQ2MD")),
    "stories.prune": lambda s, _: s.stories.prune(s.now, 10),
    "line.page": lambda s, _: s.line.page(8, after=(0.5, 7)),
    "line.waiters": lambda s, _: s.line.waiters([1, 2]),
    "line.to_front": lambda s, _: s.line.to_front(1),
    "access.door": lambda s, _: s.access.door(1),
    "access.redeem": lambda s, _: s.access.redeem(1, "code"),
    "audit.page": lambda s, _: s.audit.page(1, 10, before=9),
    "audit.target": lambda s, _: s.audit.page(1, 10, before=9, target="person:1"),
    "figures.of": lambda s, _: s.figures.of(1),
    "broadcasts.get": lambda s, _: s.broadcasts.get(1),
    "broadcasts.due": lambda s, _: s.broadcasts.due(1),
    "broadcasts.newest": lambda s, _: s.broadcasts.newest(1, 10),
    "recipients.after": lambda s, _: s.recipients.after(MAIL, [9], 5, 10),
    "recipients.waiting": lambda s, _: s.recipients.waiting(MAIL),
    "sends.begin": lambda s, _: s.sends.begin(MAIL, [9], fresh=[1], again=[2], held=[]),
    "sends.settle": lambda s, _: s.sends.settle(MAIL, [Ended(1, Sent.BLOCKED)]),
    "sends.put_back": lambda s, _: s.sends.put_back(MAIL, [1]),
    "sends.recover": lambda s, _: s.sends.recover(1),
    "sends.delivered": lambda s, _: s.sends.delivered(1, 5, 10),
    "sends.deleted": lambda s, _: s.sends.deleted(MAIL, deleted=[1], kept=[2]),
    "sends.prune": lambda s, _: s.sends.prune(s.now, 10),
}


@pytest.fixture
def engine() -> str:
    """The plans are SQLite's."""
    return "sqlite"


# A walk along an index in its order, from its beginning, is no full scan: it stops at the limit, or the index is small
# because it holds open rows only, or people with limits of their own.
_SMALL = "jobs_line|jobs_running|jobs_lease|commands_pending|people_limited"
WALKS = re.compile(rf"SCAN CONSTANT ROW|SCAN \w+ USING (COVERING )?INDEX ix_({_SMALL})$")

# The few jobs that were interrupted, the few deliveries of one job, and the wishes of a day, counted for each plugin.
SORTS = {
    "jobs.claim",
    "deliveries.requests_of",
    "deliveries.of_job",
    "deliveries.of_jobs",
    "requests.rates",
    "line.waiters",
}


@pytest.mark.parametrize("name", HOT)
async def test_no_hot_statement_reads_a_whole_table(plan_of: PlanOf, work: Work, name: str) -> None:
    async def call(session: Session) -> None:
        await HOT[name](session, work)

    async def begun(session: Session) -> None:
        for fingerprint in ("there", "other"):
            await work.job(session, fingerprint)
        await session.jobs.claim("w", 30, running_limit=9)

    await plan_of(begun)
    lines = await plan_of(call)
    scans = [line for line in lines if line.startswith("SCAN") and not WALKS.match(line)]
    assert scans == []
    assert name in SORTS or not any("TEMP B-TREE FOR ORDER BY" in line for line in lines)


async def test_the_plans_are_of_the_statements_that_are_meant(plan_of: PlanOf, work: Work) -> None:
    lines = await plan_of(lambda session: session.jobs.claim("w", 30, running_limit=9))
    assert any("ix_jobs_line" in line for line in lines)
    assert any("ix_jobs_running" in line for line in lines)


async def test_a_claim_walks_along_the_line_once_and_sorts_only_what_was_interrupted(plan_of: PlanOf) -> None:
    lines = await plan_of(lambda session: session.jobs.claim("w", 30, running_limit=9))
    assert [line for line in lines if "ix_jobs_line" in line] == ["SCAN jobs USING INDEX ix_jobs_line"]
    assert "SEARCH jobs USING INDEX ix_jobs_lease (lease_until<?)" in lines
    assert sum("TEMP B-TREE FOR ORDER BY" in line for line in lines) == 1
