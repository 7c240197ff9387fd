"""What is on the emulated Instagram: profiles, their posts, stories and highlights, each for one kind of answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fetchgram_sandbox.web.instagram.pictures import (
    HEAVY,
    HIGHLIGHT,
    MANY,
    MIXED,
    PICTURE,
    STORY,
    UPRIGHT,
    WIDE,
    Item,
)
from fetchgram_sandbox.web.instagram.troubles import Trouble

TAKEN_AT = 1_750_000_000
HIGHLIGHT_ID = "17900000000000001"
SHARED = "BAsharedlink"
"""A share link, which leads to the reel."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NUMBERED = re.compile(r"Cpost00(?P<number>\d{4})")
_NUMBERED_POSTS = 30
_LONG = "A long text, told with patience 🐢. " * 60


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody who posts."""

    username: str
    user_id: str
    full_name: str
    is_private: bool = False
    posts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post.

    Args:
        code: Eleven characters of the address.
        items: More than one is a carousel.
        text: Below it.
        owner: Of the profile.
        trouble: What goes wrong with it.
        is_reel: Whether it is in the reels.
    """

    code: str
    items: tuple[Item, ...] = (PICTURE,)
    text: str = ""
    owner: str = "sandbox.band"
    trouble: Trouble | None = None
    is_reel: bool = False

    @property
    def media_id(self) -> str:
        """The number that the code stands for."""
        return media_id_of(self.code)


@dataclass(frozen=True, slots=True)
class Reel:
    """Stories of a profile, or a highlight: items with numbers."""

    title: str
    owner: str
    items: Mapping[str, Item]


def media_id_of(code: str) -> str:
    """Return the number that a shortcode stands for; of a longer one, as private posts have, its first part."""
    number = 0
    for letter in code[:11]:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    return str(number)


def _numbered(number: int) -> Post:
    return Post(code=f"Cpost00{number:04}", text=f"Post {number}")


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.username: profile
        for profile in (
            Profile(
                "sandbox.band",
                "8001",
                "Sandbox Band",
                posts=tuple(f"Cpost00{number:04}" for number in range(1, _NUMBERED_POSTS + 1)),
            ),
            Profile("sandbox.friends", "8002", "Among Friends", is_private=True, posts=("Cprivate001",)),
            Profile("sandbox.empty", "8003", "Nothing Yet"),
            Profile("sandbox.news", "8004", "Ahead of Its Time", posts=("Cchanged003", "Cpost000001")),
        )
    }
)
_POSTS: Mapping[str, Post] = MappingProxyType(
    {
        post.code: post
        for post in (
            Post(code="Cpicture001", text="A picture of colours #test"),
            Post(code="Creel000001", items=(UPRIGHT,), text="A reel, upright", is_reel=True),
            Post(code="Cfilm000001", items=(WIDE,), text="A film, wide"),
            Post(code="Cmixed00001", items=MIXED, text="Picture, film, picture"),
            Post(code="Cmany000014", items=MANY, text="Fourteen of them"),
            Post(code="Cheavy00001", items=HEAVY, text="Three large ones"),
            Post(code="Clongtext01", text=_LONG),
            Post(code="Cwordless01"),
            Post(code="Cprivate001", owner="sandbox.friends", trouble=Trouble.PRIVATE, text="For friends"),
            Post(code="Cagelimit01", items=(UPRIGHT,), trouble=Trouble.AGE, is_reel=True),
            Post(code="Cregion0001", items=(UPRIGHT,), trouble=Trouble.REGION, is_reel=True),
            Post(code="Cnotallowed", trouble=Trouble.UNAUTHORIZED),
            Post(code="Cloginwall1", trouble=Trouble.LOGGED_OUT),
            Post(code="Cloginpage1", items=(UPRIGHT,), trouble=Trouble.LOGIN_PAGE, is_reel=True),
            Post(code="Ctruncated1", items=(UPRIGHT,), trouble=Trouble.TRUNCATED, is_reel=True),
            Post(code="Ctruncated2", trouble=Trouble.TRUNCATED),
            Post(code="Cratelimit1", items=(UPRIGHT,), trouble=Trouble.TOO_MANY_FOR_NOW, is_reel=True),
            Post(code="Cratelimit2", items=(UPRIGHT,), trouble=Trouble.TOO_MANY, is_reel=True),
            Post(code="Cchanged001", items=(UPRIGHT,), trouble=Trouble.CHANGED, text="Still a reel", is_reel=True),
            Post(code="Cchanged002", trouble=Trouble.CHANGED, text="A picture"),
            Post(code="Cchanged003", items=(UPRIGHT,), trouble=Trouble.CHANGED_EVERYWHERE, is_reel=True),
        )
    }
)
_REELS: Mapping[str, Reel] = MappingProxyType(
    {
        "8001": Reel("", "sandbox.band", {f"350000000000000000{n}": item for n, item in enumerate(STORY, 1)}),
        HIGHLIGHT_ID: Reel(
            "On tour", "sandbox.band", {f"340000000000000000{n}": item for n, item in enumerate(HIGHLIGHT, 1)}
        ),
    }
)


def find(code: str) -> Post | None:
    """Return a post by its code; the numbered ones are made as they are asked for."""
    numbered = _NUMBERED.fullmatch(code)
    if numbered is not None and 1 <= int(numbered["number"]) <= _NUMBERED_POSTS:
        return _numbered(int(numbered["number"]))
    return _POSTS.get(code[:11])


def text_of(code: str) -> str:
    """Return the text of a post that is there."""
    return _POSTS[code].text


def find_by_media_id(media_id: str) -> Post | None:
    """Return a post by its number."""
    codes = (*_POSTS, *(code for profile in PROFILES.values() for code in profile.posts))
    return next((find(code) for code in codes if media_id_of(code) == media_id), None)


def find_reel(reel_id: str) -> Reel | None:
    """Return the stories of a profile by its number, or a highlight by its own."""
    return _REELS.get(reel_id.removeprefix("highlight:"))


def profile_by_id(user_id: str) -> Profile | None:
    """Return a profile by its number."""
    return next((profile for profile in PROFILES.values() if profile.user_id == user_id), None)
