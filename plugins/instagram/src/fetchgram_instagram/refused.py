"""instaloader's errors as verdicts: by wording where it is told nowhere else, then by status, then by type."""

from __future__ import annotations

from http import HTTPStatus
from json import JSONDecodeError

import requests
from instaloader import exceptions as ig

from fetchgram_instagram.client import Client, OverBudget
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_ytdlp.failures import retry_after_s

# Where instaloader 4.16 or Instagram has each is said behind it.
_WORDINGS: tuple[tuple[str, Verdict], ...] = (
    ("feedback_required", Verdict.FEEDBACK),  # instaloadercontext.py: _raise_for_status
    ("checkpoint_required", Verdict.CHECKPOINT),  # the same
    ("challenge_required", Verdict.CHECKPOINT),  # the same
    ("logged out", Verdict.LOGGED_OUT),  # instaloadercontext.py: _raise_if_login_redirect
    ("Redirected to login page", Verdict.WALL),  # the same, of those who were not logged in
    ("login_required", Verdict.LOGGED_OUT),  # Instagram, with 403
    # Instagram, with 401, to sessions that go on living: github.com/instaloader/instaloader/issues/2501.
    ("Please wait a few minutes", Verdict.RATE),
    ("Fetching Post metadata failed", Verdict.EMPTY),  # structures.py: _obtain_metadata
    ("private profile", Verdict.PRIVATE),  # structures.py: get_posts
)
_TYPES: tuple[tuple[type[BaseException], Verdict], ...] = (
    (ig.LoginRequiredException, Verdict.LOGIN),
    (ig.PrivateProfileNotFollowedException, Verdict.PRIVATE),
    (ig.ProfileNotExistsException, Verdict.GONE),
    (ig.QueryReturnedNotFoundException, Verdict.GONE),
    (ig.PostChangedException, Verdict.GONE),
    (ig.BadResponseException, Verdict.BROKEN),
    (ig.QueryReturnedBadRequestException, Verdict.BROKEN),
    (ig.AbortDownloadException, Verdict.BROKEN),
    # What instaloader raises by itself where an answer has other fields than it expects.
    (LookupError, Verdict.BROKEN),
    (TypeError, Verdict.BROKEN),
    (ValueError, Verdict.BROKEN),
    (AttributeError, Verdict.BROKEN),
    (AssertionError, Verdict.BROKEN),
)
_HTML = "<"


def refusal_of(error: BaseException, client: Client) -> Refusal | None:
    """Return why something was not given; `None` when the error is nothing of instaloader's."""
    if isinstance(error, OverBudget):
        return Refusal(verdict=Verdict.RATE, message=str(error), wait_s=error.wait_s)
    verdict = _verdict_of(error, client)
    if verdict is None:
        return None
    wait_s = retry_after_s(client.retry_after) if verdict is Verdict.RATE else None
    # Without the query, which holds more than anybody needs in a log.
    message = f"{type(error).__name__}: {error}".partition("?")[0]
    return Refusal(verdict=verdict, message=message[:300], wait_s=wait_s)


def _verdict_of(error: BaseException, client: Client) -> Verdict | None:
    worded = next((verdict for words, verdict in _WORDINGS if words in str(error)), None)
    typed = next((verdict for kind, verdict in _TYPES if isinstance(error, kind)), None)
    if worded or typed:
        return worded or typed
    if isinstance(error, ig.ConnectionException | requests.RequestException):
        return _of_connection(error, client)
    return Verdict.BROKEN if isinstance(error, ig.InstaloaderException) else None


def _of_connection(error: BaseException, client: Client) -> Verdict:
    cause = error.__cause__
    if isinstance(cause, JSONDecodeError):
        # A page instead of data is the one that asks to log in.
        return Verdict.WALL if cause.doc.lstrip().startswith(_HTML) else Verdict.GARBLED
    match client.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Verdict.RATE
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Verdict.LOGGED_OUT if client.is_logged_in else Verdict.WALL
        case _:
            return Verdict.UNREACHABLE
