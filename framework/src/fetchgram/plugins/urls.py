"""Links as people write them, made into URLs that are safe to hand to plugins."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

from fetchgram.errors import UnsupportedLink
from fetchgram.model import text

LONGEST = 2048
"""Characters; longer ones are never links to media, and sites refuse them."""

_SCHEMES = {"http": 80, "https": 443}
_BARE = re.compile(r"(?:[^\s/?#:@\\]+\.)+[^\s/?#:@\\.]{2,}\.?(?::\d{1,5})?(?:[/?#]|$)")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SMUGGLED = "__youtubedl_smuggle"
"""yt-dlp reads instructions to itself from such a fragment (`unsmuggle_url`)."""

_PATH_SAFE = "/%:@!$&'()*+,;=~[]|"
_QUERY_SAFE = _PATH_SAFE + "?"

_LINK = re.compile(
    r"""(?:https?://|(?<![\w@./])www\.(?=\w)|(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?=/\S))"""
    r"""(?:(?!(?<=[^\s=/?&:#%])https?://)[^\s<>"«»“”])+""",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?'*_~`’…"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def normalise_url(written: str) -> str:
    """Return the URL in a canonical form.

    `https://` is added to a bare domain, user names, passwords and yt-dlp's own instructions are dropped, an
    international host is written in ASCII.

    Raises:
        UnsupportedLink: If it is no link to the web.
    """
    stripped = written.strip()
    if not 0 < len(stripped) <= LONGEST or "\\" in stripped or any(map(_is_refused, stripped)):
        raise _not_a_link("empty, too long, or with characters that no URL has")
    try:
        parts = urlsplit(_with_scheme(stripped))
        return _shortened(_rebuilt(parts))
    except (ValueError, UnicodeError) as error:
        raise _not_a_link(str(error)) from error


def find_links(message: str) -> list[str]:
    """Find the links in plain text, each once, in their order, without the punctuation after them."""
    found = (_without_trailing(match[0]) for match in _LINK.finditer(message))
    return list(dict.fromkeys(link for link in found if "." in link or ":" in link.partition("://")[2]))


def _not_a_link(why: str) -> UnsupportedLink:
    return UnsupportedLink(f"not a link: {why}", told=text("not-a-link"))


def _is_refused(char: str) -> bool:
    return char in _BIDI_CONTROLS or unicodedata.category(char) in _REFUSED


def _with_scheme(written: str) -> str:
    if written.startswith("//"):
        return f"https:{written}"
    if "://" not in written.partition("?")[0] and _BARE.match(written):
        return f"https://{written}"
    return written


def _rebuilt(parts: SplitResult) -> str:
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES:
        raise ValueError(f"scheme {scheme!r}")
    port = parts.port
    host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    netloc = host if port in {None, _SCHEMES[scheme]} else f"{host}:{port}"
    fragment = "" if _SMUGGLED in parts.fragment else quote(parts.fragment, safe=_QUERY_SAFE)
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    return urlunsplit((scheme, netloc, path, quote(parts.query, safe=_QUERY_SAFE), fragment))


def _host(written: str, *, bracketed: bool) -> str:
    if bracketed:
        address = ipaddress.IPv6Address(written)
        if address.scope_id is not None:
            raise ValueError("an address of one machine's own network card")
        return f"[{address.compressed}]"
    host = written.removesuffix(".")
    if not host.isascii():
        # UTS 46 maps what looks like a dot or a digit to one, as browsers do.
        host = idna.encode(host, uts46=True).decode("ascii")
    host = host.lower()
    if not _HOST.fullmatch(host):
        raise ValueError(f"host {written!r}")
    return host


def _shortened(url: str) -> str:
    if len(url) > LONGEST:
        raise ValueError("too long")
    return url


def _without_trailing(link: str) -> str:
    while link:
        last = link[-1]
        opening = _BRACKETS.get(last)
        unbalanced = opening is not None and link.count(last) > link.count(opening)
        if last not in _TRAILING and not unbalanced:
            break
        link = link[:-1]
    return link
