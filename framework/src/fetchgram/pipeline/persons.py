"""Who is behind a request, with the role that the settings give."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from fetchgram.model import Person, Request, Role
from fetchgram.storage import Session


class Persons:
    """Knows people by their requests.

    Args:
        owners: Who is owner, whatever the database says.
    """

    def __init__(self, owners: Collection[int]) -> None:
        self._owners = frozenset(owners)

    def with_role(self, person: Person) -> Person:
        """Return the person as an owner, if they are one."""
        return dataclasses.replace(person, role=Role.OWNER) if person.id in self._owners else person

    async def of(self, session: Session, request: Request) -> Person:
        """Return who made a request."""
        row = await session.people.get(request.bot_id, request.person)
        return self.with_role(row.person if row else Person(bot_id=request.bot_id, id=request.person))
