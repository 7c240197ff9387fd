"""The line of jobs: looked at, stopped, run again, moved to the front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fetchgram.control.authority import Authority
from fetchgram.errors import FetchgramError
from fetchgram.model import Choice, ChoiceKind, Job, JobState, Role, Stage, text
from fetchgram.model.line import JobCard, JobLine, LinePage
from fetchgram.pipeline.commands import CANCEL, RETRY
from fetchgram.pipeline.stories import clean
from fetchgram.storage import Session
from fetchgram.storage.line import Standing, Waiter

_MOST = 50
_AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED})


class JobsControl:
    """Implements `ports.Jobs`.

    Jobs are everybody's: the same wish of people of several bots is one job, so all bots' admins see all of them.

    Args:
        authority: Of whoever acts.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def page(self, *, after: str | None = None, limit: int = 8) -> LinePage:
        """Return the line in the order of turns."""
        limit = min(limit, _MOST)
        async with self._authority.look("jobs.read", minimum=Role.VIEWER) as session:
            found = await session.line.page(limit + 1, after=None if after is None else _place(after))
            shown = found[:limit]
            counts = await session.line.counts()
            waiters = await session.line.waiters([job.id for job in shown])
            names = await _names(session, waiters)
        lines = [_line(job, [waiter for waiter in waiters if waiter.job_id == job.id], names) for job in shown]
        running = counts.pop(JobState.RUNNING, 0)
        more = f"{shown[-1].tag!r}:{shown[-1].id}" if len(found) > limit else None
        return LinePage(jobs=lines, running=running, waiting=sum(counts.values()), after=more)

    async def card(self, job: int) -> JobCard | None:
        """Return all about a job."""
        async with self._authority.look("jobs.read", minimum=Role.VIEWER) as session:
            found = await session.jobs.get(job)
            if found is None:
                return None
            waiters = await session.line.waiters([job])
            names = await _names(session, waiters)
            worker = await session.line.worker_of(job)
        people = dict.fromkeys((waiter.person, names.get((waiter.bot_id, waiter.person), "")) for waiter in waiters)
        return _card(found, worker, [*people])

    async def cancel(self, job: int) -> None:
        """Stop a job for everybody who waits for it."""
        await self._order("job.cancel", job, CANCEL, lambda state: not state.ended, after="cancelled")

    async def retry(self, job: int) -> None:
        """Run a job again."""
        await self._order("job.retry", job, RETRY, lambda state: state in _AGAIN, after="queued")

    async def to_front(self, job: int) -> None:
        """Let a job have its turn before all others."""
        async with self._authority.change("job.front", f"job:{job}", minimum=Role.MODERATOR) as change:
            if not await change.session.line.to_front(job):
                raise FetchgramError(f"job {job} does not wait", told=text("control-job-too-late"))

    async def _order(
        self, action: str, job: int, command: str, fits: Callable[[JobState], bool], *, after: str
    ) -> None:
        """Leave a command for whoever carries commands out, in the transaction that writes it down."""
        async with self._authority.change(action, f"job:{job}", minimum=Role.MODERATOR) as change:
            found = await change.session.jobs.get(job)
            if found is None or not fits(found.state):
                raise FetchgramError(f"job {job} is {found and found.state}", told=text("control-job-too-late"))
            change.before, change.after = {"state": str(found.state)}, {"state": after}
            await change.session.commands.add(command, {"job": job})


async def _names(session: Session, waiters: Sequence[Waiter]) -> Mapping[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for bot_id in {waiter.bot_id for waiter in waiters}:
        known = await session.people.named(bot_id, {waiter.person for waiter in waiters if waiter.bot_id == bot_id})
        found |= {(bot_id, id_): person.name for id_, person in known.items()}
    return found


def _line(job: Standing, waiters: Sequence[Waiter], names: Mapping[tuple[int, int], str]) -> JobLine:
    people = dict.fromkeys((waiter.bot_id, waiter.person) for waiter in waiters)
    first = next(iter(people), None)
    return JobLine(
        id=job.id,
        state=job.state,
        stage=Stage(job.stage),
        title=job.title,
        plugin=job.plugin,
        person_name="" if first is None else names.get(first, str(first[1])),
        others=max(0, len(people) - 1),
        since=job.started_at if job.state is JobState.RUNNING and job.started_at is not None else job.created_at,
    )


def _card(job: Job, worker: str | None, people: Sequence[tuple[int, str]]) -> JobCard:
    return JobCard(
        id=job.id,
        state=job.state,
        stage=job.stage,
        title=job.title,
        plugin=job.link.plugin,
        url=clean(job.link.url),
        choice=_choice(job.recipe.choice),
        attempt=job.attempt,
        created_at=job.created_at,
        not_before=job.not_before,
        worker=worker,
        people=people,
        error=job.error,
        error_number=job.error_number,
    )


def _choice(choice: Choice) -> str:
    height = f" {choice.height_px}p" if choice.height_px and choice.kind is ChoiceKind.VIDEO else ""
    return f"{choice.kind.value}{height}"


def _place(after: str) -> tuple[float, int]:
    tag, _, job_id = after.rpartition(":")
    return float(tag), int(job_id)
