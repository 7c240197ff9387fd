from __future__ import annotations

import pytest

from fetchgram.api import Choice, ChoiceKind, MediaKind, Route
from fetchgram.pipeline.menu import Ways

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
