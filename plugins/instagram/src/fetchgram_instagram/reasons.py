"""Finds out why Instagram shows nothing of a post: its answer is the same for all reasons, its other pages are not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from instaloader import Post
from instaloader.exceptions import QueryReturnedNotFoundException

from fetchgram_instagram.client import Client
from fetchgram_instagram.finder import PRIVATE_TAIL, short_code
from fetchgram_instagram.finds import Refusal, Verdict

_PLACES = re.compile(r"country|region|location", re.IGNORECASE)
_AGES = re.compile(r"restricted|\b18\b|\bage\b", re.IGNORECASE)


def why_empty(client: Client, code: str) -> Refusal:
    """Ask the two places that tell: what the site has ruled about the post, then the post's page.

    Raises:
        InstaloaderException: As instaloader does.
    """
    number = str(Post.shortcode_to_mediaid(short_code(code)[:11]))
    ruling = client.get_json("api/v1/web/get_ruling_for_content/", {"content_type": "MEDIA", "target_id": number})
    words = " ".join(str(ruling[name]) for name in ("title", "description") if ruling.get(name))
    if _PLACES.search(words):
        return Refusal(verdict=Verdict.GEO, message=words)
    if _AGES.search(words):
        return Refusal(verdict=Verdict.AGE, message=words)
    return _of_page(client, code)


def _of_page(client: Client, code: str) -> Refusal:
    try:
        data = client.get_page_data(f"p/{short_code(code)}/")
    except QueryReturnedNotFoundException as error:
        return Refusal(verdict=Verdict.GONE, message=str(error))
    media = next((each["xig_polaris_media"] for each in data if each.get("xig_polaris_media")), None)
    user = media.get("user") if isinstance(media, Mapping) else None
    is_private = len(code) > PRIVATE_TAIL or (isinstance(user, Mapping) and bool(user.get("is_private")))
    if is_private or client.is_logged_in:
        return Refusal(verdict=Verdict.PRIVATE, message="nothing is shown of it to this account")
    return Refusal(verdict=Verdict.LOGIN, message="nothing is shown of it to visitors")
