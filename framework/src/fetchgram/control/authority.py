"""The one way to every change: the role is asked of the database, and what is done is written down with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from fetchgram.errors import NotAllowed
from fetchgram.model import Role
from fetchgram.model.audit import Facts
from fetchgram.storage import Session, Storage

log = structlog.get_logger()

SYSTEM_ROLE = Role.ADMIN
"""How far plugins reach that act by themselves: they appoint nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts.

    Args:
        bot_id: With which bot; 0 for a plugin by itself.
        person: Who it is; `None` for a plugin by itself.
        plugin: Which one, when nobody stands behind it.
        ceiling: How far the actor reaches at most, whatever the database says: the role with which the interaction
            began, so that what somebody else wrote, or an anonymous admin, gives nobody's orders.
    """

    bot_id: int = 0
    person: int | None = None
    plugin: str = ""
    ceiling: Role = SYSTEM_ROLE

    @property
    def name(self) -> str:
        """How the audit log calls the actor."""
        return f"system:{self.plugin}" if self.person is None else str(self.person)


@dataclass(slots=True)
class Change:
    """A change under way.

    Args:
        session: Its transaction: whatever is changed in it stands or falls with the line of the audit log.
        target: What is changed, as `person:42`; may be set when it is known.
        before: What holds now, for people to read.
        after: What will hold.
    """

    session: Session
    target: str
    before: Facts = None
    after: Facts = None


class Authority:
    """Lets one actor look and change, as far as their role reaches at that moment.

    Args:
        storage: Roles, and the audit log.
        owners: Who is owner, whatever the database says.
        actor: Who acts.
    """

    def __init__(self, storage: Storage, owners: Collection[int], actor: Actor) -> None:
        self._storage = storage
        self._owners = frozenset(owners)
        self.actor = actor

    @asynccontextmanager
    async def change(self, action: str, target: str = "", *, minimum: Role) -> AsyncIterator[Change]:
        """Open a transaction for a change; an error in the block undoes it and its line of the audit log.

        Args:
            action: What is done, as `person.ban`.
            target: To what, as `person:42`.
            minimum: Who may.

        Raises:
            NotAllowed: If the actor's role does not reach.
        """
        async with self._storage.write() as session:
            await self.check(session, action, minimum=minimum)
            change = Change(session, target)
            yield change
            actor = self.actor
            await session.audit.add(actor.bot_id, actor.name, action, change.target, change.before, change.after)
        log.info("control.changed", actor=self.actor.name, action=action, target=change.target)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Open a transaction for what everybody may do with what is their own."""
        async with self._storage.write() as session:
            yield session

    @asynccontextmanager
    async def look(self, action: str, *, minimum: Role) -> AsyncIterator[Session]:
        """Open a snapshot to look at.

        Raises:
            NotAllowed: If the actor's role does not reach.
        """
        async with self._storage.read() as session:
            await self.check(session, action, minimum=minimum)
            yield session

    async def check(self, session: Session, action: str, *, minimum: Role) -> Role:
        """Return the actor's role as it is now.

        Raises:
            NotAllowed: If it does not reach.
        """
        role = await self._role(session)
        if not role.includes(minimum):
            log.warning("control.refused", actor=self.actor.name, action=action, role=str(role), minimum=str(minimum))
            raise NotAllowed(f"{self.actor.name} is {role}, {action} needs {minimum}")
        return role

    async def _role(self, session: Session) -> Role:
        actor = self.actor
        if actor.person is None:
            return actor.ceiling
        role = Role.OWNER if actor.person in self._owners else await _stored(session, actor.bot_id, actor.person)
        return role if actor.ceiling.includes(role) else actor.ceiling


async def _stored(session: Session, bot_id: int, person: int) -> Role:
    row = await session.people.get(bot_id, person)
    return Role.USER if row is None or row.is_banned(session.now) else row.role
