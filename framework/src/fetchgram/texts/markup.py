"""The markup of catalogues (`<b> <i> <code> <a href="…">`) read into spans as Telegram counts them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fetchgram.texts.foreign import reveal

_TAG = re.compile(r'<(?P<end>/)?(?P<kind>b|i|code|a)(?: href="(?P<url>[^"]*)")?>')
_SCHEMES = ("https://", "http://", "tg://")


class SpanKind(StrEnum):
    """How a stretch of text looks; the values are Telegram's entity types."""

    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"
    LINK = "text_link"


_KINDS = {"b": SpanKind.BOLD, "i": SpanKind.ITALIC, "code": SpanKind.CODE, "a": SpanKind.LINK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a text, counted in UTF-16 units (https://core.telegram.org/api/entities#entity-length)."""

    kind: SpanKind
    offset_utf16: int
    length_utf16: int
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rich:
    """A text and how it looks."""

    text: str
    spans: tuple[Span, ...] = ()


def parse(rendered: str) -> Rich:
    """Read the markup; what stands for foreign characters becomes them again."""
    return _Reader().read(rendered)


class _Reader:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._at_utf16 = 0
        self._open: list[tuple[SpanKind, int, str | None]] = []
        self._spans: list[Span] = []

    def read(self, rendered: str) -> Rich:
        position = 0
        for tag in _TAG.finditer(rendered):
            self._add(rendered[position : tag.start()])
            position = tag.end()
            kind = _KINDS[tag["kind"]]
            if tag["end"]:
                self._close(kind)
            else:
                self._open.append((kind, self._at_utf16, tag["url"]))
        self._add(rendered[position:])
        spans = sorted(self._spans, key=lambda span: (span.offset_utf16, -span.length_utf16))
        return Rich(text="".join(self._parts), spans=tuple(spans))

    def _add(self, piece: str) -> None:
        shown = reveal(piece)
        self._parts.append(shown)
        self._at_utf16 += len(shown.encode("utf-16-le")) // 2

    def _close(self, kind: SpanKind) -> None:
        index = next((i for i in reversed(range(len(self._open))) if self._open[i][0] is kind), None)
        if index is None:
            return
        _, start, quoted = self._open.pop(index)
        url = None if quoted is None else reveal(quoted)
        bad_link = kind is SpanKind.LINK and not (url or "").startswith(_SCHEMES)
        if self._at_utf16 > start and not bad_link:
            self._spans.append(Span(kind=kind, offset_utf16=start, length_utf16=self._at_utf16 - start, url=url))
