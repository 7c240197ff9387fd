"""YouTube's refusals in sentences of their own, where the usual ones say less than is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from fetchgram.api import ContentUnavailable, Reason, TemporarilyUnavailable, text
from fetchgram_ytdlp.rates import is_turned_away

_BY_REASON: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.PRIVATE: "youtube-private",
        Reason.AGE: "youtube-age",
        Reason.MEMBERS: "youtube-members",
        Reason.GEO: "youtube-geo",
        Reason.GONE: "youtube-gone",
        Reason.ACCOUNT: "youtube-account",
        Reason.BOT_CHECK: "youtube-bot-check",
        Reason.LIVE: "youtube-live",
    }
)
_NOT_LIVE = "not currently live"


@contextmanager
def told() -> Iterator[None]:
    """Give errors that pass through here what the person reads about YouTube."""
    try:
        yield
    except ContentUnavailable as error:
        key = "youtube-not-live" if _NOT_LIVE in str(error) else _BY_REASON.get(error.reason)
        if error.told is None and key is not None:
            error.told = text(key)
        raise
    except TemporarilyUnavailable as error:
        if error.told is None and is_turned_away(error):
            error.told = text("youtube-rate-limited", wait=error.retry_after_s or 0)
        raise
