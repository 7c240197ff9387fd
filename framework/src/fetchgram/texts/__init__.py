"""Everything that people read: catalogues in Fluent, one per language, and their rendering."""

from __future__ import annotations

from fetchgram.texts.catalogues import Texts
from fetchgram.texts.folders import catalogues_of
from fetchgram.texts.markup import Rich, Span, SpanKind

__all__ = ["Rich", "Span", "SpanKind", "Texts", "catalogues_of"]
