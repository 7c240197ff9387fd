"""Cookies of an account, in Netscape's format: read and judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from fetchgram.api import Text, text

MOST_BYTES = 256 * 1024
"""A browser's whole collection has some tens of kilobytes."""

_HTTP_ONLY = "#HttpOnly_"
_SITES = ("youtube.com", "google.com", "googlevideo.com")
"""Only what goes to them is kept: the rest of somebody's browser is nobody's business."""
_LOGIN = "LOGIN_INFO"
_PROOFS = frozenset({"SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID"})
"""What yt-dlp needs to be logged in: this cookie and one of these (`YoutubeBaseInfoExtractor._has_auth_cookies`)."""
_FIELDS = 7
_END = re.compile(r"\d+(?:\.\d+)?")


class BadCookies(ValueError):
    """These cookies cannot be used.

    Args:
        told: Why, for the person who sent them.
    """

    def __init__(self, told: Text) -> None:
        super().__init__(told.key)
        self.told = told


@dataclass(frozen=True, slots=True)
class Cookie:
    """One line: what it is called, whom it is for, when it ends (`None`: with the session), and the line itself."""

    name: str
    domain: str
    ends_at: datetime | None
    line: str


@dataclass(frozen=True, slots=True)
class Login:
    """Cookies that somebody is logged in with.

    Args:
        cookies: Those of YouTube.
        left_out: How many were of other sites, or had ended.
    """

    cookies: tuple[Cookie, ...]
    left_out: int

    @property
    def content(self) -> str:
        """The file with them, as yt-dlp reads it."""
        return "\n".join(("# Netscape HTTP Cookie File", *(each.line for each in self.cookies), ""))

    @property
    def ends_at(self) -> datetime | None:
        """When the login is over by its own word; `None` when it does not say."""
        ends = [each.ends_at for each in self.cookies if each.name == _LOGIN and each.ends_at is not None]
        return min(ends, default=None)


def read(content: bytes, now: datetime) -> Login:
    """Read a file in Netscape's format.

    Raises:
        BadCookies: If it is another format, or nobody is logged in with them.
    """
    found = _cookies(content)
    kept = tuple(each for each in found if _is_ours(each) and (each.ends_at is None or each.ends_at > now))
    names = {each.name for each in kept}
    if _LOGIN not in names or not names & _PROOFS:
        had = {each.name for each in found if _is_ours(each)}
        is_over = _LOGIN in had and bool(had & _PROOFS)
        raise BadCookies(text("youtube-cookies-over" if is_over else "youtube-cookies-visitor"))
    return Login(kept, len(found) - len(kept))


def _cookies(content: bytes) -> list[Cookie]:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCookies(text("youtube-cookies-format", line=1)) from error
    if words.lstrip().startswith(("[", "{")):
        raise BadCookies(text("youtube-cookies-json"))
    lines = ((number, line.rstrip("\r")) for number, line in enumerate(words.split("\n"), start=1))
    return [_cookie(number, line) for number, line in lines if _is_cookie(line)]


def _is_cookie(line: str) -> bool:
    return bool(line.strip()) and (not line.startswith("#") or line.startswith(_HTTP_ONLY))


def _cookie(number: int, line: str) -> Cookie:
    fields = line.removeprefix(_HTTP_ONLY).split("\t")
    if len(fields) != _FIELDS or (fields[4] and _END.fullmatch(fields[4]) is None):
        raise BadCookies(text("youtube-cookies-format", line=number))
    try:
        ends_at = datetime.fromtimestamp(float(fields[4] or 0), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadCookies(text("youtube-cookies-format", line=number)) from error
    return Cookie(fields[5], fields[0].lstrip(".").lower(), ends_at if ends_at.timestamp() else None, line)


def _is_ours(cookie: Cookie) -> bool:
    return any(cookie.domain == site or cookie.domain.endswith(f".{site}") for site in _SITES)
