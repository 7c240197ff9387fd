"""What people and admins read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fetchgram.model import Media, Text


class Sentences(Protocol):
    """Texts by key, for plugins that draw or print."""

    def render(self, text: Text, locale: str) -> str:
        """Return the sentence in the nearest language, markup removed."""
        ...


class NotifyAdmins(Protocol):
    """How a plugin tells the admins something."""

    async def __call__(
        self,
        text: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        """Tell the admins.

        Args:
            text: What.
            once_key: Not again what was the last thing told under this key.
            media: A picture with it.
            only: Whether one of them is meant, by their id; all by default.
        """
        ...
