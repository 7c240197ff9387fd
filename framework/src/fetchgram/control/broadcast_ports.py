"""Broadcasts, as a plugin sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fetchgram.model import Broadcast, Forecast, LinkButton, Recipients
from fetchgram.screens import MessageRef


class Broadcasts(Protocol):
    """Messages to many people: viewers look, admins act."""

    async def page(self, *, skip: int = 0, limit: int = 10) -> Sequence[Broadcast]:
        """Return broadcasts, the newest first."""
        ...

    async def get(self, broadcast_id: int) -> Broadcast:
        """Return one of them.

        Raises:
            FetchgramError: If there is none of this number, here and in all that follows.
        """
        ...

    async def draft(self, message: MessageRef) -> Broadcast:
        """Begin one with a message that the person sent, for everybody."""
        ...

    async def add(self, broadcast_id: int, message: MessageRef) -> Broadcast:
        """Add another message of the album that a draft was begun with.

        Raises:
            FetchgramError: If it is no draft any more, or has buttons, or more than an album holds.
        """
        ...

    async def revise(
        self,
        broadcast_id: int,
        *,
        buttons: Sequence[Sequence[LinkButton]] | None = None,
        recipients: Recipients | None = None,
    ) -> Broadcast:
        """Change the buttons or the recipients of a draft.

        Raises:
            FetchgramError: If Telegram would refuse a button, or it is no draft any more.
        """
        ...

    async def discard(self, broadcast_id: int) -> None:
        """Throw a draft away."""
        ...

    async def preview(self, broadcast_id: int, locale: str) -> None:
        """Send the person what everybody would get.

        Raises:
            CannotDeliver: If Telegram refuses it.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        ...

    async def forecast(self, broadcast_id: int) -> Forecast:
        """Say how many people are still to get it, and how long that takes."""
        ...

    async def languages(self) -> Sequence[tuple[str, int]]:
        """Return what people read, most first, with how many they are."""
        ...

    async def platforms(self) -> Sequence[tuple[str, int]]:
        """Return whose links people sent lately, most first, with how many they are."""
        ...

    async def start(self, broadcast_id: int) -> Broadcast:
        """Let a draft go out.

        Raises:
            FetchgramError: If somebody was faster and it does not fit any more; so in the steps that follow.
        """
        ...

    async def pause(self, broadcast_id: int) -> Broadcast:
        """Let nothing more begin."""
        ...

    async def resume(self, broadcast_id: int) -> Broadcast:
        """Go on where it was paused."""
        ...

    async def stop(self, broadcast_id: int) -> Broadcast:
        """End it before everybody had their turn."""
        ...

    async def withdraw(self, broadcast_id: int) -> Broadcast:
        """Delete an ended one for everyone again, as long as Telegram allows it."""
        ...
