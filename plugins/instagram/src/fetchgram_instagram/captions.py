"""What stands below the files: the post's text, who wrote it, and where it is; and what of a long text does not fit."""

from __future__ import annotations

from fetchgram_instagram.finds import Find

CAPTION_UNITS = 1024
"""UTF-16 units (core.telegram.org/bots/api#sendvideo); more is cut by whoever sends it, the link first."""
_ELLIPSIS = "…"
_LONGEST_WORD = 40
"""A text is cut between words; what is longer than this is no word."""


def caption_of(find: Find, url: str) -> str:
    """Return a caption that fits with author and link in it, whatever the length of the text.

    Args:
        find: The post.
        url: Its address.
    """
    below, (begin, rest) = _below(find, url), _parts(find, url)
    shown = f"{begin}{_ELLIPSIS}" if rest else begin
    return f"{shown}\n\n{below}" if shown else below


def rest_of(find: Find, url: str) -> str:
    """Return what of the text does not fit into the caption; empty where all of it does."""
    _, rest = _parts(find, url)
    return f"{_ELLIPSIS}{rest}" if rest else ""


def title_of(find: Find) -> str:
    """Return the first line of the text, else the title, else the name of the author."""
    first = find.text.strip().partition("\n")[0].strip()
    return first or find.title or find.author


def _below(find: Find, url: str) -> str:
    # No @ before the name: on Telegram it would lead to somebody else.
    return f"{find.author}\n{url}"


def _parts(find: Find, url: str) -> tuple[str, str]:
    """Return what of the text fits above author and link, and the rest; never a part of a character."""
    # Halves of characters, which Instagram does send, cannot be written down anywhere.
    words = (find.text.strip() or find.title).encode("utf-8", "replace").decode()
    if words == find.author:
        return "", ""
    room = CAPTION_UNITS - _units(_below(find, url)) - 2
    if _units(words) <= room:
        return words, ""
    fitting = words.encode("utf-16-le")[: 2 * (room - 1)].decode("utf-16-le", errors="ignore")
    end = len(fitting)
    gap = max(words.rfind(space, end - _LONGEST_WORD, end + 1) for space in " \n")
    end = gap if gap > 0 else end
    return words[:end].rstrip(), words[end:].lstrip()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="replace")) // 2
