"""What was found behind a link, and why something was not: the words that cross between bot and child."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fetchgram.api import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Word):
    """One picture or film.

    Args:
        picture_url: Of the picture, or of the film's cover.
        film_url: Of the film; `None` for a picture.
        width_px: Where it is told.
        height_px: Where it is told.
        duration_s: Of a film, where it is told.
        size_bytes: Of the file that would arrive, as the media server says.
    """

    picture_url: str
    film_url: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    size_bytes: int | None = None

    @property
    def quality_px(self) -> int | None:
        """The shorter side: what people call the quality of a film, upright or not."""
        return min(self.width_px, self.height_px) if self.width_px and self.height_px else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Find(Word):
    """A post, stories, a highlight or the picture of a profile.

    Args:
        media_id: Equal for equal media; of what changes, it changes too.
        author: Name of the profile.
        items: In the site's order; never empty.
        text: Foreign text; empty where there is none.
        title: Of a highlight.
    """

    media_id: str
    author: str
    items: tuple[Item, ...]
    text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPost(Word):
    """A post of a profile, as its page tells it."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage(Word):
    """Posts of a profile, newest first, and where the next ones begin."""

    posts: tuple[ListedPost, ...]
    next_cursor: str | None = None
    total: int | None = None


class Verdict(StrEnum):
    """Why Instagram did not give something, as far as its answer tells.

    `login` is about the content, `wall` about who asks: nothing at all is shown to them for now. `broken` is an answer
    that instaloader does not understand, `garbled` one that nobody would.
    """

    GONE = "gone"
    PRIVATE = "private"
    AGE = "age"
    GEO = "geo"
    LOGIN = "login"
    WALL = "wall"
    EMPTY = "empty"
    RATE = "rate"
    FEEDBACK = "feedback"
    LOGGED_OUT = "logged_out"
    CHECKPOINT = "checkpoint"
    BROKEN = "broken"
    GARBLED = "garbled"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Word):
    """An answer that is none.

    Args:
        verdict: Why.
        message: For the log.
        wait_s: After which time another try makes sense, where the answer says so.
    """

    verdict: Verdict
    message: str = ""
    wait_s: float | None = None
