"""What the emulated Instagram answers to GraphQL queries, which clients name by numbers and hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from fetchgram_sandbox.web.instagram.accounts import Account
from fetchgram_sandbox.web.instagram.posts import PROFILES, find, find_by_media_id, find_reel, profile_by_id
from fetchgram_sandbox.web.instagram.shapes import Data, changed, gated, is_shown, media_of, profile_of, story_of
from fetchgram_sandbox.web.instagram.shapes import timeline_of as timeline
from fetchgram_sandbox.web.instagram.troubles import Trouble

Variables: TypeAlias = Mapping[str, object]
Query: TypeAlias = Callable[[Variables, Account | None], Data]

_CHANGED = frozenset({Trouble.CHANGED, Trouble.CHANGED_EVERYWHERE})


def _post(variables: Variables, account: Account | None) -> Data:
    post = find(str(variables["shortcode"]))
    if post is None or not is_shown(post, follows=account.follows if account else None):
        return {"xdt_api__v1__media__shortcode__web_info": {"items": []}}
    media = {**media_of(post), "code": variables["shortcode"]}
    items = [changed(media) if post.trouble in _CHANGED else media]
    return {"xdt_api__v1__media__shortcode__web_info": {"items": items}}


def _visitors_post(variables: Variables, _account: Account | None) -> Data:
    post = find_by_media_id(str(variables["media_id"]))
    return {"xig_polaris_media": gated(post, shown=post is not None and is_shown(post, follows=None))}


def _profile(variables: Variables, account: Account | None) -> Data:
    profile = profile_by_id(str(variables["id"]))
    if profile is None:
        return {"user": None}
    follows = account is not None and profile.username in account.follows
    return {"user": {**profile_of(profile), "friendship_status": {"following": follows}}}


def _visitors_posts(variables: Variables, _account: Account | None) -> Data:
    profile = profile_by_id(str(variables["id"]).removeprefix("node-"))
    after = cast("str | None", variables.get("after"))
    page = timeline(profile, after, whole=False) if profile is not None else None
    return {"node": {"polaris_ordered_timeline_connection": page}}


def _posts(variables: Variables, _account: Account | None) -> Data:
    profile = PROFILES[str(variables["username"])]
    page = timeline(profile, cast("str | None", variables.get("after")), whole=True)
    return {"xdt_api__v1__feed__user_timeline_graphql_connection": page}


def _stories(variables: Variables, _account: Account | None) -> Data:
    ids = cast("list[object]", variables.get("reel_ids") or variables.get("highlight_reel_ids") or [])
    reels = (find_reel(str(each)) for each in ids)
    return {"reels_media": [story_of(reel) for reel in reels if reel is not None]}


def _myself(_variables: Variables, account: Account | None) -> Data:
    return {"user": {"id": account.user_id, "username": account.username} if account else None}


QUERIES: Mapping[str, Query] = {
    "27128499623469141": _post,
    "27130156389949648": _visitors_post,
    "27937681195819736": _profile,
    "28904005159232689": _visitors_posts,
    "29104886249145907": _posts,
    "303a4ae99711322310f25250d988f3b7": _stories,
    "45246d3fe16ccc6577e0bd297a5db1ab": _stories,
    "d6f4427fbe92d846298cf93df0b937d3": _myself,
}
"""By `doc_id` or `query_hash`."""
FOR_VISITORS = frozenset({"27128499623469141", "27130156389949648", "28904005159232689"})
"""Those that are answered without a session."""
