"""How much the bot is used, at a glance; how that changes is what analytics is for."""

from __future__ import annotations

from fetchgram.control.authority import Authority
from fetchgram.model import Role
from fetchgram.model.figures import Figures


class StatisticsControl:
    """Implements `ports.Statistics`.

    Args:
        authority: Of whoever looks.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def figures(self) -> Figures:
        """Return how much the bot is used."""
        async with self._authority.look("statistics.read", minimum=Role.VIEWER) as session:
            return await session.figures.of(self._authority.actor.bot_id)
