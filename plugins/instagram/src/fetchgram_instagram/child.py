"""What runs in the isolated child: ask Instagram about a link. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, cast

from instaloader.exceptions import InstaloaderException
from requests import RequestException

from fetchgram.api import Json, Link, LinkKind, Word, decode, encode
from fetchgram_instagram.client import Client
from fetchgram_instagram.finder import find, page_of
from fetchgram_instagram.finds import Find, Item, Refusal, Verdict
from fetchgram_instagram.reasons import why_empty
from fetchgram_instagram.refused import refusal_of
from fetchgram_instagram.session_files import read_cookies

Payload: TypeAlias = Mapping[str, Json]
Report: TypeAlias = Callable[[Json], None]

_ASKED_AT_ONCE = 6
_POSTS = frozenset({LinkKind.POST, LinkKind.REEL})


def look(payload: Payload, _report: Report) -> Json:
    """Return an encoded `Find` or `Refusal`, and how many requests it took."""
    link = _link(payload)
    with closing(_client(payload)) as client:
        found = _answered(client, lambda: _sized(client, find(client, link)))
        if isinstance(found, Refusal) and found.verdict is Verdict.EMPTY and link.kind in _POSTS:
            found = _answered(client, lambda: why_empty(client, link.media_id.partition("/")[0]))
        return _result(client, found)


def list_posts(payload: Payload, _report: Report) -> Json:
    """Return an encoded `PostPage` or `Refusal`, and how many requests it took."""
    username = _link(payload).media_id.partition("/")[0]
    cursor = cast("str | None", payload["cursor"])
    with closing(_client(payload)) as client:
        return _result(client, _answered(client, lambda: page_of(client, username, cursor)))


def _answered(client: Client, ask: Callable[[], Word]) -> Word:
    try:
        return ask()
    except Exception as error:
        refusal = refusal_of(error, client)
        if refusal is None:
            raise
        return refusal


def _result(client: Client, found: Word) -> Json:
    kind = "refusal" if isinstance(found, Refusal) else "found"
    return {kind: encode(found), "asked": client.asked}


def _sized(client: Client, found: Find) -> Find:
    """Ask the media server how large each file is; it counts for no rate."""
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        return replace(found, items=tuple(pool.map(lambda item: _with_size(client, item), found.items)))


def _with_size(client: Client, item: Item) -> Item:
    try:
        headers = client.head(item.film_url or item.picture_url, allow_redirects=True).headers
        return replace(item, size_bytes=int(headers["Content-Length"]))
    except (InstaloaderException, RequestException, LookupError, ValueError):
        return item


def _client(payload: Payload) -> Client:
    session = cast("dict[str, str] | None", payload["session"])
    cookies = read_cookies(Path(session["path"])) if session else {}
    return Client(
        session["name"] if session else "",
        cookies,
        budget=cast("int", payload["budget"]),
        timeout_s=cast("float", payload["timeout_s"]),
    )


def _link(payload: Payload) -> Link:
    return decode(Link, cast("dict[str, Json]", payload["link"]))
