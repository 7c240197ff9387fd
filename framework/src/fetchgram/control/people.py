"""People: looked at, banned, limited, written to, given a role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fetchgram.control.audit import PERSON
from fetchgram.control.authority import Authority, Change
from fetchgram.control.courier import Courier
from fetchgram.errors import FetchgramError, NotAllowed
from fetchgram.model import Role, text
from fetchgram.model.audit import Facts
from fetchgram.model.people import PeopleOf, PeoplePage, PersonCard, PersonRow
from fetchgram.settings import LimitsSettings, WorkSettings
from fetchgram.storage import Session

LIMITS = (
    "links_per_minute",
    "links_per_message",
    "running",
    "waiting",
    "list_items",
    "file_max",
    "jobs_per_hour",
    "jobs_per_day",
    "bytes_per_hour",
    "bytes_per_day",
    "minutes_per_hour",
    "minutes_per_day",
)
"""Limits that can be another for one person."""
_AT_LEAST_ONE = frozenset({"links_per_minute", "links_per_message", "running", "waiting", "list_items", "file_max"})
_APPOINTED = frozenset({Role.USER, Role.VIEWER, Role.MODERATOR, Role.ADMIN})
"""Roles that an owner gives; owners are named in the settings, where nobody can take it from them."""
_MOST = 50


class PeopleControl:
    """Implements `ports.People`.

    Args:
        authority: Of whoever acts.
        courier: Brings messages.
        limits: Of everybody.
        work: How long is kept what people did.
        owners: Who is owner.
    """

    def __init__(
        self,
        authority: Authority,
        courier: Courier,
        *,
        limits: LimitsSettings,
        work: WorkSettings,
        owners: frozenset[int],
    ) -> None:
        self._authority = authority
        self._courier = courier
        self._limits = limits
        self._kept_days = work.keep_days
        self._owners = owners

    async def page(
        self, of: PeopleOf = PeopleOf.ALL, *, older: str | None = None, newer: str | None = None, limit: int = 8
    ) -> PeoplePage:
        """Return people, those who were here last first."""
        async with self._authority.look("people.read", minimum=Role.VIEWER) as session:
            return await session.directory.page(self._bot, of, min(limit, _MOST), older=older, newer=newer)

    async def find(self, words: str, *, limit: int = 10) -> Sequence[PersonRow]:
        """Return people whose number this is, or whose username, name or last name begins so."""
        async with self._authority.look("people.read", minimum=Role.VIEWER) as session:
            return await session.directory.find(self._bot, words, min(limit, _MOST))

    async def card(self, person: int) -> PersonCard | None:
        """Return all about a person, `None` when they were never here."""
        async with self._authority.look("people.read", minimum=Role.VIEWER) as session:
            row = await session.people.get(self._bot, person)
            if row is None:
                return None
            usage = await session.directory.usage(self._bot, person)
        general = {name: int(getattr(self._limits, name)) for name in LIMITS}
        role = Role.OWNER if person in self._owners else row.role
        return PersonCard(row=row, role=role, usage=usage, kept_days=self._kept_days, limits=general | dict(row.limits))

    async def ban(self, person: int, *, until: datetime | None, reason: str | None) -> None:
        """Refuse a person from now on."""
        async with self._authority.change("person.ban", _target(person), minimum=Role.MODERATOR) as change:
            row = await self._below(change, person)
            change.before, change.after = _ban(row), {"banned": True, "until": _day(until), "reason": reason}
            await change.session.people.ban(self._bot, person, until, reason)

    async def unban(self, person: int) -> None:
        """Let a person in again."""
        async with self._authority.change("person.unban", _target(person), minimum=Role.MODERATOR) as change:
            row = await self._below(change, person)
            change.before, change.after = _ban(row), {"banned": False}
            await change.session.people.unban(self._bot, person)

    async def set_role(self, person: int, role: Role) -> None:
        """Give a person a role, or take it away."""
        async with self._authority.change("person.role", _target(person), minimum=Role.OWNER) as change:
            row = await self._below(change, person)
            if role not in _APPOINTED:
                raise NotAllowed(f"nobody is made {role}", told=text("control-owners-are-named"))
            change.before, change.after = {"role": str(row.role if row else Role.USER)}, {"role": str(role)}
            await change.session.people.set_role(self._bot, person, role)

    async def set_limit(self, person: int, name: str, value: int | None) -> None:
        """Set a limit of a person's own, or go back to everybody's."""
        async with self._authority.change("person.limit", _target(person), minimum=Role.ADMIN) as change:
            if name not in LIMITS or (value is not None and value < (1 if name in _AT_LEAST_ONE else 0)):
                raise FetchgramError(f"{name} = {value}", told=text("control-no-such-limit"))
            row = await self._below(change, person)
            limits = dict(row.limits) if row else {}
            change.before = {name: limits.pop(name, None)}
            change.after = {name: value}
            await change.session.people.set_limits(
                self._bot, person, limits if value is None else {**limits, name: value}
            )

    async def invite(self, person: int, *, invited: bool) -> None:
        """Let a person use the bot while it is private, or no longer."""
        async with self._authority.change("person.invite", _target(person), minimum=Role.MODERATOR) as change:
            row = await change.session.people.get(self._bot, person)
            change.before, change.after = {"invited": bool(row and row.invited)}, {"invited": invited}
            await change.session.people.set_invited(self._bot, person, invited=invited)

    async def write_to(self, person: int, words: str) -> None:
        """Send a person a message in the name of the admins."""
        async with self._authority.change("person.message", _target(person), minimum=Role.MODERATOR) as change:
            row = await change.session.people.get(self._bot, person)
            locale = row.person.locale if row else "en"
            change.after = {"message": words}
        await self._courier.bring(self._bot, person, text("control-from-admins", words=words), locale)

    @property
    def _bot(self) -> int:
        return self._authority.actor.bot_id

    async def _below(self, change: Change, person: int) -> PersonRow | None:
        """Return what is known of a person who stands below whoever acts: nobody changes their equals."""
        row = await change.session.people.get(self._bot, person)
        role = Role.OWNER if person in self._owners else row.role if row else Role.USER
        if role.includes(await self._own_role(change.session)):
            raise NotAllowed(f"{person} is {role}", told=text("control-not-below"))
        return row

    async def _own_role(self, session: Session) -> Role:
        return await self._authority.check(session, "person.change", minimum=Role.MODERATOR)


def _target(person: int) -> str:
    return f"{PERSON}{person}"


def _ban(row: PersonRow | None) -> Facts:
    if row is None or not row.banned:
        return {"banned": False}
    return {"banned": True, "until": _day(row.banned_until), "reason": row.ban_reason}


def _day(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%d %H:%M UTC")
