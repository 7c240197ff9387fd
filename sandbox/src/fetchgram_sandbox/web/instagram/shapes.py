"""Posts, profiles and stories in the forms in which Instagram's interfaces give them."""

from __future__ import annotations

from typing import TypeAlias

from fetchgram_sandbox.web.instagram.pictures import FACE, FILM_S, SMALL_FACE, Item
from fetchgram_sandbox.web.instagram.posts import PROFILES, TAKEN_AT, Post, Profile, Reel, find
from fetchgram_sandbox.web.instagram.troubles import RULINGS, Trouble

Data: TypeAlias = dict[str, object]

MEDIA_HOST = "scontent.cdninstagram.com"
_PAGE = 12
_CAROUSEL = 8
_STORY_S = 86_400


def address(name: str) -> str:
    """Return where a clip is served."""
    return f"https://{MEDIA_HOST}/v/{name}"


def media_of(post: Post) -> Data:
    """Return a media item: what the web application, instaloader and yt-dlp all read."""
    owner = PROFILES[post.owner]
    first: Data = _item(post.items[0]) if len(post.items) == 1 else {"media_type": _CAROUSEL}
    if len(post.items) > 1:
        first["image_versions2"] = _versions(post.items[0])
        first["carousel_media"] = [
            {**_item(item), "pk": f"{post.media_id[:-2]}{place:02}"} for place, item in enumerate(post.items)
        ]
    return {
        **first,
        "pk": post.media_id,
        "code": post.code,
        "taken_at": TAKEN_AT,
        "product_type": "clips" if post.is_reel else "feed",
        "user": _user(owner),
        "caption": {"text": post.text} if post.text else None,
        "like_count": 3,
        "comment_count": 0,
        "has_liked": False,
    }


def _user(owner: Profile) -> Data:
    return {
        "pk": owner.user_id,
        "username": owner.username,
        "full_name": owner.full_name,
        "is_private": owner.is_private,
        "profile_pic_url": address(SMALL_FACE.picture),
    }


def _item(item: Item) -> Data:
    data: Data = {"media_type": 2 if item.is_film else 1, "image_versions2": _versions(item)}
    if item.is_film:
        sizes = {"width": item.width_px, "height": item.height_px}
        data["video_versions"] = [{"url": address(item.film), "type": 101, **sizes}]
        data |= {"video_duration": float(FILM_S), "has_audio": True}
    return data


def _versions(item: Item) -> Data:
    return {
        "candidates": [{"url": address(item.picture), "width": item.width_px, "height": item.height_px}],
    }


def gated(post: Post | None, *, shown: bool) -> Data | None:
    """Return a post as its page embeds it for visitors: without its content when they may not see it."""
    if post is None:
        return None
    ruling = RULINGS.get(post.trouble) if post.trouble else None
    return {
        "code": post.code,
        "user": {"username": post.owner, "is_private": PROFILES[post.owner].is_private},
        "gating_ruling": {"title": ruling.title, "description": ruling.description} if ruling else None,
        "if_not_gated_logged_out": media_of(post) if shown else None,
    }


def profile_of(profile: Profile) -> Data:
    """Return a profile."""
    return {
        **_user(profile),
        "id": f"node-{profile.user_id}",
        "hd_profile_pic_url_info": {"url": address(FACE.picture), "width": FACE.width_px, "height": FACE.height_px},
        "all_media_count": len(profile.posts),
        "media_count": len(profile.posts),
        "biography": "",
    }


def web_profile_of(profile: Profile) -> Data:
    """Return a profile in the older form, which accounts still get."""
    return {
        "id": profile.user_id,
        "username": profile.username,
        "full_name": profile.full_name,
        "is_private": profile.is_private,
        "profile_pic_url": address(SMALL_FACE.picture),
        "profile_pic_url_hd": address(FACE.picture),
        "edge_owner_to_timeline_media": {"count": len(profile.posts)},
    }


def timeline_of(profile: Profile, after: str | None, *, whole: bool) -> Data:
    """Return a page of a profile's posts.

    Args:
        profile: Whose.
        after: Where it begins: the last code of the page before.
        whole: Whether all is told of each post; visitors get little more than its code.
    """
    start = profile.posts.index(after) + 1 if after in profile.posts else 0
    codes = profile.posts[start : start + _PAGE]
    found = [post for code in codes if (post := find(code)) is not None]
    return {
        "edges": [{"node": media_of(post) if whole else {"code": post.code}} for post in found],
        "page_info": {
            "has_next_page": start + _PAGE < len(profile.posts),
            "end_cursor": codes[-1] if codes else None,
        },
    }


def story_of(reel: Reel) -> Data:
    """Return stories as the older interface gives them, newest first."""
    owner = PROFILES[reel.owner]
    owner_data: Data = {"id": owner.user_id, "username": owner.username}
    items = [_story_item(media_id, item, owner_data) for media_id, item in reel.items.items()]
    return {"id": owner.user_id, "title": reel.title, "user": owner_data, "owner": owner_data, "items": items}


def _story_item(media_id: str, item: Item, owner: Data) -> Data:
    data: Data = {
        "id": media_id,
        "__typename": "GraphStoryVideo" if item.is_film else "GraphStoryImage",
        "is_video": item.is_film,
        "display_resources": [{"src": address(item.picture), "config_width": item.width_px}],
        "dimensions": {"width": item.width_px, "height": item.height_px},
        "taken_at_timestamp": TAKEN_AT,
        "expiring_at_timestamp": TAKEN_AT + _STORY_S,
        "owner": owner,
    }
    if item.is_film:
        data |= {"video_resources": [{"src": address(item.film)}], "video_duration": float(FILM_S)}
    return data


def reel_of(reel: Reel) -> Data:
    """Return stories as the newer interface gives them, as media items."""
    items = [{**_item(item), "pk": media_id, "taken_at": TAKEN_AT} for media_id, item in reel.items.items()]
    return {"title": reel.title, "user": _user(PROFILES[reel.owner]), "items": items}


def changed(data: Data) -> Data:
    """Return a media item whose fields have got other names."""
    return {f"new_{name}": value for name, value in data.items()}


def is_shown(post: Post, *, follows: tuple[str, ...] | None) -> bool:
    """Tell whether somebody may see a post.

    Args:
        post: Which.
        follows: Whom the account follows; `None` for visitors.
    """
    if post.trouble is Trouble.PRIVATE:
        return follows is not None and post.owner in follows
    return post.trouble is not Trouble.REGION and (post.trouble is not Trouble.AGE or follows is not None)
