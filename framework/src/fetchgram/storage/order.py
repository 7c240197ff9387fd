"""Who is next: start-time fair queueing over the rows of `jobs`.

Each job belongs to a flow (a person, or a person's playlists) and carries a start tag, given once: the later of the
clock and the end of the flow's last job. Its own end is the tag plus its cost. The lowest tag goes first, and the clock
stands at the highest tag that has started. So a person with a thousand jobs and a person with one take turns, and
nobody waits for ever (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996: the shares of two people who both
wait never differ by more than one job of each).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Executable,
    ScalarSelect,
    Text,
    TextClause,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
)

from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import LIMITED, OPEN, RUNNING, fair_clock, jobs, people
from fetchgram.storage.transaction import Transaction

_CLOCK = 1
_PERSONS = 0x66_61_69_72
"""Advisory locks of people who add a job: "fair"."""

Present: TypeAlias = datetime | ColumnElement[datetime]

# Built once, these stand in every claim; what differs comes as parameters.
NOW = bindparam("now", type_=jobs.c.lease_until.type)
LIMIT = bindparam("running_limit", type_=jobs.c.attempt.type)
ONLY = bindparam("only", type_=jobs.c.id.type)
_TURN = select(fair_clock.c.tag).where(fair_clock.c.id == _CLOCK).with_for_update()
_FIRST_TAG = insert_into(fair_clock)
_ADVANCE = _FIRST_TAG.on_conflict_do_update(
    index_elements=[fair_clock.c.id],
    set_={"tag": _FIRST_TAG.excluded.tag},
    where=_FIRST_TAG.excluded.tag > fair_clock.c.tag,
)


async def next_start(transaction: Transaction, flow: str) -> float:
    """Return the start tag of a job that would be added to this flow now; two of a flow never get the same one."""
    if transaction.is_shared:
        await transaction.row(select(func.pg_advisory_xact_lock(_PERSONS, func.hashtext(flow))))
    clock = select(fair_clock.c.tag).where(fair_clock.c.id == _CLOCK).scalar_subquery()
    last = select(func.max(jobs.c.finish_tag)).where(jobs.c.flow == flow).scalar_subquery()
    row = await transaction.one(select(clock.label("clock"), last.label("last")))
    return max(row["clock"] or 0.0, row["last"] or 0.0)


async def take_turn(transaction: Transaction) -> float:
    """Let claims of several machines take turns, so that a person's limit and the order hold over all of them.

    Without it two claims at the same moment would each count what the other one has not committed yet.

    Returns:
        How far the clock is known to be.
    """
    if not transaction.is_shared:
        return 0.0
    if (row := await transaction.row(_TURN)) is None:
        await transaction.run(insert_into(fair_clock).values(id=_CLOCK, tag=0.0).on_conflict_do_nothing())
        row = await transaction.one(_TURN)
    return float(row["tag"])


async def advance(transaction: Transaction, tag: float) -> None:
    """Set the clock to the tag of a job that starts; it never goes back."""
    row = {"id": _CLOCK, "tag": tag}
    if not transaction.note(_ADVANCE, row):
        await transaction.run(_ADVANCE, row)


def may_start(now: Present) -> ColumnElement[bool]:
    """Select what is queued, due again, or left by a worker whose lease is over."""
    return or_(_waits(now), _is_left(now))


def _waits(now: Present) -> ColumnElement[bool]:
    return or_(jobs.c.state == "queued", and_(jobs.c.state == "waiting", jobs.c.not_before <= now))


def _is_left(now: Present) -> ColumnElement[bool]:
    return and_(jobs.c.state == "running", jobs.c.lease_until <= now)


def first_in_line(*, named: bool, unlimited: Collection[int]) -> ColumnElement[int]:
    """Select the job that starts next: one that was interrupted, since it had its turn; else the lowest tag.

    It has the parameters `NOW` and `LIMIT`: the jobs at once of a person who has no such limit of their own.

    Args:
        named: Whether it is no other job than `ONLY`.
        unlimited: People whom that limit does not concern, with any bot.
    """
    only = [jobs.c.id == ONLY] if named else []
    # One list for the whole statement: a person with many jobs and no room is passed over without counting again.
    busy = (
        select(jobs.c.person_key)
        .where(RUNNING, jobs.c.lease_until > NOW, *(~jobs.c.person_key.endswith(f":{person}") for person in unlimited))
        .group_by(jobs.c.person_key)
        .having(func.count() >= func.coalesce(_own_limit(), LIMIT))
    )

    def first(*conditions: ColumnElement[bool] | TextClause) -> ScalarSelect[int]:
        found = select(jobs.c.id).where(*conditions, jobs.c.person_key.not_in(busy), *only)
        # Says nothing to SQLite, where writers take turns anyway; elsewhere a job that somebody joins is passed over.
        return found.order_by(jobs.c.tag, jobs.c.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()

    # Said as the index of leases says it, or SQLite looks for the few that run among all that wait.
    left = first(RUNNING, jobs.c.lease_until <= NOW)
    return func.coalesce(left, first(OPEN, _waits(NOW)))


def _own_limit() -> ScalarSelect[int]:
    """Select the limit of somebody who has one of their own; few do, and they have an index."""
    key = cast(people.c.bot_id, Text).concat(":").concat(cast(people.c.id, Text))
    own = people.c.limits["running"].as_integer()
    return select(own).where(LIMITED, key == jobs.c.person_key).correlate(jobs).scalar_subquery()


def before(transaction: Transaction, tag: float, job_id: int) -> Executable:
    """Count the jobs that could start and have a lower tag."""
    earlier = and_(jobs.c.tag <= tag, or_(jobs.c.tag < tag, jobs.c.id < job_id))
    return select(func.count()).select_from(jobs).where(OPEN, _waits(transaction.now), earlier)
