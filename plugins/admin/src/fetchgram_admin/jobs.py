"""The line of jobs: who is at work, who is next; stop, run again, move to the front."""

from __future__ import annotations

from collections.abc import Iterator

from fetchgram.api import (
    Action,
    Button,
    Clock,
    Context,
    Interaction,
    JobCard,
    JobLine,
    JobState,
    LinePage,
    Live,
    Role,
    Screen,
    Text,
    text,
)
from fetchgram_admin.section import Section, back

_ON_A_PAGE = 8
_STEP_S = 10.0
_AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED})


def section(context: Context) -> Section:
    """Return the section."""
    line, change = _Line(context.clock), Role.MODERATOR
    return Section(
        name="jobs",
        label=text("admin-jobs"),
        handler=line.begin,
        actions={
            "page": Action(handler=line.page, minimum_role=Role.VIEWER),
            "card": Action(handler=line.card, minimum_role=Role.VIEWER),
            "cancel": Action(handler=line.cancel, minimum_role=change),
            "retry": Action(handler=line.retry, minimum_role=change),
            "front": Action(handler=line.front, minimum_role=change),
        },
    )


class _Line:
    """The line and its jobs.

    Args:
        clock: Says for how long.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(self, interaction: Interaction) -> Screen:
        """Show who is at work and who is next."""
        return self._shown(await interaction.control.jobs.page(limit=_ON_A_PAGE))

    async def page(self, interaction: Interaction) -> Screen:
        """Go further down the line."""
        after = str(interaction.args["after"])
        return self._shown(await interaction.control.jobs.page(after=after, limit=_ON_A_PAGE), below=True)

    async def card(self, interaction: Interaction) -> Screen:
        """Show one job."""
        return await self._card(interaction)

    async def cancel(self, interaction: Interaction) -> Screen:
        """Stop it."""
        await interaction.control.jobs.cancel(_job(interaction))
        return await self._card(interaction, notice=text("admin-job-stopping"))

    async def retry(self, interaction: Interaction) -> Screen:
        """Run it again."""
        await interaction.control.jobs.retry(_job(interaction))
        return await self._card(interaction, notice=text("admin-job-again"))

    async def front(self, interaction: Interaction) -> Screen:
        """Move it to the front."""
        await interaction.control.jobs.to_front(_job(interaction))
        return await self._card(interaction, notice=text("admin-job-is-next"))

    def _shown(self, page: LinePage, *, below: bool = False) -> Screen:
        now = self._clock.now()
        rows = [(_entry(job, _coarse((now - job.since).total_seconds())),) for job in page.jobs]
        turning: list[Button] = []
        if below:
            turning.append(Button(label=text("admin-jobs-top"), action="jobs"))
        if page.after is not None:
            turning.append(Button(label=text("admin-jobs-further"), action="jobs.page", args={"after": page.after}))
        again = (Button(label=text("admin-refresh"), action="jobs"),)
        told = text("admin-jobs-title", running=page.running, waiting=page.waiting)
        # The head of the line keeps itself up to date as long as there is one.
        live = Live(action="jobs") if rows and not below else None
        return Screen(text=told, rows=(*rows, *((tuple(turning),) if turning else ()), again, back()), live=live)

    async def _card(self, interaction: Interaction, *, notice: Text | None = None) -> Screen:
        job = _job(interaction)
        card = await interaction.control.jobs.card(job)
        if card is None:
            return Screen(text=text("admin-job-unknown", id=job), rows=(back("jobs"),))
        lines = (*_facts(card), *((notice,) if notice is not None else ()))
        told = text("admin-job-title", id=card.id, title=card.title)
        return Screen(text=told, lines=lines, rows=(*_rows(card, interaction.role), back("jobs")))


def _coarse(seconds: float) -> float:
    """Round down, so that a line in which nothing happens is not edited every other second."""
    return max(1.0, seconds // _STEP_S * _STEP_S)


def _job(interaction: Interaction) -> int:
    return int(str(interaction.args["job"]))


def _entry(job: JobLine, for_s: float) -> Button:
    label = text(
        f"admin-job-entry-{job.state.value}",
        title=job.title,
        plugin=job.plugin,
        person=job.person_name,
        others=job.others,
        time=for_s,
        stage=text(f"admin-stage-{job.stage.value.replace('_', '-')}"),
    )
    return Button(label=label, action="jobs.card", args={"job": job.id})


def _facts(card: JobCard) -> Iterator[Text]:
    stage = text(f"admin-stage-{card.stage.value.replace('_', '-')}")
    state = text(f"admin-state-{card.state.value}")
    yield text("admin-job-state", state=state, stage=stage, attempt=card.attempt, worker=card.worker or "")
    yield text("admin-job-what", plugin=card.plugin, choice=card.choice, at=card.created_at.timestamp())
    yield text("admin-job-link", url=card.url)
    for number, name in card.people[:5]:
        yield text("admin-job-person", id=number, name=name)
    if card.not_before is not None:
        yield text("admin-job-not-before", at=card.not_before.timestamp())
    if card.error is not None:
        yield text("admin-job-error", error=card.error, number=card.error_number or "")


def _rows(card: JobCard, role: Role) -> Iterator[tuple[Button, ...]]:
    if role.includes(Role.MODERATOR):
        yield tuple(_changes(card))
    more = [_button("admin-refresh", "jobs.card", card)]
    if card.error_number:
        more.append(Button(label=text("admin-job-story"), action="failures.story", args={"number": card.error_number}))
    yield tuple(more)


def _changes(card: JobCard) -> Iterator[Button]:
    if not card.state.ended:
        yield _button("admin-job-cancel", "jobs.cancel", card)
    if card.state in {JobState.QUEUED, JobState.WAITING}:
        yield _button("admin-job-front", "jobs.front", card)
    if card.state in _AGAIN:
        yield _button("admin-job-retry", "jobs.retry", card)


def _button(label: str, action: str, card: JobCard) -> Button:
    return Button(label=text(label), action=action, args={"job": card.id})
