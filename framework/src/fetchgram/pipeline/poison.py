"""Poison: a job whose worker died while it ran, again and again, is not handed to another one."""

from __future__ import annotations

from datetime import datetime

from fetchgram.errors import WorkerCrashed
from fetchgram.model import Event, Job, text
from fetchgram.storage import Session

MOST_DEATHS = 3
"""So many may be chance; a job that runs when the power fails is no poison."""

_DIED = "job.worker_died"


class Poisonous(WorkerCrashed):
    """The job has cost too many workers: told, never tried again by itself."""


async def note_death(session: Session, job: Job, at: datetime) -> None:
    """Write down that the bot or the child that ran a job died."""
    event = Event(name=_DIED, at=at, job_id=job.id, plugin=job.link.plugin, data={"lease": job.lease})
    await session.events.add(event)


async def refuse_poison(session: Session, job: Job) -> None:
    """Do nothing for a job that may be tried.

    Raises:
        Poisonous: If it has cost too many workers.
    """
    # A bot that dies once more before it took anything up finds the same lease again: that is one death.
    deaths = {event.data.get("lease") for event in await session.events.of_job(job.id, _DIED)}
    if len(deaths) >= MOST_DEATHS:
        told = text("error-crashes", times=MOST_DEATHS)
        raise Poisonous(f"its worker died {len(deaths)} times while it ran", told=told)
