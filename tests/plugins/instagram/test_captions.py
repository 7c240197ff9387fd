from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram_instagram.captions import CAPTION_UNITS, caption_of, rest_of, title_of
from fetchgram_instagram.finds import Find, Item

URL = "https://www.instagram.com/p/Cabcdefghij/"
ITEMS = (Item(picture_url="https://media.example/a.jpg"),)


def find(text: str, title: str = "") -> Find:
    return Find(media_id="Cabcdefghij", author="some.body", items=ITEMS, text=text, title=title)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_text_author_and_link_stand_below() -> None:
    assert caption_of(find(" Hello\nthere "), URL) == f"Hello\nthere\n\nsome.body\n{URL}"


def test_without_a_text_there_are_the_other_two() -> None:
    assert caption_of(find(""), URL) == f"some.body\n{URL}"


@pytest.mark.parametrize("letter", ["a", "ä", "🐢", "👩‍👩‍👧"])
def test_a_long_text_is_cut_so_that_author_and_link_fit(letter: str) -> None:
    caption = caption_of(find(letter * 3000), URL)
    assert CAPTION_UNITS - 2 <= units(caption) <= CAPTION_UNITS
    assert caption.endswith(f"…\n\nsome.body\n{URL}")
    caption.encode()


def test_it_is_cut_between_words_and_the_rest_goes_on_with_the_next_one() -> None:
    words = "A long text, told with patience 🐢. " * 60
    caption, rest = caption_of(find(words), URL), rest_of(find(words), URL)
    begin = caption.removesuffix(f"…\n\nsome.body\n{URL}")
    assert CAPTION_UNITS - 42 <= units(caption) <= CAPTION_UNITS
    assert f"{begin} {rest.removeprefix('…')}" == words.strip()


@given(st.text(st.sampled_from("ab \n🐢ä\ud83d"), max_size=2200).map(lambda text: text * 3))
def test_caption_and_rest_together_are_the_whole_text(words: str) -> None:
    caption, rest = caption_of(find(words), URL), rest_of(find(words), URL)
    assert units(caption) <= CAPTION_UNITS
    begin = caption.removesuffix(f"some.body\n{URL}").removesuffix("\n\n")
    if rest:
        begin, rest = begin.removesuffix("…"), rest.removeprefix("…")
        assert begin
        assert rest
    assert "".join((begin + rest).split()) == "".join(words.replace("\ud83d", "?").split())


def test_what_fits_has_no_rest() -> None:
    assert rest_of(find("short"), URL) == ""
    assert rest_of(find(""), URL) == ""


def test_half_a_character_in_the_text_breaks_nothing() -> None:
    assert units(caption_of(find("\ud83d" * 2000), URL)) <= CAPTION_UNITS


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [("First\nSecond", "On tour", "First"), ("", "On tour", "On tour"), (" \n", "", "some.body")],
)
def test_the_title_is_the_first_line_else_what_there_is(text: str, title: str, expected: str) -> None:
    assert title_of(find(text, title)) == expected
