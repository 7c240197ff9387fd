"""Who brings words from the authority to people, and asks Telegram for it; below the Telegram side, so a port."""

from __future__ import annotations

from typing import Protocol

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Text


class Courier(Protocol):
    """Reaches people and channels through one of our bots."""

    async def bring(self, bot_id: int, person: int, words: Text, locale: str) -> None:
        """Send a message into a person's private chat.

        Raises:
            CannotDeliver: If the person has never written to the bot, or blocked it.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...

    async def channel(self, bot_id: int, name: str) -> tuple[int, str]:
        """Return the id and the title of a channel or group whose members the bot can see.

        Args:
            bot_id: Which bot.
            name: `@name`, or its number.

        Raises:
            CannotDeliver: If there is none, or the bot is no admin there.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...

    async def link(self, bot_id: int, code: str) -> str:
        """Return the deep link that brings people to a bot with a code.

        Raises:
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...


class NoCourier:
    """Stands where no bot speaks, as in the terminal."""

    async def bring(self, bot_id: int, person: int, words: Text, locale: str) -> None:
        """Refuse.

        Raises:
            TemporarilyUnavailable: Always.
        """
        raise TemporarilyUnavailable(f"no bot speaks here: {bot_id}, {person}, {words.key!r}, {locale!r}")

    async def channel(self, bot_id: int, name: str) -> tuple[int, str]:
        """Refuse.

        Raises:
            TemporarilyUnavailable: Always.
        """
        raise TemporarilyUnavailable(f"no bot speaks here: {bot_id}, {name!r}")

    async def link(self, bot_id: int, code: str) -> str:
        """Refuse.

        Raises:
            TemporarilyUnavailable: Always.
        """
        raise TemporarilyUnavailable(f"no bot speaks here: {bot_id}, {code!r}")
