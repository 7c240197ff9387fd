"""Failures as admins look at them: one in full, and many of a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All about one failure. Tokens, passwords and the queries of addresses are taken out of every text.

    Args:
        number: What the person was told.
        at: UTC.
        kind: What failed: `request` (looking at a link), `job`, `delivery` or `screen`.
        plugin: Whose affair it was; empty when nobody's.
        reason: Key of the sentence that was told, or the class of an error that nobody foresaw.
        error: Class and text of the error.
        traceback: Its head and its end.
        log: The last lines of the log about it, the oldest first.
        versions: Of fetchgram, the plugin, and what the plugin stands on.
        stage: Of the job.
        bot_id: With which bot; 0 when it concerns all.
        person: Whose it was, when it was one person's.
        request_id: Of which wish.
        job_id: Of which work.
        url: What was to be fetched; empty when that is forgotten.
        title: Foreign text.
        person_name: How the person was called last.
    """

    number: str
    at: datetime
    kind: str
    plugin: str
    reason: str
    error: str
    traceback: str = ""
    log: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    bot_id: int = 0
    person: int | None = None
    request_id: int | None = None
    job_id: int | None = None
    url: str = ""
    title: str = ""
    person_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failures of one plugin for one reason.

    Args:
        plugin: Whose.
        reason: As in `Story`.
        today: In the last 24 hours.
        yesterday: In the 24 hours before.
        last_at: When the last one was.
        last_number: Its number.
    """

    plugin: str
    reason: str
    today: int
    yesterday: int
    last_at: datetime
    last_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureLine:
    """One failure in a list."""

    number: str
    at: datetime
    plugin: str
    reason: str
