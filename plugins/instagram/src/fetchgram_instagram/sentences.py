"""What people are told when Instagram does not give something."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fetchgram.api import (
    ContentUnavailable,
    FetchgramError,
    LinkKind,
    PluginError,
    Reason,
    TemporarilyUnavailable,
    text,
)
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.links import PLUGIN

_FINAL: Mapping[Verdict, tuple[Reason, str]] = MappingProxyType(
    {
        Verdict.GONE: (Reason.GONE, "instagram-gone"),
        Verdict.PRIVATE: (Reason.PRIVATE, "instagram-private"),
        Verdict.AGE: (Reason.AGE, "instagram-age"),
        Verdict.GEO: (Reason.GEO, "instagram-geo"),
        Verdict.LOGIN: (Reason.LOGIN, "instagram-login"),
        Verdict.EMPTY: (Reason.LOGIN, "instagram-login"),
        Verdict.LOGGED_OUT: (Reason.LOGIN, "instagram-no-account"),
        Verdict.CHECKPOINT: (Reason.LOGIN, "instagram-no-account"),
    }
)
_BY_REASON: Mapping[Reason, str] = MappingProxyType({**dict(_FINAL.values()), Reason.LOGIN: "instagram-login"})
_FLEETING = frozenset({LinkKind.STORY, LinkKind.HIGHLIGHT})


def error_of(refusal: Refusal, kind: LinkKind, *, wait_s: float = 0.0) -> FetchgramError:
    """Return the error that says why a link was refused.

    Args:
        refusal: Instagram's.
        kind: Of the link.
        wait_s: When another try makes sense, for refusals that pass.
    """
    message = f"{refusal.verdict}: {refusal.message}"
    if refusal.verdict is Verdict.GONE and kind in _FLEETING:
        return ContentUnavailable(Reason.GONE, message, told=text("instagram-story-gone"))
    if refusal.verdict in _FINAL:
        reason, key = _FINAL[refusal.verdict]
        return ContentUnavailable(reason, message, told=text(key))
    if refusal.verdict is Verdict.BROKEN:
        return broken(message)
    if refusal.verdict in (Verdict.GARBLED, Verdict.UNREACHABLE):
        return TemporarilyUnavailable(message, told=text("instagram-unreachable"))
    return busy(message, wait_s, key="instagram-wall" if refusal.verdict is Verdict.WALL else "instagram-busy")


def busy(message: str, wait_s: float, *, key: str = "instagram-busy") -> TemporarilyUnavailable:
    """Return the error for accounts that all have to rest.

    Args:
        message: For the log.
        wait_s: Until one of them may ask again.
        key: Of the sentence, which takes `wait`.
    """
    return TemporarilyUnavailable(message, retry_after_s=wait_s or None, told=text(key, wait=wait_s))


def broken(message: str) -> PluginError:
    """Return the error for answers that nobody here understands any more: it counts against the plugin."""
    return PluginError(message, plugin=PLUGIN, told=text("instagram-broken"))


def no_account() -> ContentUnavailable:
    """Return the error for what needs an account when there is none, or none that still works."""
    return ContentUnavailable(Reason.LOGIN, "there is no session that lives", told=text("instagram-no-account"))


def worded(error: ContentUnavailable) -> ContentUnavailable:
    """Let an error of another engine say it in this plugin's words."""
    key = _BY_REASON.get(error.reason)
    if error.told is None and key is not None:
        error.told = text(key)
    return error
