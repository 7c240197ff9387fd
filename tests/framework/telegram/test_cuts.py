from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from fetchgram.model import KeyMoment
from fetchgram.telegram.cuts import pieces, plan_cuts


def moments(sizes: Sequence[int]) -> list[KeyMoment]:
    """Key frames a second apart, with so many bytes from each to the next."""
    return [KeyMoment(float(second), sum(sizes[:second])) for second in range(len(sizes))]


@pytest.mark.parametrize(
    ("sizes", "most", "cuts"),
    [
        ([10] * 6, 60, ()),
        ([10] * 6, 30, (3.0,)),
        ([10] * 6, 59, (3.0,)),
        ([10] * 6, 29, (2.0, 4.0)),
        ([10] * 7, 30, (3.0, 6.0)),
        ([50, 10, 10, 10, 10], 60, (1.0,)),
        ([10], 10, ()),
    ],
)
def test_a_film_is_cut_into_few_pieces_and_the_largest_is_small(
    sizes: list[int], most: int, cuts: tuple[float, ...]
) -> None:
    assert plan_cuts(moments(sizes), sum(sizes), most) == cuts


@pytest.mark.parametrize("most", range(25, 200, 7))
def test_no_piece_is_larger_than_it_may_be(most: int) -> None:
    sizes = [7 + (13 * number) % 19 for number in range(60)]
    total = sum(sizes)
    found = plan_cuts(moments(sizes), total, most)
    places = [0, *map(int, found), len(sizes)]
    made = [sum(sizes[begin:end]) for begin, end in pairwise(places)]
    assert sum(made) == total
    assert max(made) <= most
    assert len(made) <= 2 * -(-total // most)


@pytest.mark.parametrize("sizes", [[10, 70, 10], [70, 10], [10, 70], [70]])
def test_a_stretch_without_a_key_frame_cannot_be_cut(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="in a row"):
        plan_cuts(moments(sizes), sum(sizes), 60)


def test_pieces_follow_one_another_to_the_end() -> None:
    assert pieces((3.0, 5.0), 8.0) == [(0.0, 3.0), (3.0, 2.0), (5.0, 3.0)]
    assert pieces((), 8.0) == [(0.0, 8.0)]
