from __future__ import annotations

import pytest

from fetchgram.pipeline.ranges import parse, show


@pytest.mark.parametrize(
    ("answer", "positions"),
    [
        ("3", [3]),
        ("3-8, 12", [3, 4, 5, 6, 7, 8, 12]),
        (" 8 \u2013 6 ", [6, 7, 8]),
        ("1 2;3\n4", [1, 2, 3, 4]),
    ],
)
def test_ranges_are_read_as_people_type_them(answer: str, positions: list[int]) -> None:
    ranges = parse(answer)
    assert ranges is not None
    assert [position for each in ranges for position in each] == positions


@pytest.mark.parametrize("answer", ["", "all", "0", "1-", "-3", "1--3", "3-100001", "9999999", "1,,x"])
def test_what_is_no_range_is_refused(answer: str) -> None:
    assert parse(answer) is None


def test_positions_are_shown_as_ranges() -> None:
    assert show([1, 2, 3, 5, 7, 8]) == "1\u20133, 5, 7\u20138"
    assert show([]) == ""
