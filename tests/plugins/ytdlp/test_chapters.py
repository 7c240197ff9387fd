from __future__ import annotations

import pytest

from fetchgram.api import Chapter
from fetchgram_ytdlp.chapters import metadata_of

CHAPTERS = (Chapter(title="One", start_s=0, end_s=2), Chapter(title="Two", start_s=2, end_s=4.5))


def stretches(words: str) -> list[tuple[str, str]]:
    lines = words.splitlines()
    starts, ends = ([each.split("=")[1] for each in lines if each.startswith(key)] for key in ("START", "END"))
    return list(zip(starts, ends, strict=True))


@pytest.mark.parametrize(
    ("section_s", "expected"),
    [
        (None, [("0", "2000"), ("2000", "4500")]),
        ((1, 3), [("0", "1000"), ("1000", "2000")]),
        ((2, 10), [("0", "2500")]),
        ((5, 6), []),
    ],
)
def test_chapters_are_those_of_the_stretch_that_is_kept(
    section_s: tuple[float, float] | None, expected: list[tuple[str, str]]
) -> None:
    assert stretches(metadata_of(CHAPTERS, section_s)) == expected


def test_a_title_cannot_be_taken_for_anything_else() -> None:
    words = metadata_of((Chapter(title="a=b;#\\\n[CHAPTER]\r", start_s=0, end_s=1),), None)
    assert words.endswith("title=a\\=b\\;\\#\\\\\\\n[CHAPTER]\n")


def test_without_chapters_there_is_nothing_to_write() -> None:
    assert metadata_of((), None) == ""
