"""Jobs as admins look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fetchgram.model.text import Text
from fetchgram.model.work import JobState, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """An open job in the line.

    Args:
        id: Of the job.
        state: `running`, `queued` or `waiting` (to be tried again).
        stage: What it does, or will do next.
        title: Foreign text.
        plugin: Whose link it is.
        person_name: Whose it is; the first of those who wait.
        others: How many wait for it besides.
        since: Since when it runs, else since when it waits.
    """

    id: int
    state: JobState
    stage: Stage
    title: str
    plugin: str
    person_name: str
    others: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePage:
    """Some of the line, in the order of turns.

    Args:
        jobs: In their order.
        running: How many are at work in all.
        waiting: How many wait in all.
        after: Leads to the next page; `None` on the last.
    """

    jobs: Sequence[JobLine]
    running: int
    waiting: int
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCard:
    """All about one job.

    Args:
        id: Of the job.
        state: Where it stands.
        stage: What it does, or did last.
        title: Foreign text.
        plugin: Whose link it is.
        url: Of the link, without its query.
        choice: What was chosen: kind and height.
        attempt: How often it was started.
        created_at: UTC.
        not_before: When it is tried again, when it waits for that.
        worker: Who works on it.
        people: Number and name of each who waits for it, or waited.
        error: Why it failed, or waits.
        error_number: What the person was told.
    """

    id: int
    state: JobState
    stage: Stage
    title: str
    plugin: str
    url: str
    choice: str
    attempt: int
    created_at: datetime
    not_before: datetime | None
    worker: str | None
    people: Sequence[tuple[int, str]]
    error: Text | None
    error_number: str | None
