"""Poison: a job whose worker died while it ran, again and again, is not handed to another one.

A child that dies is the fault of its one job. When the whole process dies, nobody knows which of its jobs was to blame,
or whether any was: each bears an equal share. Three whole faults are too many. So a job that brings the bot down by
itself is set aside after three deaths, and one that ran beside others through a few power cuts is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from fetchgram.errors import WorkerCrashed
from fetchgram.model import Event, Job, Json, text
from fetchgram.storage import Session

MOST_DEATHS = 3
"""So many may be chance; a job that runs when the power fails is no poison."""

_DIED = "job.worker_died"


class Poisonous(WorkerCrashed):
    """The job has cost too many workers: told, never tried again by itself."""


async def note_deaths(session: Session, jobs: Sequence[Job], at: datetime) -> None:
    """Write down that what ran these jobs died: a child with its one, or a process with all of its own."""
    for job in jobs:
        data: dict[str, Json] = {"lease": job.lease, "among": len(jobs)}
        await session.events.add(Event(name=_DIED, at=at, job_id=job.id, plugin=job.link.plugin, data=data))


async def note_takeover(session: Session, job: Job, at: datetime) -> None:
    """Write down the death of the worker from which a job was taken over, if it was, once for all that it held."""
    dead, lost = await session.jobs.taken_from(job.id), job.lease - 1
    known = [event.data["lease"] for event in await session.events.of_job(job.id, _DIED)] if dead else []
    if dead is not None and lost not in known:
        mine = dataclasses.replace(job, lease=lost)
        await note_deaths(session, [mine, *await session.jobs.of_worker(dead)], at)


async def refuse_poison(session: Session, job: Job) -> None:
    """Do nothing for a job that may be tried.

    Raises:
        Poisonous: If it has cost too many workers.
    """
    # A bot that dies once more before it took anything up finds the same lease again: that is one death.
    deaths = {event.data["lease"]: _share(event) for event in await session.events.of_job(job.id, _DIED)}
    if sum(deaths.values()) >= MOST_DEATHS:
        told = text("error-crashes", times=len(deaths))
        raise Poisonous(f"its worker died {len(deaths)} times while it ran", told=told)


def _share(death: Event) -> Fraction:
    return Fraction(1, int(str(death.data["among"])))
