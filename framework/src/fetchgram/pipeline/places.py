"""Where a job stands: its place in line, how long that may take, when it is tried again, or what is done with it."""

from __future__ import annotations

import math
import statistics
from datetime import datetime, timedelta
from typing import TypeAlias

from fetchgram.errors import DiskFull
from fetchgram.model import JobState, Text
from fetchgram.pipeline.audience import NoRoom, Queued, Retrying, Working
from fetchgram.storage import Session

Standing: TypeAlias = Queued | Retrying | NoRoom | Working

_LATELY = timedelta(hours=1)
_FEWEST = 3
"""From fewer jobs nobody can tell how long one takes."""

_STEP_S = 5.0
_MINUTE_S = 60.0


async def standing_of(session: Session, job_id: int) -> Standing | None:
    """Return what a person should hear of a job that waits, or that others may have begun; `None` when nothing."""
    job = await session.jobs.get(job_id)
    if job is None or job.state.ended:
        return None
    if job.state is JobState.RUNNING:
        # Whoever is alone hears by itself what is done; who joins later would not.
        return Working(stage=job.stage) if len(await session.deliveries.requests_of(job_id)) > 1 else None
    if job.not_before is not None and job.not_before > session.now and job.error is not None:
        return waiting_news(job.error, job.not_before, session.now)
    place, running = await session.line.place(job_id)
    return Queued(place=place, running=running, wait_s=await expected_wait_s(session, place, running))


def waiting_news(error: Text, not_before: datetime, now: datetime) -> Retrying | NoRoom:
    """Return when it is tried again, to the second that is worth saying."""
    if error.key == DiskFull().text.key:
        return NoRoom()
    return Retrying(after_s=rounded_s((not_before - now).total_seconds()), error=error)


async def expected_wait_s(session: Session, place: int, running: int) -> float | None:
    """Return how long it takes until a place is reached; `None` when too little was measured.

    As many jobs as run now end in the time that one takes (Little 1961: what is inside is the rate times the stay).
    """
    took_s = await session.line.took_lately_s(session.now - _LATELY)
    if place == 0 or len(took_s) < _FEWEST:
        return None
    return rounded_s(place * statistics.median(took_s) / max(1, running))


def rounded_s(seconds: float) -> float:
    """Round up to 5 s, over a minute to minutes: what is said must not change with every look."""
    step_s = _STEP_S if seconds <= _MINUTE_S else _MINUTE_S
    return max(_STEP_S, math.ceil(seconds / step_s) * step_s)
