"""The pages of the emulated Instagram: data in scripts, as its web application reads them."""

from __future__ import annotations

import json

from aiohttp import web

from fetchgram_sandbox.web.instagram.posts import PROFILES, Post, Profile, profile_by_id
from fetchgram_sandbox.web.instagram.shapes import Data, changed, gated, is_shown, profile_of, timeline_of
from fetchgram_sandbox.web.instagram.troubles import Trouble

_TOKENS = '["LSD",[],{"token":"sandbox-lsd"},323] "IG_USER_EIMU":"0"'
_SESSION_TOKENS = '["DTSGInitialData",[],{"token":"sandbox-dtsg"},258] ["LSD",[],{"token":"sandbox-lsd"},323] '


def start_page(user_id: str | None) -> web.StreamResponse:
    """Return the start page with the tokens that queries have to bring."""
    tokens = f'{_SESSION_TOKENS}"IG_USER_EIMU":"{user_id}"' if user_id else _TOKENS
    return _html(f"<script>{tokens}</script>")


def login_page() -> web.StreamResponse:
    """Return the page that asks to log in."""
    return _html("<p>Log in to see photos and videos.")


def post_page(post: Post) -> web.StreamResponse:
    """Return the page of a post as visitors see it."""
    media = gated(post, shown=is_shown(post, follows=None))
    if media is not None and post.trouble is Trouble.CHANGED_EVERYWHERE:
        media = changed(media)
    return _embedding({"xig_polaris_media": media})


def profile_page(profile: Profile) -> web.StreamResponse:
    """Return the page of a profile as visitors see it."""
    posts = timeline_of(profile, None, whole=False) if not profile.is_private else {"edges": [], "page_info": {}}
    data = {**profile_of(profile), "polaris_ordered_timeline_connection": posts}
    return _embedding({"xig_user_by_username": data})


def story_page(user: str) -> web.StreamResponse | None:
    """Return the page of stories; of a highlight, whose owner the address does not name, its owner's."""
    profile = PROFILES.get(user) if user != "highlights" else profile_by_id("8001")
    if profile is None:
        return None
    return _html(f'<script>{{"user":{{"pk":"{profile.user_id}","username":"{profile.username}"}}}}</script>')


def _embedding(data: Data) -> web.StreamResponse:
    """Wrap the answer of a query as the server does that has sent it with the page."""
    answer = {"__bbox": {"result": {"data": data}}}
    cached = {"__bbox": {"require": [["RelayPrefetchedStreamCache", "next", [], ["key", answer]]]}}
    script = {"require": [["ScheduledServerJS", "handle", None, [cached]]]}
    return _html(f'<script type="application/json" data-sjs>{json.dumps(script)}</script>')


def _html(body: str) -> web.StreamResponse:
    return web.Response(text=f"<!doctype html><title>Sandbox</title>{body}", content_type="text/html")
