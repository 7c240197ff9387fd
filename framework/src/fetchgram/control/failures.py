"""What failed: by number in full, and grouped with its trend."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from fetchgram.control.authority import Authority
from fetchgram.model import Role
from fetchgram.model.failures import FailureGroup, FailureLine, Story

_MOST = 50


class FailuresControl:
    """Implements `ports.Failures`.

    Args:
        authority: Of whoever looks.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def story(self, number: str) -> Story | None:
        """Return all about the failure with this number; another bot's people are not shown."""
        bot_id = self._authority.actor.bot_id
        async with self._authority.look("failures.read", minimum=Role.VIEWER) as session:
            story = await session.stories.get(number.strip().upper())
            if story is None or story.bot_id not in {0, bot_id}:
                return None
            known = {} if story.person is None else await session.people.named(bot_id, {story.person})
        person = known.get(story.person or 0)
        return story if person is None else dataclasses.replace(story, person_name=person.name)

    async def groups(self, *, limit: int = 10) -> Sequence[FailureGroup]:
        """Return what failed in the last two days, by plugin and reason."""
        async with self._authority.look("failures.read", minimum=Role.VIEWER) as session:
            return await session.stories.groups(min(limit, _MOST))

    async def lines(
        self, plugin: str, reason: str, *, before: FailureLine | None = None, limit: int = 10
    ) -> Sequence[FailureLine]:
        """Return the newest failures of one plugin for one reason."""
        place = None if before is None else (before.at, before.number)
        async with self._authority.look("failures.read", minimum=Role.VIEWER) as session:
            return await session.stories.of(plugin, reason, min(limit, _MOST), before=place)
