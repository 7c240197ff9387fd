"""What people decide about themselves: to be forgotten, and to be left alone."""

from __future__ import annotations

from fetchgram.control.authority import Authority
from fetchgram.errors import NotAllowed
from fetchgram.model import Event


class PrivacyControl:
    """Implements `ports.Privacy`.

    Args:
        authority: Of the person.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def forget_me(self) -> None:
        """Delete what is kept about the person behind it; no line of the audit log, which would name them."""
        bot_id, person = self._whose
        async with self._authority.open() as session:
            await session.forgetting.forget(bot_id, person)
            forgotten = Event(name="person.forgotten", at=session.now, bot_id=bot_id, person=person)
            await session.events.add(forgotten)

    async def wants_news(self) -> bool:
        """Whether the person gets broadcasts."""
        bot_id, person = self._whose
        async with self._authority.open() as session:
            row = await session.people.get(bot_id, person)
        return row is None or not row.quiet

    async def set_news(self, *, wanted: bool) -> None:
        """Remember whether the person wants broadcasts."""
        bot_id, person = self._whose
        async with self._authority.open() as session:
            await session.people.set_quiet(bot_id, person, quiet=not wanted)

    @property
    def _whose(self) -> tuple[int, int]:
        actor = self._authority.actor
        if actor.person is None:
            raise NotAllowed(f"{actor.name} is nobody of whom anything is kept")
        return actor.bot_id, actor.person
