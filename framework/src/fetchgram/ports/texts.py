"""What people and admins read."""

from __future__ import annotations

from typing import Protocol

from fetchgram.model import Media, Text


class Sentences(Protocol):
    """Texts by key, for plugins that draw or print."""

    def render(self, text: Text, locale: str) -> str:
        """Return the sentence in the nearest language, markup removed."""
        ...


class NotifyAdmins(Protocol):
    """How a plugin tells the admins something."""

    async def __call__(self, text: Text, *, once_key: str | None = None, media: Media | None = None) -> None:
        """Tell the admins; with `once_key` only what was not the last thing told under that key."""
        ...
