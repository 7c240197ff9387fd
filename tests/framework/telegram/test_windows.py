from __future__ import annotations

import pytest

from fetchgram.telegram.windows import Window


def called(window: Window, *times: float) -> None:
    for at in times:
        window.begin(1)
        window.end(1, at)


def test_a_window_lets_so_many_through_and_then_says_how_long() -> None:
    window = Window(3, 3.0)
    for at in (0.0, 0.1, 0.2):
        assert window.wait_s(at) == 0
        called(window, at)
    assert window.wait_s(1.0) == pytest.approx(2.0)
    assert window.wait_s(3.0) == 0


def test_a_call_under_way_counts_as_now() -> None:
    window = Window(1, 1.0)
    window.begin(1)
    assert window.wait_s(100.0) == 1.0
    window.end(1, 100.5)
    assert window.wait_s(101.0) == pytest.approx(0.5)


def test_a_call_that_takes_long_holds_its_own_place_and_no_other() -> None:
    window = Window(2, 1.0)
    window.begin(1)
    called(window, 0.0)
    assert window.wait_s(0.5) == pytest.approx(0.5)
    assert (window.room(0.5), window.room(1.0)) == (0, 1)


def test_an_album_larger_than_the_window_passes_when_it_is_empty() -> None:
    assert Window(5, 1.0).wait_s(0.0, 10) == 0
    window = Window(5, 1.0)
    called(window, 0.0)
    assert window.wait_s(0.25, 10) == pytest.approx(0.75)


def test_spare_places_are_left_but_never_the_last_one() -> None:
    window = Window(5, 1.0)
    called(window, 0.0, 0.1, 0.2)
    assert (window.wait_s(0.2, spare=1), window.room(0.2, spare=1)) == (0, 1)
    assert window.wait_s(0.2, spare=2) == pytest.approx(0.8)
    assert Window(1, 1.0).room(0.0, spare=9) == 1


def test_a_smaller_window_holds_at_once() -> None:
    window = Window(3, 1.0)
    called(window, 0.0, 0.1)
    window.count = 1
    assert window.room(0.5) == 0
    assert window.wait_s(0.5) == pytest.approx(0.6)


def test_a_window_without_places_lets_nothing_through() -> None:
    window = Window(0, 1.0)
    assert (window.room(0.0), window.wait_s(0.0)) == (0, 1.0)


def test_a_window_counts_all_that_began() -> None:
    window = Window(1, 1.0)
    called(window, 0.0, 0.1)
    assert window.begun == 2
    assert not window.is_empty
