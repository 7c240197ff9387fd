"""Whether a job that stopped is tried again, and when: by the class of what stopped it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from fetchgram.errors import (
    ContentUnavailable,
    DiskFull,
    FfmpegError,
    Reason,
    TemporarilyUnavailable,
    WorkerCrashed,
)
from fetchgram.model import Job
from fetchgram.pipeline.poison import Poisonous
from fetchgram.ports import Clock
from fetchgram.settings import WorkSettings

_BACKOFF_S = 5.0
_BACKOFF_MAX_S = 300.0
_ROOM_S = 10.0
"""Room may be there again at any moment: another job ends, an operator deletes something."""

_JITTER = 0.5
"""Those whom the same fault stopped together do not come back together."""

_ASKED_JITTER = 0.1
_RETRY_AFTER_MAX_S = 86_400.0
"""The other side may ask for any wait; after a day nobody waits any more."""


@dataclass(frozen=True, slots=True)
class Again:
    """Another try.

    Args:
        after_s: Not before then.
        counts: Whether the one that failed was one of `work.attempts`: waiting for room is no try.
    """

    after_s: float
    counts: bool = True


class Retries:
    """Decides about another try.

    ============================  =====================================================
    what stopped it               what follows
    ============================  =====================================================
    asked to wait (`retry_after`) as asked, and a little jitter; a day at most
    network, site, timeout        5 s, doubled each time, at most 5 min, with jitter
    child or ffmpeg killed        the same
    no room on the disk           about every 10 s, and it does not count as a try
    anything else                 no other try: it would end the same way
    ============================  =====================================================

    Args:
        settings: Ceilings: `attempts`, and `retry_age_s` or `room_wait_s` since the job was made.
        clock: Time.
    """

    def __init__(self, settings: WorkSettings, clock: Clock) -> None:
        self._attempts = settings.attempts
        self._oldest = timedelta(seconds=settings.retry_age_s)
        self._oldest_without_room = timedelta(seconds=settings.room_wait_s)
        self._clock = clock

    def another(self, job: Job, error: Exception) -> Again | None:
        """Return when to try again; `None` when the person has to hear that it failed."""
        again = self._by_class(job, error)
        if again is None or (again.counts and job.attempt >= self._attempts):
            return None
        age = self._clock.now() + timedelta(seconds=again.after_s) - job.created_at
        return again if age <= (self._oldest if again.counts else self._oldest_without_room) else None

    def _by_class(self, job: Job, error: Exception) -> Again | None:
        match error:
            case Poisonous():
                return None
            case DiskFull():
                return Again(_jittered(_ROOM_S), counts=False)
            case TemporarilyUnavailable(retry_after_s=float() | int() as asked_s):
                return Again(min(asked_s, _RETRY_AFTER_MAX_S) * (1 + _ASKED_JITTER * _chance()))
            case TemporarilyUnavailable() | ContentUnavailable(reason=Reason.UNREACHABLE):
                return Again(self._backoff_s(job))
            case _:
                return Again(self._backoff_s(job)) if was_killed(error) else None

    def _backoff_s(self, job: Job) -> float:
        return _jittered(min(_BACKOFF_MAX_S, _BACKOFF_S * 2.0 ** max(0, job.attempt - 1)))


def was_killed(error: Exception) -> bool:
    """Whether a child or ffmpeg ended by force, and not by what it found."""
    return isinstance(error, WorkerCrashed) or (isinstance(error, FfmpegError) and error.kind == "killed")


def _jittered(longest_s: float) -> float:
    return longest_s * (1 - _JITTER * _chance())


def _chance() -> float:
    return random.random()  # noqa: S311  # jitter is no secret
