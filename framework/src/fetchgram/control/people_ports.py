"""People and the door, as a plugin sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from fetchgram.model import Role
from fetchgram.model.access import Door, Invite
from fetchgram.model.people import PeopleOf, PeoplePage, PersonCard, PersonRow


class People(Protocol):
    """People of the bot through which one acts.

    Nobody changes somebody whose role is not below their own. Every method raises `NotAllowed` where the role does not
    reach.
    """

    async def page(
        self, of: PeopleOf = PeopleOf.ALL, *, older: str | None = None, newer: str | None = None, limit: int = 8
    ) -> PeoplePage:
        """Return people, those who were here last first; from viewer on.

        Args:
            of: Which ones.
            older: What a page says of the one after it.
            newer: What a page says of the one before it.
            limit: Most people.
        """
        ...

    async def find(self, words: str, *, limit: int = 10) -> Sequence[PersonRow]:
        """Return people whose number this is, or whose username, name or last name begins so; from viewer on."""
        ...

    async def card(self, person: int) -> PersonCard | None:
        """Return all about a person, `None` when they were never here; from viewer on."""
        ...

    async def ban(self, person: int, *, until: datetime | None, reason: str | None) -> None:
        """Refuse a person from now on; from moderator on.

        Args:
            person: Whom.
            until: The end; `None` for ever.
            reason: The person reads it, once.
        """
        ...

    async def unban(self, person: int) -> None:
        """Let a person in again; from moderator on."""
        ...

    async def set_role(self, person: int, role: Role) -> None:
        """Give a person a role, or take it away (`user`); owners only. Owners themselves are named in the settings."""
        ...

    async def set_limit(self, person: int, name: str, value: int | None) -> None:
        """Set a limit of a person's own, or go back to everybody's; from admin on.

        Args:
            person: Whose.
            name: As in the settings, `jobs_per_day`; see `PersonCard.limits`.
            value: 0 is no limit, except for what must be at least one; `None` takes the own limit away.

        Raises:
            FetchgramError: If there is no such limit.
        """
        ...

    async def invite(self, person: int, *, invited: bool) -> None:
        """Let a person use the bot while it is private, or no longer; from moderator on."""
        ...

    async def write_to(self, person: int, words: str) -> None:
        """Send a person a message in the name of the admins; from moderator on.

        Raises:
            CannotDeliver: If the person blocked the bot.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...


class Access(Protocol):
    """Who is let in."""

    async def door(self) -> Door:
        """Return who is let in; from viewer on."""
        ...

    async def set_private(self, *, private: bool) -> None:
        """Let in only staff and who is invited, or everybody again; from admin on."""
        ...

    async def set_channel(self, name: str | None) -> None:
        """Let in only members of a channel or group, or no longer; from admin on.

        Args:
            name: `@name` or its number; the bot must be an admin there.

        Raises:
            CannotDeliver: If there is none, or the bot cannot see its members.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...

    async def invites(self) -> Sequence[Invite]:
        """Return the codes that still let somebody in, the newest first; from moderator on."""
        ...

    async def invite(self, *, people: int, lasts: timedelta) -> Invite:
        """Make a code that lets so many people in; from moderator on.

        Raises:
            FetchgramError: If that is nobody, or nearly everybody, or for more than a year.
        """
        ...

    async def revoke(self, code: str) -> None:
        """Take a code back; who came in by it stays; from moderator on."""
        ...
