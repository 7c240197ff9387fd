"""What somebody did with the powers of an admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from fetchgram.model.codec import Json

Facts: TypeAlias = "Mapping[str, Json] | Json"
"""What holds before or after a change, for people to read: a value, or names and their values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change.

    Args:
        id: Rising; given by the database.
        at: UTC.
        bot_id: For whose people it was done; 0 when it concerns all bots.
        actor: Id of the person, or `system:<plugin>`.
        action: `person.ban`, `job.cancel`, …
        target: What was changed, as `person:42`; empty when there is just one.
        before: What held before; of an object its names and values.
        after: What holds since.
        actor_name: How the person was called last; foreign text, empty when nobody knows.
        target_name: The same of a target that is a person.
    """

    id: int
    at: datetime
    bot_id: int
    actor: str
    action: str
    target: str = ""
    before: Json = None
    after: Json = None
    actor_name: str = ""
    target_name: str = ""
