from __future__ import annotations

import pytest

from fetchgram.api import Choice, ChoiceKind, MediaKind, Route
from fetchgram.pipeline.menu import ChoiceRow, Ways, best_of

MB = 1_000_000
SMALL = Route(plugin="p", name="small", order=1, max_bytes={kind.value: 50 * MB for kind in MediaKind})
LARGE = Route(plugin="p", name="large", order=2, max_bytes={kind.value: 2000 * MB for kind in MediaKind})


def album(size_bytes: int | None, largest_bytes: int | None) -> Choice:
    return Choice(kind=ChoiceKind.ALBUM, size_bytes=size_bytes, largest_bytes=largest_bytes)


@pytest.mark.parametrize(
    ("choice", "way"),
    [
        (album(120 * MB, 20 * MB), "small"),
        (album(120 * MB, 60 * MB), "large"),
        (album(None, 60 * MB), "large"),
        (album(None, None), "small"),
        (album(120 * MB, None), "large"),
    ],
)
def test_of_an_album_the_largest_file_decides_about_the_way(choice: Choice, way: str) -> None:
    assert Ways((SMALL, LARGE)).of(choice) == way


def test_an_album_with_one_file_that_is_too_large_cannot_be_sent() -> None:
    assert Ways((SMALL,)).of(album(70 * MB, 60 * MB)) is None
    assert Ways((SMALL,)).limit_bytes(album(70 * MB, 60 * MB)) == 50 * MB


def video(codec: str | None, *, container: str = "mp4", hdr: bool = False) -> Choice:
    return Choice(kind=ChoiceKind.VIDEO, codec=codec, container=container, hdr=hdr)


def rows(*choices: Choice, lost: int = 0) -> list[ChoiceRow]:
    """Return the menu's rows; the first `lost` cannot be delivered."""
    return [ChoiceRow(index=i, choice=each, route=None if i < lost else "small") for i, each in enumerate(choices)]


@pytest.mark.parametrize(
    "newer", [video("av1"), video("vp9"), video("hevc"), video("h264", hdr=True), video("h264", container="mkv")]
)
def test_the_best_is_the_first_that_plays_everywhere(newer: Choice) -> None:
    assert best_of(rows(newer, video("h264"), video("h264"))) == 1
    assert best_of(rows(newer, video(None))) == 1
    assert best_of(rows(newer, newer)) == 0


def test_the_best_can_be_delivered_and_is_of_the_first_ones_kind() -> None:
    sound = Choice(kind=ChoiceKind.AUDIO, codec="opus")
    assert best_of(rows(video("h264"), video("vp9"), video("h264"), lost=1)) == 2
    assert best_of(rows(video("h264"), video("vp9"), sound, lost=1)) == 1
    assert best_of(rows(video("h264"), sound, lost=1)) is None
    assert best_of(rows(sound, sound)) == 0
    assert best_of(()) is None
