"""What runs in the isolated child to log in: once, by hand; nothing here is ever called by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

import requests
from instaloader.exceptions import InstaloaderException, LoginException, TwoFactorAuthRequiredException

from fetchgram.api import ConfigError, Json, TemporarilyUnavailable
from fetchgram_instagram.client import Client

Report: TypeAlias = Callable[[Json], None]
Payload: TypeAlias = Mapping[str, Json]

_ENOUGH = 10
"""Requests that a login takes, and some."""


def log_in(payload: Payload, _report: Report) -> Json:
    """Log in with `username` and `password`.

    Returns:
        `cookies`, or `pending` where a code is asked for: what `confirm` needs.

    Raises:
        ConfigError: With Instagram's own words.
    """
    client, username = _client(payload), str(payload["username"])
    try:
        _tell(lambda: client.login(username, str(payload["password"])))
    except TwoFactorAuthRequiredException:
        session, _, identifier = cast("tuple[requests.Session, str, str]", client.two_factor_auth_pending)
        return {"pending": {"cookies": _cookies(session), "identifier": str(identifier)}}
    return {"cookies": cast("Json", client.save_session())}


def confirm(payload: Payload, _report: Report) -> Json:
    """Send the `code` of the second factor for what `log_in` left `pending`.

    Returns:
        `cookies`.

    Raises:
        ConfigError: With Instagram's own words.
    """
    client, pending = _client(payload), cast("dict[str, Json]", payload["pending"])
    session = client.get_anonymous_session()
    cookies = cast("dict[str, str]", pending["cookies"])
    session.cookies.update(cookies)
    session.headers["X-CSRFToken"] = cookies["csrftoken"]
    begun = (session, str(payload["username"]), str(pending["identifier"]))
    client.two_factor_auth_pending = begun  # type: ignore[assignment]  # instaloader says that it is always `None`
    _tell(lambda: client.two_factor_login(str(payload["code"])))
    return {"cookies": cast("Json", client.save_session())}


def name_of(payload: Payload, _report: Report) -> Json:
    """Return the name of the account that `cookies` belong to; `None` when they no longer log in."""
    cookies = cast("dict[str, str]", payload["cookies"])
    return _client(payload, cookies).test_login()


def _client(payload: Payload, cookies: Mapping[str, str] | None = None) -> Client:
    name = "somebody" if cookies else ""
    return Client(name, cookies or {}, budget=_ENOUGH, timeout_s=cast("float", payload["timeout_s"]))


def _tell(work: Callable[[], None]) -> None:
    try:
        work()
    except TwoFactorAuthRequiredException:
        raise
    except (LoginException, InstaloaderException, LookupError, ValueError) as error:
        raise ConfigError(str(error) or type(error).__name__) from None
    except requests.RequestException as error:
        raise TemporarilyUnavailable(f"Instagram does not answer: {type(error).__name__}") from None


def _cookies(session: requests.Session) -> dict[str, Json]:
    return {str(cookie.name): cookie.value for cookie in session.cookies}
