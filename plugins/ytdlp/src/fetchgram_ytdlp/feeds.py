"""Items of feeds: each is reached by its own address, and described as the feed describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs

from fetchgram.api import Link
from fetchgram_ytdlp.urls import SMUGGLE

_NAME = "force_videoid"
TITLE_HINT = "title"
"""Hint of a link: what a feed calls the item."""
_WORDS = (TITLE_HINT, "thumbnail")
_LENGTH = "duration"


def own_address(url: str) -> str:
    """Return an address without the name that yt-dlp gives it for a feed; with any other instruction it stays."""
    plain, _, told = url.partition("#")
    return plain if _instructions(told) == {_NAME} else url


def described(entry: Mapping[str, object]) -> dict[str, str]:
    """Return as hints of a link what a feed says of an item; what the item's own page says counts less."""
    if entry.get("_type") != "url_transparent":
        return {}
    said = {name: entry.get(name) for name in (*_WORDS, _LENGTH)}
    return {name: str(value) for name, value in said.items() if isinstance(value, str | int | float) and value}


def as_described(link: Link) -> dict[str, object]:
    """Return what such hints mean in yt-dlp's dictionary."""
    words: dict[str, object] = {name: link.hints[name] for name in _WORDS if name in link.hints}
    return words | ({_LENGTH: float(link.hints[_LENGTH])} if _LENGTH in link.hints else {})


def _instructions(fragment: str) -> set[str]:
    try:
        found = json.loads(parse_qs(fragment).get(SMUGGLE, ["{}"])[0])
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()
