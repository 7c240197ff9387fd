"""Which links are Instagram's, and what they lead to: pure functions over the URL alone."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit

from fetchgram.api import Link, LinkKind

PLUGIN = "instagram"
HOME = "https://www.instagram.com"
ITEM_HINT = "img_index"
"""Instagram's own parameter: the place in a carousel, from 1."""

_HOSTS = frozenset({"instagram.com", "www.instagram.com", "m.instagram.com", "instagr.am", "www.instagr.am"})
_POSTS: Mapping[str, tuple[LinkKind, str]] = MappingProxyType(
    {
        "p": (LinkKind.POST, "p"),
        "tv": (LinkKind.POST, "tv"),
        "reel": (LinkKind.REEL, "reel"),
        "reels": (LinkKind.REEL, "reel"),
    }
)
# A post of a private account has 28 characters more (yt_dlp/extractor/instagram.py).
_CODE = re.compile(r"[A-Za-z0-9_-]{5,64}")
_USERNAME = re.compile(r"(?!.*\.\.)(?![.])[A-Za-z0-9_.]{1,30}(?<!\.)")
_NUMBER = re.compile(r"\d{5,25}")
_ITEM = re.compile(r"[1-9]\d?")
_SHARED = re.compile(r"[A-Za-z0-9_-]{5,64}")
_HIGHLIGHT = re.compile(r"highlight:(\d{5,25})")
_RESERVED = re.compile(
    r"about|accounts|api|archive|ar|blog|business|challenge|data|developer|developers|direct|directory|download|emails|"
    r"explore|fragment|graphql|legal|lite|nametag|oauth|p|press|privacy|push|qr|reel|reels|s|session|share|static|"
    r"stories|terms|topics|tv|web",
    re.IGNORECASE,
)
"""First parts of a path that are no profile's name."""
_TABS = frozenset({"reels", "tagged", "channel", "feed", "followers", "following"})


def claim(url: str, mirrors: Collection[str] = ()) -> Link | None:
    """Return what a URL leads to; `None` when it is not Instagram's, or leads to nothing that can be fetched.

    Args:
        url: As it was sent.
        mirrors: Further hosts whose addresses are Instagram's with another host.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _is_ours(host, mirrors):
        return None
    steps = [step for step in unquote(parts.path).split("/") if step]
    query = parse_qs(parts.query)
    return _of_steps(steps, query.get(ITEM_HINT, [""])[0])


def item_link(link: Link, place: int) -> Link:
    """Return the link to one item of a carousel, which is a thing of its own.

    Args:
        link: Of the post.
        place: From 1.
    """
    code = link.media_id.partition("/")[0]
    url = f"{link.url.partition('?')[0]}?{ITEM_HINT}={place}"
    return Link(plugin=PLUGIN, kind=LinkKind.POST, media_id=f"{code}/{place}", url=url)


def is_username(text: str) -> bool:
    """Tell whether somebody may be called so."""
    return _USERNAME.fullmatch(text) is not None


def _is_ours(host: str, mirrors: Collection[str]) -> bool:
    return host in _HOSTS or any(host == mirror or host.endswith(f".{mirror}") for mirror in mirrors)


def _of_steps(steps: list[str], item: str) -> Link | None:
    match steps:
        case ["share", *_, last]:
            return _link(LinkKind.MEDIA, f"share/{last}", "/".join(steps)) if _SHARED.fullmatch(last) else None
        case ["stories", "highlights", number, *_]:
            return _highlight(number)
        case ["s", packed, *_]:
            return _highlight(_unpacked(packed))
        case ["stories", user, *rest]:
            return _story(user, rest[0] if rest else "")
        case _:
            return _of_profile(steps, item)


def _of_profile(steps: list[str], item: str) -> Link | None:
    """Claim a post, whose address may begin with its profile, or the profile itself."""
    match steps:
        case [kind, code, *_] if kind in _POSTS:
            return _post(kind, code, item)
        case [user, kind, code, *_] if kind in _POSTS and _is_name(user):
            return _post(kind, code, item)
        case [user, *tab] if _is_name(user) and set(tab) <= _TABS:
            return _link(LinkKind.PROFILE, user.lower(), user.lower())
        case _:
            return None


def _post(kind: str, code: str, item: str) -> Link | None:
    if _CODE.fullmatch(code) is None or (kind == "reels" and code == "audio"):
        return None
    name, step = _POSTS[kind]
    hints = {ITEM_HINT: item} if _ITEM.fullmatch(item) else {}
    return _link(name, code, f"{step}/{code}", hints)


def _story(user: str, number: str) -> Link | None:
    if not is_username(user) or (number and _NUMBER.fullmatch(number) is None):
        return None
    name = f"{user.lower()}/{number}" if number else user.lower()
    return _link(LinkKind.STORY, f"stories/{name}", f"stories/{name}")


def _highlight(number: str) -> Link | None:
    if _NUMBER.fullmatch(number) is None:
        return None
    return _link(LinkKind.HIGHLIGHT, f"highlights/{number}", f"stories/highlights/{number}")


def _unpacked(packed: str) -> str:
    """Read what the address of a shared highlight holds: base64 of `highlight:` and its number."""
    try:
        text = base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_").decode()
    except (binascii.Error, ValueError):
        return ""
    found = _HIGHLIGHT.fullmatch(text)
    return found[1] if found else ""


def _is_name(user: str) -> bool:
    return is_username(user) and _RESERVED.fullmatch(user) is None


def _link(kind: LinkKind, media_id: str, path: str, hints: Mapping[str, str] | None = None) -> Link:
    return Link(plugin=PLUGIN, kind=kind, media_id=media_id, url=f"{HOME}/{path}/", hints=hints or {})
