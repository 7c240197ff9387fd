"""Who is next: start-time fair queueing over the rows of `jobs`.

Each job belongs to a flow (a person, or a person's playlists) and carries a start tag, given once: the later of the
clock and the end of the flow's last job. Its own end is the tag plus its cost. The lowest tag goes first, and the clock
stands at the highest tag that has started. So a person with a thousand jobs and a person with one take turns, and
nobody waits for ever (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996: the shares of two people who both
wait never differ by more than one job of each).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from sqlalchemy import ColumnElement, Executable, ScalarSelect, and_, case, func, or_, select

from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import OPEN, RUNNING, fair_clock, jobs
from fetchgram.storage.transaction import Transaction

_CLOCK = 1
_PERSONS = 0x66_61_69_72
"""Advisory locks of people who add a job: "fair"."""


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
    turn = select(fair_clock.c.tag).where(fair_clock.c.id == _CLOCK).with_for_update()
    if (row := await transaction.row(turn)) is None:
        await transaction.run(insert_into(fair_clock).values(id=_CLOCK, tag=0.0).on_conflict_do_nothing())
        row = await transaction.one(turn)
    return cast("float", row["tag"])


async def advance(transaction: Transaction, tag: float) -> None:
    """Set the clock to the tag of a job that starts; it never goes back."""
    statement = insert_into(fair_clock).values(id=_CLOCK, tag=tag)
    later = statement.excluded.tag
    await transaction.run(
        statement.on_conflict_do_update(
            index_elements=[fair_clock.c.id], set_={"tag": later}, where=later > fair_clock.c.tag
        )
    )


def may_start(transaction: Transaction) -> ColumnElement[bool]:
    """Select what is queued, due again, or left by a worker whose lease is over."""
    return or_(_waits(transaction), _is_left(transaction))


def _waits(transaction: Transaction) -> ColumnElement[bool]:
    return or_(jobs.c.state == "queued", and_(jobs.c.state == "waiting", jobs.c.not_before <= transaction.now))


def _is_left(transaction: Transaction) -> ColumnElement[bool]:
    return and_(jobs.c.state == "running", jobs.c.lease_until <= transaction.now)


def first_in_line(
    transaction: Transaction,
    running_limit: int,
    only: int | None = None,
    *,
    unlimited: Collection[int] = (),
    own: Mapping[str, int] | None = None,
) -> ColumnElement[int]:
    """Select the job that starts next: one that was interrupted, since it had its turn; else the lowest tag.

    Args:
        transaction: Whose present counts.
        running_limit: Jobs of one person at once.
        only: No other job than this one.
        unlimited: People whom that limit does not concern, with any bot.
        own: Limits of single people, by the key of their jobs.
    """
    now = transaction.now
    named = [] if only is None else [jobs.c.id == only]
    # One list for the whole statement: a person with many jobs and no room is passed over without counting again.
    busy = (
        select(jobs.c.person_key)
        .where(RUNNING, jobs.c.lease_until > now, *(~jobs.c.person_key.endswith(f":{person}") for person in unlimited))
        .group_by(jobs.c.person_key)
        .having(func.count() >= (case(own, value=jobs.c.person_key, else_=running_limit) if own else running_limit))
    )

    def first(condition: ColumnElement[bool]) -> ScalarSelect[int]:
        found = select(jobs.c.id).where(OPEN, condition, jobs.c.person_key.not_in(busy), *named)
        # Says nothing to SQLite, where writers take turns anyway; elsewhere a job that somebody joins is passed over.
        return found.order_by(jobs.c.tag, jobs.c.id).limit(1).with_for_update(skip_locked=True).scalar_subquery()

    return func.coalesce(first(_is_left(transaction)), first(_waits(transaction)))


def before(transaction: Transaction, tag: float, job_id: int) -> Executable:
    """Count the jobs that could start and have a lower tag."""
    earlier = and_(jobs.c.tag <= tag, or_(jobs.c.tag < tag, jobs.c.id < job_id))
    return select(func.count()).select_from(jobs).where(OPEN, _waits(transaction), earlier)
