"""What is known of people, and which of them are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fetchgram.model.work import Person, Role


class PeopleOf(StrEnum):
    """Which people are meant."""

    ALL = "all"
    STAFF = "staff"
    """Whoever has a role that was given to them; owners are named in the settings."""
    BANNED = "banned"
    INVITED = "invited"
    """Who may use the bot while it is private."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """What is known of a person.

    Args:
        person: With role; `locale` is the chosen language, else the one that Telegram tells.
        first_seen: UTC.
        last_seen: UTC.
        blocked: Whether the person blocked the bot.
        quiet: Whether the person wants no broadcasts.
        role: As the database has it.
        banned: Whether an admin banned them; for ever when `banned_until` is `None`.
        banned_until: UTC.
        ban_reason: As the admin wrote it.
        ban_told: Whether the person has been told of this ban.
        language: What the person chose here, if anything.
        invited: Whether the person may use the bot while it is private.
        limits: The person's own limits, in place of those of the settings, by their names there.
    """

    person: Person
    first_seen: datetime
    last_seen: datetime
    blocked: bool
    role: Role
    banned: bool
    banned_until: datetime | None
    ban_reason: str | None
    language: str | None
    quiet: bool = False
    ban_told: bool = False
    invited: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)

    def is_banned(self, at: datetime) -> bool:
        """Whether the ban holds at this time."""
        return self.banned and (self.banned_until is None or at < self.banned_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Some people, those who were here last first.

    Args:
        people: In their order.
        total: How many there are on all pages.
        older: Leads to the next page; `None` on the last.
        newer: Leads to the page before; `None` on the first.
    """

    people: tuple[PersonRow, ...]
    total: int
    older: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a person got and did not get; of what is kept of it.

    Args:
        downloads: Deliveries that arrived.
        size_bytes: Of them, together.
        failures: Deliveries that failed, and links of which nothing became a delivery.
        waiting: Deliveries on their way.
    """

    downloads: int = 0
    size_bytes: int = 0
    failures: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """A person with all that an admin wants to see.

    Args:
        row: What is known.
        role: As it holds, that of an owner included.
        usage: In the last `kept_days` days.
        kept_days: How long what people did is kept.
        limits: What holds for the person, by the names of the settings; 0 is none.
    """

    row: PersonRow
    role: Role
    usage: Usage
    kept_days: int
    limits: Mapping[str, int]
