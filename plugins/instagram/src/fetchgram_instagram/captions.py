"""What stands below the files: the post's text, who wrote it, and where it is."""

from __future__ import annotations

from fetchgram_instagram.finds import Find

CAPTION_UNITS = 1024
"""UTF-16 units (core.telegram.org/bots/api#sendvideo); more is cut by whoever sends it, the link first."""
_ELLIPSIS = "…"


def caption_of(find: Find, url: str) -> str:
    """Return a caption that fits with author and link in it, whatever the length of the text.

    Args:
        find: The post.
        url: Its address.
    """
    # No @ before the name: on Telegram it would lead to somebody else.
    below = f"{find.author}\n{url}"
    words = find.text.strip() or find.title
    if not words or words == find.author:
        return below
    return f"{_cut(words, CAPTION_UNITS - _units(below) - 2)}\n\n{below}"


def title_of(find: Find) -> str:
    """Return the first line of the text, else the title, else the name of the author."""
    first = find.text.strip().partition("\n")[0].strip()
    return first or find.title or find.author


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="replace")) // 2


def _cut(text: str, limit: int) -> str:
    """Cut to a number of UTF-16 units, never through a character."""
    if _units(text) <= limit:
        return text
    kept = text.encode("utf-16-le", errors="replace")[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore")
    return kept.rstrip() + _ELLIPSIS
