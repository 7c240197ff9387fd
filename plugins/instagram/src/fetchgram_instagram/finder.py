"""Asks Instagram, through instaloader's own structures, what is behind a link."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from instaloader import Instaloader, Post, Profile, StoryItem, get_json_structure
from instaloader.exceptions import BadResponseException, LoginRequiredException, ProfileNotExistsException

from fetchgram.api import Link, LinkKind
from fetchgram_instagram.client import Client
from fetchgram_instagram.finds import Find, Item, ListedPost, PostPage

Data: TypeAlias = Mapping[str, object]

PRIVATE_TAIL = 28
"""So many characters more has the code of a post in a private account (yt_dlp/extractor/instagram.py)."""
_HIGHLIGHT_ITEMS = "45246d3fe16ccc6577e0bd297a5db1ab"
"""The query of instaloader's `Highlight`, which asks for the owner first; the answer tells who it is."""
_CAROUSEL = "GraphSidecar"


def find(client: Client, link: Link) -> Find:
    """Return what is behind a link that leads to things, not to other links.

    Raises:
        InstaloaderException: As instaloader does.
        LookupError, TypeError, ValueError: If the answer has other fields than instaloader expects.
    """
    steps = link.media_id.split("/")
    match link.kind:
        case LinkKind.STORY:
            return _stories(client, steps[1], steps[2] if len(steps) > 2 else "")  # noqa: PLR2004  # stories/user/number
        case LinkKind.HIGHLIGHT:
            return _highlight(client, steps[1])
        case LinkKind.PROFILE:
            return _face(client, steps[0])
        case _:
            return _post(client, steps[0])


def page_of(client: Client, username: str, cursor: str | None) -> PostPage:
    """Return a page of a profile's posts, newest first.

    Args:
        client: Asks.
        username: Whose.
        cursor: `next_cursor` of the page before.
    """
    profile = _profile(client, username)
    posts = profile.get_posts()
    if cursor is not None:
        page_info = {"has_next_page": True, "end_cursor": cursor}
        before = {"edges": [], "page_info": page_info}
        posts.thaw(posts.freeze()._replace(total_index=0, first_node=None, remaining_data=before))
        next(posts, None)  # fetches the page
    data = posts.freeze().remaining_data or {}
    info = cast("Data", data.get("page_info") or {})
    listed = tuple(_listed(cast("Data", edge["node"])) for edge in data.get("edges", ()))
    return PostPage(
        posts=listed,
        next_cursor=str(info["end_cursor"]) if info.get("has_next_page") and info.get("end_cursor") else None,
        total=profile.mediacount,
    )


def short_code(code: str) -> str:
    """Return the code without what the address of a private post has behind it."""
    return code[:-PRIVATE_TAIL] if len(code) > PRIVATE_TAIL else code


def _listed(node: Data) -> ListedPost:
    caption = node.get("caption")
    words = caption.get("text") if isinstance(caption, Mapping) else caption
    return ListedPost(code=str(node["code"]), text=words if isinstance(words, str) else "")


def _post(client: Client, code: str) -> Find:
    post = Post.from_shortcode(client, short_code(code))
    node = cast("Data", get_json_structure(post)["node"])
    if post.typename == _CAROUSEL:
        nodes = list(post.get_sidecar_nodes())
        data = _dicts(node.get("carousel_media"), len(nodes))
        items = [_item(each.display_url, each.video_url, more) for each, more in zip(nodes, data, strict=True)]
    else:
        items = [_item(post.url, post.video_url, node)]
    return Find(media_id=code, author=post.owner_username, items=tuple(items), text=post.caption or "")


def _profile(client: Client, username: str) -> Profile:
    """Look a profile up on its page; where visitors are not shown that, an account has another way."""
    try:
        return cast("Profile", Profile.from_username(client, username))
    except LoginRequiredException:
        if not client.is_logged_in:
            raise
    data = client.get_json("api/v1/users/web_profile_info/", {"username": username})["data"]
    return Profile(client, data["user"])


def _stories(client: Client, username: str, number: str) -> Find:
    if not client.is_logged_in:
        raise LoginRequiredException("stories are shown to accounts only")
    profile = _profile(client, username)
    loader = Instaloader(quiet=True, sleep=False)
    loader.context = client
    found = [each for story in loader.get_stories([int(profile.userid)]) for each in story.get_items()]
    wanted = [each for each in found if number in ("", str(each.mediaid))]
    if not wanted:
        raise ProfileNotExistsException("no such story, or no longer")
    # What an account shows changes from hour to hour: the name says which stories these are.
    name = number or "-".join(str(each.mediaid) for each in (wanted[0], wanted[-1]))
    return Find(media_id=f"stories/{username}/{name}", author=username, items=_story_items(wanted))


def _highlight(client: Client, number: str) -> Find:
    if not client.is_logged_in:
        raise LoginRequiredException("highlights are shown to accounts only")
    data = client.graphql_query(_HIGHLIGHT_ITEMS, {"highlight_reel_ids": [number], "reel_ids": []})["data"]
    if not data["reels_media"]:
        raise ProfileNotExistsException("no such highlight")
    reel = data["reels_media"][0]
    items = [StoryItem(client, each) for each in reel["items"]]
    return Find(
        media_id=f"highlights/{number}/{items[-1].mediaid}",
        author=str(reel["owner"]["username"]),
        items=_story_items(items),
        title=str(reel.get("title") or ""),
    )


def _story_items(stories: Iterable[StoryItem]) -> tuple[Item, ...]:
    return tuple(_item(each.url, each.video_url, cast("Data", get_json_structure(each)["node"])) for each in stories)


def _face(client: Client, username: str) -> Find:
    profile = _profile(client, username)
    url = profile.profile_pic_url
    # A profile changes its picture: the name says which one this is.
    picture = hashlib.blake2b(urlsplit(url).path.encode(), digest_size=6).hexdigest()
    item = Item(picture_url=_address(url))
    title = f"{profile.full_name} ({username})" if profile.full_name else username
    return Find(media_id=f"{username}/picture/{picture}", author=username, items=(item,), title=title)


def _item(picture: str | None, film: str | None, data: Data) -> Item:
    """Build an item; sizes and length are read where they are told."""
    width, height = _size_px(data, is_film=film is not None)
    length = data.get("video_duration")
    return Item(
        picture_url=_address(picture),
        film_url=_address(film) if film else None,
        width_px=width,
        height_px=height,
        duration_s=float(length) if film and isinstance(length, int | float) else None,
    )


def _size_px(data: Data, *, is_film: bool) -> tuple[int | None, int | None]:
    versions = data.get("video_versions") if is_film else None
    candidates = data.get("image_versions2")
    pictures = candidates.get("candidates") if isinstance(candidates, Mapping) else None
    best = next((each[0] for each in (versions, pictures) if isinstance(each, list) and each), data.get("dimensions"))
    if not isinstance(best, Mapping):
        return None, None
    width, height = best.get("width"), best.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (None, None)


def _dicts(value: object, count: int) -> Sequence[Data]:
    """Return so many dictionaries; empty ones where the answer has none."""
    found = value if isinstance(value, list) and len(value) == count else [{}] * count
    return [each if isinstance(each, Mapping) else {} for each in found]


def _address(url: str | None) -> str:
    if not isinstance(url, str) or urlsplit(url).scheme != "https":
        raise BadResponseException("an item without an address")
    return url
