"""The audit log, read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from fetchgram.control.authority import Authority
from fetchgram.model import Person, Role
from fetchgram.model.audit import AuditEntry

PERSON = "person:"
"""Begins the target of a change to a person."""
_MOST = 50


class AuditControl:
    """Implements `ports.Audit`.

    Args:
        authority: Of whoever reads.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def page(
        self, *, before: int | None = None, target: str | None = None, limit: int = 10
    ) -> Sequence[AuditEntry]:
        """Return changes, the newest first, with the names of people as they are now."""
        bot_id = self._authority.actor.bot_id
        async with self._authority.look("audit.read", minimum=Role.VIEWER) as session:
            found = await session.audit.page(bot_id, min(limit, _MOST), before=before, target=target)
            known = await session.people.named(bot_id, _people(found))
        return [_named(entry, known) for entry in found]


def _people(entries: Iterable[AuditEntry]) -> set[int]:
    ids = {word for entry in entries for word in (entry.actor, entry.target.removeprefix(PERSON))}
    return {int(word) for word in ids if word.isdecimal()}


def _named(entry: AuditEntry, known: dict[int, Person]) -> AuditEntry:
    actor = _name(known, entry.actor)
    target = _name(known, entry.target.removeprefix(PERSON)) if entry.target.startswith(PERSON) else ""
    return dataclasses.replace(entry, actor_name=actor, target_name=target)


def _name(known: dict[int, Person], word: str) -> str:
    person = known.get(int(word)) if word.isdecimal() else None
    return "" if person is None else person.name
