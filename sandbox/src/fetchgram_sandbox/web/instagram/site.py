"""The emulated Instagram: pages, its interfaces, logins and media, by host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from fetchgram_sandbox.streaming import Body, send
from fetchgram_sandbox.web.instagram import login, pages
from fetchgram_sandbox.web.instagram.accounts import CSRF, Account, some_accounts
from fetchgram_sandbox.web.instagram.pictures import recipe
from fetchgram_sandbox.web.instagram.posts import (
    PROFILES,
    SHARED,
    find,
    find_by_media_id,
    find_reel,
)
from fetchgram_sandbox.web.instagram.queries import FOR_VISITORS, QUERIES
from fetchgram_sandbox.web.instagram.shapes import is_shown, media_of, reel_of, web_profile_of
from fetchgram_sandbox.web.instagram.troubles import LOGIN, RULINGS, Trouble, failed, refusal
from fetchgram_sandbox.web.kitchen import Kitchen
from fetchgram_sandbox.web.site import Handler, Sample

HOME = "https://www.instagram.com"
_SAMPLES = (
    Sample("An Instagram reel", f"{HOME}/reel/Creel000001/"),
    Sample("A picture", f"{HOME}/p/Cpicture001/"),
    Sample("A carousel", f"{HOME}/p/Cmixed00001/"),
    Sample("A carousel of fourteen", f"{HOME}/p/Cmany000014/"),
    Sample("A profile", f"{HOME}/sandbox.band/"),
    Sample("A private post", f"{HOME}/p/Cprivate001/"),
)
_POST_PAGES = frozenset({"p", "reel", "reels", "tv"})
_MIMES = {"jpg": "image/jpeg", "mp4": "video/mp4"}


class Instagram:
    """Answers for Instagram's hosts.

    Args:
        kitchen: Makes the clips.

    Attributes:
        accounts: Who may log in, by name; what is changed in them counts from the next request on.
        visitors_trouble: How everybody without a session is refused; set at any time.
        spoilt: Names of media whose next request is refused, as by an address that is no longer good.
    """

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen
        self.reset()

    def reset(self) -> None:
        """Undo what was changed in accounts and treatment."""
        self.accounts: dict[str, Account] = some_accounts()
        self.visitors_trouble: Trouble | None = None
        self.spoilt: list[str] = []

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Who answers for each host."""
        return {"www.instagram.com": self._answer, "instagram.com": self._answer, "*.cdninstagram.com": self._media}

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Links to try."""
        return _SAMPLES

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        response = await self._page(request)
        if isinstance(response, web.Response) and "csrftoken" not in response.cookies:
            response.set_cookie("csrftoken", CSRF, domain=".instagram.com")
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        steps = request.path.strip("/").split("/")
        match steps:
            case ["graphql", "query"] | ["api", "graphql"]:
                return await self._query(request)
            case ["api", "v1", "web", "accounts", "login", "ajax"]:
                return login.answer_password(self.accounts, await _form(request))
            case ["accounts", "login", "ajax", "two_factor"]:
                return login.answer_code(self.accounts, await _form(request))
            case ["api", "v1", *rest]:
                return self._interface(request, rest)
            case _:
                return self._shown(request, steps)

    def _shown(self, request: web.Request, steps: list[str]) -> web.StreamResponse:
        account = self._account(request)
        match steps:
            case [""]:
                return pages.start_page(account.user_id if account else None)
            case ["accounts", "login"]:
                return pages.login_page()
            case [kind, code, *_] if kind in _POST_PAGES:
                return self._post(code)
            case ["stories", user, *_] if (page := pages.story_page(user)) is not None:
                return page if account else _redirect(LOGIN)
            case ["share", *_, last] if last == SHARED:
                return _redirect(f"{HOME}/reel/Creel000001/?igsh=shared")
            case [name] if (profile := PROFILES.get(name)) is not None:
                return refusal(self.visitors_trouble) or pages.profile_page(profile)
        raise web.HTTPNotFound

    def _post(self, code: str) -> web.StreamResponse:
        post = find(code)
        if post is None:
            raise web.HTTPNotFound
        if post.trouble in (Trouble.LOGGED_OUT, Trouble.UNAUTHORIZED):
            return _redirect(LOGIN)
        throttled = post.trouble in (Trouble.TOO_MANY, Trouble.TOO_MANY_FOR_NOW)
        return (refusal(post.trouble) if throttled else None) or pages.post_page(post)

    async def _query(self, request: web.Request) -> web.StreamResponse:
        asked = await _form(request) if request.method == "POST" else dict(request.query)
        name, variables = asked.get("doc_id") or asked.get("query_hash") or "", json.loads(asked["variables"])
        account, query = self._account(request), QUERIES.get(name)
        if query is None:
            return failed(HTTPStatus.BAD_REQUEST, f"no such query: {name}")
        if refused := self._refusal(request, account, open_to_visitors=name in FOR_VISITORS):
            return refused
        post = find(str(variables.get("shortcode", "")))
        if post is not None and post.trouble is not None and (refused := refusal(post.trouble)):
            return refused
        answer: dict[str, object] = {"data": query(variables, account)}
        return web.json_response(answer if request.path.startswith("/api") else {**answer, "status": "ok"})

    def _interface(self, request: web.Request, steps: list[str]) -> web.StreamResponse:
        """Answer the interface that phones and yt-dlp use."""
        account = self._account(request)
        match steps:
            case ["web", "get_ruling_for_content"]:
                return _ruling(request.query.get("target_id", ""))
            case ["media", media_id, "info"]:
                return self._refusal(request, account) or _media_info(media_id, account)
            case ["feed", "reels_media"]:
                return self._refusal(request, account) or _reels(request.query.get("reel_ids", ""))
            case ["users", "web_profile_info"]:
                return self._refusal(request, account) or _web_profile(request.query.get("username", ""))
            case _:
                return failed(HTTPStatus.NOT_FOUND, f"no such interface: {request.path}")

    def _refusal(
        self, request: web.Request, account: Account | None, *, open_to_visitors: bool = False
    ) -> web.StreamResponse | None:
        """Return how a request for data is refused because of who asks."""
        if request.cookies.get("sessionid") and account is None:
            return _redirect(LOGIN)
        if account is not None:
            return refusal(account.trouble) if account.trouble else None
        trouble = self.visitors_trouble if open_to_visitors else Trouble.UNAUTHORIZED
        return refusal(trouble) if trouble else None

    def _account(self, request: web.Request) -> Account | None:
        session_id = request.cookies.get("sessionid")
        return next((each for each in self.accounts.values() if each.session_id == session_id), None)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        made = recipe(name)
        if made is None:
            raise web.HTTPNotFound
        if request.method == "GET" and name in self.spoilt:
            self.spoilt.remove(name)
            raise web.HTTPForbidden
        return await send(request, Body(await self._kitchen.clip(name, made)), _MIMES[name.partition(".")[2]])


def _ruling(media_id: str) -> web.StreamResponse:
    post = find_by_media_id(media_id)
    ruling = RULINGS.get(post.trouble) if post is not None and post.trouble else None
    words = {"title": ruling.title, "description": ruling.description} if ruling else {}
    return web.json_response({**words, "status": "ok"})


def _media_info(media_id: str, account: Account | None) -> web.StreamResponse:
    post = find_by_media_id(media_id)
    if post is None or not is_shown(post, follows=account.follows if account else None):
        return failed(HTTPStatus.BAD_REQUEST, "Media not found or unavailable")
    return web.json_response({"items": [media_of(post)], "status": "ok"})


def _web_profile(username: str) -> web.StreamResponse:
    profile = PROFILES.get(username)
    if profile is None:
        return failed(HTTPStatus.NOT_FOUND, "")
    return web.json_response({"data": {"user": web_profile_of(profile)}, "status": "ok"})


def _reels(reel_id: str) -> web.StreamResponse:
    reel = find_reel(reel_id)
    return web.json_response({"reels": {reel_id: reel_of(reel)} if reel else {}, "status": "ok"})


def _redirect(url: str) -> web.StreamResponse:
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": url})


async def _form(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
