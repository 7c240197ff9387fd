"""URLs: told apart by their suffix, normalised, and named by a short hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from fetchgram.api import ChoiceKind

MAX_LENGTH = 4096
SMUGGLE = "__youtubedl_smuggle"
"""With this in a fragment yt-dlp takes instructions from the URL (GHSA-3ch3-jhc6-5r8x)."""

FILE_KINDS: Mapping[str, ChoiceKind] = MappingProxyType(
    dict.fromkeys(("mp4", "m4v", "mov", "webm", "mkv", "avi", "flv", "ts", "3gp", "mpg", "mpeg"), ChoiceKind.VIDEO)
    | dict.fromkeys(("mp3", "m4a", "aac", "ogg", "oga", "opus", "flac", "wav"), ChoiceKind.AUDIO)
    | dict.fromkeys(("jpg", "jpeg", "png", "webp", "gif"), ChoiceKind.IMAGE)
)
"""What a fetched file may be called (GHSA-79w7-vh3h-8g4j, GHSA-c6mh-fpjc-4pr3), and what is in it."""
UNKNOWN_SUFFIX = "bin"
"""What anything else is called."""
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "video/mp4": "mp4",
        "video/webm": "webm",
        "video/quicktime": "mov",
        "video/x-matroska": "mkv",
        "video/mp2t": "ts",
        "audio/mpeg": "mp3",
        "audio/mp4": "m4a",
        "audio/x-m4a": "m4a",
        "audio/aac": "aac",
        "audio/ogg": "ogg",
        "audio/opus": "opus",
        "audio/flac": "flac",
        "audio/x-flac": "flac",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "image/gif": "gif",
    }
)
"""By the type that a server states."""
MANIFESTS = frozenset({"m3u8", "mpd"})

_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs(?:enc|mi)|ref_src|ref_url)$")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def split_link(url: str) -> SplitResult | None:
    """Return the parts of a link that we may take; `None` for anything else."""
    if len(url) > MAX_LENGTH or SMUGGLE in unquote(url) or any(ord(letter) <= ord(" ") for letter in url):
        return None
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        return None
    return parts if is_web else None


def canonical(parts: SplitResult) -> str:
    """Return the URL with its host in small letters, without a default port and without tracking."""
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
    netloc = parts.netloc if "@" in parts.netloc else host
    return urlunsplit((parts.scheme, netloc, parts.path or "/", _without_tracking(parts.query), parts.fragment))


def suffix_of(parts: SplitResult) -> str:
    """Return the suffix of the path, in small letters and without its dot."""
    return PurePosixPath(unquote(parts.path)).suffix.lower().removeprefix(".")


def digest(url: str) -> str:
    """Return a short name for a URL: 24 hex digits."""
    return hashlib.blake2b(url.encode(), digest_size=12).hexdigest()


def _without_tracking(query: str) -> str:
    """Leave a query as it is spelled, since some are signed, unless there is something to take out."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(_TRACKING.match(key) for key, _ in pairs):
        return query
    return urlencode([(key, value) for key, value in pairs if not _TRACKING.match(key)])
