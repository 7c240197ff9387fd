"""How the bot is and what is done for it, as a plugin sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fetchgram.model import Media
from fetchgram.model.upkeep import UpkeepState
from fetchgram.screens import Checked


class HealthField(Protocol):
    """How everything is; from the role viewer on."""

    async def look(self, *, afresh: bool = False) -> Sequence[Checked]:
        """Return what each check found, what is worst first.

        Args:
            afresh: Look now instead of telling what was found last; takes as long as the slowest check.
        """
        ...


class Maintenance(Protocol):
    """The whole bot; looked at from the role viewer on, changed by admins; files come to owners."""

    async def state(self) -> UpkeepState:
        """Return what is set now."""
        ...

    async def close(self, why: str = "") -> None:
        """Take nothing new from people, who read why; what runs ends, admins still may."""
        ...

    async def open(self) -> None:
        """Take links again."""
        ...

    async def set_level(self, level: str | None) -> None:
        """Log from this level on, in every process; `None` as in the configuration."""
        ...

    async def restart(self) -> None:
        """Let every process end in order, to be started again by what watches over it."""
        ...

    async def purge_cache(self) -> int:
        """Forget every file that Telegram keeps for us; returns how many."""
        ...

    async def clean_up(self) -> Mapping[str, int]:
        """Remove what nobody needs, now; returns how much of what."""
        ...

    async def back_up(self) -> Media:
        """Copy the database, without secrets, into a file; for owners.

        Raises:
            ConfigError: If the database is PostgreSQL; told with the command to use.
        """
        ...

    async def export(self, table: str) -> Media:
        """Write the newest rows of a table into a CSV file; for owners."""
        ...
