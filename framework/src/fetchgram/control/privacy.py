"""A person's right to be forgotten."""

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
        actor = self._authority.actor
        if actor.person is None:
            raise NotAllowed(f"{actor.name} is nobody who could be forgotten")
        async with self._authority.open() as session:
            await session.forgetting.forget(actor.bot_id, actor.person)
            forgotten = Event(name="person.forgotten", at=session.now, bot_id=actor.bot_id, person=actor.person)
            await session.events.add(forgotten)
