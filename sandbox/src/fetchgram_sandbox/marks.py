"""The entities that a Telegram server finds in a text by itself: commands, links, mentions, hashtags."""

from __future__ import annotations

import re

from fetchgram_sandbox import utf16
from fetchgram_sandbox.objects import Entity

_PATTERNS = (
    (
        "url",
        re.compile(
            r"\b(?:https?|ftp)://[^\s<>\"]+|(?<![@\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|tv|be|me|dev)\b(?:/[^\s<>\"]*)?",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}\b")),
    ("hashtag", re.compile(r"(?<!\w)#\w{1,256}")),
)
# What ends a sentence does not belong to a link before it.
_TAIL = ".,:;!?'\")]}"


def find_entities(text: str, given: tuple[Entity, ...] = ()) -> tuple[Entity, ...]:
    """Return the given entities and those found in the text where nothing was given, in reading order."""
    taken = [(entity.offset, entity.offset + entity.length) for entity in given]
    found: list[Entity] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.start(), match.end()
            if kind == "url":
                end = start + len(match.group().rstrip(_TAIL))
            entity = Entity(kind, utf16.offset_of(text, start), utf16.length(text[start:end]))
            span = (entity.offset, entity.offset + entity.length)
            if not any(span[0] < right and left < span[1] for left, right in taken):
                taken.append(span)
                found.append(entity)
    return tuple(sorted((*given, *found), key=lambda entity: (entity.offset, -entity.length)))
