from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fetchgram.api import text
from fetchgram.telegram.entities import CAPTION_UNITS, cut, join, telegram_text, units
from fetchgram.texts import Rich, Span, SpanKind, Texts

BOLD = SpanKind.BOLD


def test_units_are_counted_as_utf_16() -> None:
    assert units("aé") == 2
    assert units("🎬") == 2
    assert units("👨‍👩‍👧") == 8


@pytest.mark.parametrize("limit", [2, 5, 64, CAPTION_UNITS])
def test_a_cut_fits_exactly_and_never_splits_a_character(limit: int) -> None:
    shown = cut("🎬" * 2000, limit)
    assert units(shown) <= limit
    assert shown.endswith("…")
    assert set(shown[:-1]) <= {"🎬"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.text(alphabet=st.characters(codec=None), max_size=80), st.integers(min_value=1, max_value=60))
def test_any_text_is_cut_to_what_a_server_takes(foreign: str, limit: int) -> None:
    shown = cut(foreign, limit)
    shown.encode()
    assert units(shown) <= limit


def test_entities_move_with_the_text_before_them() -> None:
    first = Rich(text="🎬 a", spans=(Span(kind=BOLD, offset_utf16=3, length_utf16=1),))
    joined = join([first, first])
    assert joined.text == "🎬 a\n🎬 a"
    assert [span.offset_utf16 for span in joined.spans] == [3, 8]


def test_an_entity_over_the_end_is_shortened_and_one_behind_it_dropped() -> None:
    spans = (Span(kind=BOLD, offset_utf16=0, length_utf16=3000), Span(kind=BOLD, offset_utf16=2000, length_utf16=5))
    shown, entities = telegram_text(Rich(text="x" * 3000, spans=spans), CAPTION_UNITS)
    assert units(shown) == CAPTION_UNITS
    assert [(entity.offset, entity.length) for entity in entities] == [(0, CAPTION_UNITS)]


@pytest.mark.parametrize(
    "title", ["<b>bold</b>", "**x** _y_ `z`", "[a](http://evil)", "<a href='x'>", "\u202eabc", "\x00", "\ud800", "&lt;"]
)
def test_a_foreign_title_makes_no_entity_of_its_own(title: str) -> None:
    card = Texts.load().render_rich(text("card", title=title, author="", duration=0), "en")
    _, entities = telegram_text(card)
    assert [entity.type for entity in entities] in (["bold"], [])
