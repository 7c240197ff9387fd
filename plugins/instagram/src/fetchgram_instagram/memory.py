"""Remembers what was found for some minutes: the menu and the download are one visit to Instagram, not two."""

from __future__ import annotations

from collections import OrderedDict

from fetchgram.api import Clock, Link
from fetchgram_instagram.finds import Find
from fetchgram_instagram.links import claim

_KEPT = 64
_KEPT_S = 600.0
"""Addresses of media are signed for hours; what a post shows hardly changes."""


class Memory:
    """The last finds.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._finds: OrderedDict[str, tuple[float, Find]] = OrderedDict()

    def get(self, link: Link) -> Find | None:
        """Return what was found behind a link, if that is not long ago."""
        at, found = self._finds.get(_key(link), (0.0, None))
        return found if self._clock.monotonic() - at < _KEPT_S else None

    def keep(self, link: Link, found: Find) -> None:
        """Remember."""
        self._finds[_key(link)] = (self._clock.monotonic(), found)
        self._finds.move_to_end(_key(link))
        while len(self._finds) > _KEPT:
            self._finds.popitem(last=False)

    def forget(self, link: Link) -> None:
        """Look again next time."""
        self._finds.pop(_key(link), None)


def _key(link: Link) -> str:
    """Name a link by its address: a probe gives some a better id, and items are parts of their post."""
    own = claim(link.url)
    return own.media_id if own is not None else link.media_id
