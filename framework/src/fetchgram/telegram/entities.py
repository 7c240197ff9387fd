"""Rich text as Telegram wants it: plain text and explicit entities, counted and cut in UTF-16 units.

Nothing is ever parsed as markup here, so foreign text cannot make entities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aiogram.types import MessageEntity

from fetchgram.texts import Rich, Span

TEXT_UNITS = 4096
"""core.telegram.org/bots/api#sendmessage"""
CAPTION_UNITS = 1024
"""core.telegram.org/bots/api#sendvideo; both count after entities parsing."""
ANSWER_UNITS = 200
"""core.telegram.org/bots/api#answercallbackquery"""
_ELLIPSIS = "…"


def units(text: str) -> int:
    """Return the length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def sound(text: str) -> str:
    """Return foreign text in a form that any server takes: no lone surrogates, no zero bytes."""
    return text.encode("utf-8", errors="replace").decode().replace("\x00", "")


def cut(text: str, limit: int) -> str:
    """Cut to a number of UTF-16 units, with an ellipsis, never through a character."""
    text = sound(text)
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore")
    return kept.rstrip() + _ELLIPSIS


def join(parts: Iterable[Rich], separator: str = "\n") -> Rich:
    """Put rich texts one after the other."""
    text = ""
    spans: list[Span] = []
    for part in parts:
        if text:
            text += separator
        offset = units(text)
        spans += [replace(span, offset_utf16=span.offset_utf16 + offset) for span in part.spans]
        text += part.text
    return Rich(text=text, spans=tuple(spans))


def telegram_text(rich: Rich, limit: int = TEXT_UNITS) -> tuple[str, list[MessageEntity]]:
    """Return text and entities that fit; an entity that would reach over the end is shortened."""
    text = cut(rich.text, limit)
    end = units(text)
    return text, list(_entities(rich.spans, end))


def _entities(spans: Sequence[Span], end: int) -> Iterable[MessageEntity]:
    for span in spans:
        length = min(span.length_utf16, end - span.offset_utf16)
        if length > 0:
            yield MessageEntity(type=span.kind.value, offset=span.offset_utf16, length=length, url=span.url)
