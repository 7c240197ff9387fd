"""yt-dlp's errors as ours: by type where there is one, by wording where there is not."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from yt_dlp.networking.exceptions import HTTPError, ProxyError, SSLError, TransportError
from yt_dlp.utils import ContentTooShortError, DownloadError, GeoRestrictedError, UnsupportedError, UserNotLive

from fetchgram.api import (
    ContentUnavailable,
    DiskFull,
    FetchgramError,
    Reason,
    TemporarilyUnavailable,
    TooLarge,
)
from fetchgram_ytdlp.rates import TURNED_AWAY

REFUSED_HEADER = "X-Fetchgram-Refused"
"""How the way out marks what it refused."""
UNREACHABLE_HEADER = "X-Fetchgram-Unreachable"
"""How it says that nobody answers there, as against a 502 of the site."""
_BUSY = "busy"
_LONGEST_WAIT_S = 24 * 3600.0

# Wording → reason; where yt-dlp 2026.10.26 has each is said behind it. The first that fits wins.
WORDINGS: tuple[tuple[str, Reason], ...] = (
    (r"drm.protected|\bdrm\b", Reason.DRM),  # YoutubeDL.raise_no_formats, InfoExtractor.report_drm
    (r"not a bot", Reason.BOT_CHECK),  # youtube/_video.py: playability reason of the player
    (r"cloudflare anti-bot|captcha", Reason.BOT_CHECK),  # generic.py, common.py
    (r"members.only|join this channel|only available to members|subscribers only", Reason.MEMBERS),  # youtube, twitch
    (r"requires payment|premium members", Reason.MEMBERS),  # youtube: playability reasons of the player
    (r"premieres in|live event will begin|will begin (?:in|shortly)|not started yet", Reason.UPCOMING),  # youtube
    (r"not currently live|live stream|livestream|is offline", Reason.LIVE),  # utils: UserNotLive; twitch, kick
    (r"private video|video is private|(?:account|content|post|playlist) is private", Reason.PRIVATE),  # youtube, vimeo
    (r"confirm your age|age.restrict|inappropriate for some users", Reason.AGE),  # youtube/_video.py
    (r"(?:not|isn't) available (?:in|from) your (?:country|location|region)|geo.?restrict", Reason.GEO),  # common.py
    (r"not made this video available in your country", Reason.GEO),  # youtube/_video.py
    (r"account (?:\w+ ){0,6}(?:terminated|suspended|closed)", Reason.ACCOUNT),  # youtube, twitter
    (r"(?:has|have) been (?:removed|deleted)|was (?:removed|deleted)", Reason.GONE),  # audiomack and many others
    (r"(?:video|content|post|media) (?:is )?(?:unavailable|removed|deleted)", Reason.GONE),  # youtube/_video.py
    (r"does not exist|no longer available|no video found|video not found", Reason.GONE),  # several
    (r"login|log in|sign in|registered users|--cookies|password", Reason.LOGIN),  # common.py: raise_login_required
    (r"ffmpeg could not be found|websocket|rtmpdump|unsupported protocol", Reason.PROTOCOL),  # downloader/
    (r"did not get any data blocks|the downloaded file is empty", Reason.NO_MEDIA),  # downloader/http.py, fragment.py
    (r"unsupported url|no video formats found|no media|requested format", Reason.NO_MEDIA),  # generic.py, YoutubeDL
    (r"no suitable extractor", Reason.NO_MEDIA),  # YoutubeDL.extract_info
)
# Names of extractors, ids and addresses are not what happened.
_NAMES = re.compile(r"^(?:ERROR: )?\[[^\]]+\] (?:\S+: )?|https?://\S+")
# After its own retries yt-dlp keeps only the text of the last error (RetryManager.report_retry).
_STATUS = re.compile(r"HTTP Error (\d{3})")
_CUT = re.compile(r"bytes read|timed? ?out|connection|remote end closed|giving up after", re.IGNORECASE)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_UNREACHABLE = re.compile(
    r"name or service not known|no route to host|network is unreachable|getaddrinfo", re.IGNORECASE
)
_RATE = re.compile(r"has been rate-limited")  # youtube/_video.py
_WRITE = re.compile(r"unable to (?:write data|open for writing)|no space left|disk quota", re.IGNORECASE)


@contextmanager
def told(max_bytes: int) -> Iterator[None]:
    """Raise errors of our tree for those of yt-dlp; bugs pass as they are."""
    try:
        yield
    except FetchgramError:
        raise
    except Exception as error:
        found = translate(error, max_bytes)
        if found is None:
            raise
        raise found from error


def translate(error: BaseException, max_bytes: int = 0) -> FetchgramError | None:
    """Return our error for one that came out of yt-dlp; `None` when it is a bug."""
    chain = list(_chain(error))
    by_type = (_of_type(one, max_bytes) for one in reversed(chain))
    found = next((one for one in by_type if one is not None), None)
    return found or _of_wording(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk from what was raised to what caused it; yt-dlp keeps that in several places."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        one = pending.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        information = getattr(one, "exc_info", None) or (None, None, None)
        pending += [information[1], getattr(one, "cause", None), one.__cause__, one.__context__]


def _of_type(error: BaseException, max_bytes: int) -> FetchgramError | None:
    message = _message(error)
    if isinstance(error, OSError):
        return _of_system(error, max_bytes)
    if isinstance(error, HTTPError):
        return _of_status(error)
    if isinstance(error, ProxyError):
        return _of_proxy(message)
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)
    if reason is not None:
        return ContentUnavailable(reason, message)
    return _of_transport(message) if isinstance(error, TransportError | ContentTooShortError) else None


_REASONS: tuple[tuple[type[BaseException], Reason], ...] = (
    (SSLError, Reason.UNREACHABLE),
    (GeoRestrictedError, Reason.GEO),
    (UserNotLive, Reason.LIVE),
    (UnsupportedError, Reason.NO_MEDIA),
)


def refusal_of(error: HTTPError | ProxyError) -> ContentUnavailable | None:
    """Return our error if it was the way out that said no: by its header, or instead of a tunnel.

    A site can write the header too, which only makes its own link fail.
    """
    if isinstance(error, HTTPError):
        mark = error.response.headers.get(REFUSED_HEADER)
        is_refused = mark is not None and mark != _BUSY
    else:
        tunnel = _TUNNEL.search(str(error))
        mark, is_refused = "a tunnel", tunnel is not None and int(tunnel[1]) == HTTPStatus.FORBIDDEN
    return ContentUnavailable(Reason.FORBIDDEN_ADDRESS, f"the way out refused: {mark}"[:80]) if is_refused else None


def _of_status(error: HTTPError) -> FetchgramError:
    headers, message = error.response.headers, _message(error)
    refusal = refusal_of(error)
    if refusal is not None:
        return refusal
    if error.redirect_loop or headers.get(UNREACHABLE_HEADER) is not None:
        return ContentUnavailable(Reason.UNREACHABLE, message)
    return _of_code(int(error.status), message, headers.get("Retry-After"))


def _of_code(status: int, message: str, retry_after: object = None) -> FetchgramError:
    reasons: Mapping[int, Reason] = {
        HTTPStatus.UNAUTHORIZED: Reason.LOGIN,
        HTTPStatus.FORBIDDEN: Reason.PRIVATE,
        HTTPStatus.NOT_FOUND: Reason.GONE,
        HTTPStatus.GONE: Reason.GONE,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: Reason.GEO,
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return turned_away(message, retry_after)
    is_passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    if is_passing:
        return TemporarilyUnavailable(message, retry_after_s=retry_after_s(retry_after))
    return ContentUnavailable(reasons.get(status, Reason.GONE), message)


_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


def turned_away(message: str, retry_after: object = None) -> TemporarilyUnavailable:
    """Return our error for a site that asks for fewer requests.

    Args:
        message: For the log.
        retry_after: The header `Retry-After`, if there was one.
    """
    return TemporarilyUnavailable(f"{TURNED_AWAY}: {message}", retry_after_s=retry_after_s(retry_after))


def retry_after_s(value: object) -> float | None:
    """Read `Retry-After` (RFC 9110, 10.2.3): seconds or a date."""
    if not isinstance(value, str):
        return None
    if value.strip().isdecimal():  # `isdigit` takes "²" too, which a header may hold and `float` does not read
        return min(float(value), _LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(value)
        return min(max(0.0, (at - at.now(at.tzinfo)).total_seconds()), _LONGEST_WAIT_S)
    except (ValueError, TypeError):
        return None


def _of_proxy(message: str) -> FetchgramError:
    found = _TUNNEL.search(message)
    if found is None:
        return TemporarilyUnavailable(f"the way out does not answer: {message}")
    status = int(found[1])
    if status == HTTPStatus.FORBIDDEN:
        return ContentUnavailable(Reason.FORBIDDEN_ADDRESS, "the way out refused a tunnel")
    if status == HTTPStatus.BAD_GATEWAY:  # how the way out says that nobody answers there
        return ContentUnavailable(Reason.UNREACHABLE, message)
    return TemporarilyUnavailable(message)


def _of_transport(message: str) -> FetchgramError:
    if _UNREACHABLE.search(message):
        return ContentUnavailable(Reason.UNREACHABLE, message)
    return TemporarilyUnavailable(message)


def _of_system(error: OSError, max_bytes: int) -> FetchgramError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(error))
    if error.errno == errno.EFBIG:
        return TooLarge(None, max_bytes)
    return TemporarilyUnavailable(_message(error)) if isinstance(error, TimeoutError | ConnectionError) else None


def _of_wording(error: BaseException) -> FetchgramError | None:
    """Judge by the text; only errors that yt-dlp raises on purpose, the rest are bugs of ours or of an extractor."""
    message = _message(error)
    if not isinstance(error, DownloadError) and not getattr(error, "expected", False):
        return None
    status = _STATUS.search(message)
    if status is not None:
        return _of_code(int(status[1]), message)
    if _TUNNEL.search(message):
        return _of_proxy(message)
    return turned_away(message) if _RATE.search(message) else _of_words(message)


def _of_words(message: str) -> FetchgramError:
    folded = _NAMES.sub("", message).lower()
    found = next((reason for wording, reason in WORDINGS if re.search(wording, folded)), None)
    if found is not None:
        return ContentUnavailable(found, message)
    if _WRITE.search(message):
        return DiskFull(message)
    return _of_transport(message) if _CUT.search(message) else ContentUnavailable(Reason.NO_MEDIA, message)


def _message(error: BaseException) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error))[:500] or type(error).__name__
