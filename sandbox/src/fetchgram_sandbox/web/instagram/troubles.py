"""What can go wrong on the emulated Instagram; statuses and messages as instaloader's issues and source have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from aiohttp import web

LOGIN = "https://www.instagram.com/accounts/login/"
PLEASE_WAIT = "Please wait a few minutes before you try again."
_WALL = "<!doctype html><title>Login • Instagram</title><p>Log in to see photos and videos."
_TRUNCATED = '{"data":{"xdt_api__v1__media__shortcode__web_info":{"items":[{"code":"C'


class Trouble(StrEnum):
    """How the site refuses, or what is wrong with its answers."""

    UNAUTHORIZED = "unauthorized"
    LOGGED_OUT = "logged_out"
    CHECKPOINT = "checkpoint"
    FEEDBACK = "feedback"
    TOO_MANY = "too_many"
    TOO_MANY_FOR_NOW = "too_many_for_now"
    LOGIN_PAGE = "login_page"
    TRUNCATED = "truncated"
    CHANGED = "changed"
    CHANGED_EVERYWHERE = "changed_everywhere"
    PRIVATE = "private"
    AGE = "age"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the site says about content that not everybody may see."""

    title: str
    description: str


RULINGS = {
    Trouble.AGE: Ruling("Restricted Video", "You must be 18 years old or over to see this video."),
    Trouble.REGION: Ruling("Content unavailable", "This content is not available in your country."),
}


def refusal(trouble: Trouble | None) -> web.StreamResponse | None:
    """Return the answer to a request for data that is refused so; `None` if it is answered after all."""
    answer = _ANSWERS.get(trouble) if trouble else None
    return answer() if answer else None


def failed(
    status: HTTPStatus, message: str, headers: dict[str, str] | None = None, **more: object
) -> web.StreamResponse:
    """Return the JSON that the site refuses with."""
    return web.json_response({"message": message, "status": "fail", **more}, status=status, headers=headers)


_ANSWERS: Mapping[Trouble, Callable[[], web.StreamResponse]] = {
    Trouble.UNAUTHORIZED: lambda: failed(HTTPStatus.UNAUTHORIZED, PLEASE_WAIT, require_login=True),
    Trouble.LOGGED_OUT: lambda: web.Response(status=HTTPStatus.FOUND, headers={"Location": LOGIN}),
    Trouble.CHECKPOINT: lambda: failed(HTTPStatus.BAD_REQUEST, "checkpoint_required", lock=True),
    Trouble.FEEDBACK: lambda: failed(HTTPStatus.BAD_REQUEST, "feedback_required", spam=True),
    Trouble.TOO_MANY: lambda: failed(HTTPStatus.TOO_MANY_REQUESTS, PLEASE_WAIT),
    Trouble.TOO_MANY_FOR_NOW: lambda: failed(HTTPStatus.TOO_MANY_REQUESTS, PLEASE_WAIT, {"Retry-After": "120"}),
    Trouble.LOGIN_PAGE: lambda: web.Response(text=_WALL, content_type="text/html"),
    Trouble.TRUNCATED: lambda: web.Response(text=_TRUNCATED, content_type="application/json"),
}
