from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.api import Media, MediaKind
from fetchgram.telegram.albums import album_sizes, shaped

P, V, A, D, G = MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.DOCUMENT, MediaKind.ANIMATION
MB = 1_000_000


@pytest.mark.parametrize(
    ("kinds", "sizes"),
    [
        ([], ()),
        ([V], (1,)),
        ([P, V], (2,)),
        ([P] * 10, (10,)),
        ([P] * 11, (9, 2)),
        ([P] * 12, (10, 2)),
        ([P] * 21, (10, 9, 2)),
        ([P, A], (1, 1)),
        ([A, A, P, P], (2, 2)),
        ([D, D, D], (3,)),
        ([D, A], (1, 1)),
        ([P, G, P], (1, 1, 1)),
        ([G, G], (1, 1)),
        ([MediaKind.VOICE, MediaKind.VOICE], (1, 1)),
        ([MediaKind.VIDEO_NOTE, V, V], (1, 2)),
        ([P, P, D, V], (2, 1, 1)),
        ([P, P, MediaKind.TEXT], (2, 1)),
        ([MediaKind.TEXT, MediaKind.TEXT], (1, 1)),
    ],
)
def test_neighbours_share_an_album_as_telegram_allows(kinds: list[MediaKind], sizes: tuple[int, ...]) -> None:
    assert album_sizes(kinds) == sizes
    assert sum(sizes) == len(kinds)


def picture(**more: object) -> Media:
    fields = {"size_bytes": MB, "width_px": 1000, "height_px": 800, "kind": P} | more
    return Media(path=Path("x"), mime="image/jpeg", **fields)  # type: ignore[arg-type]  # fields of Media


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        (picture(), P),
        (picture(size_bytes=10 * MB), P),
        (picture(size_bytes=10 * MB + 1), D),
        (picture(width_px=5000, height_px=5000), P),
        (picture(width_px=5001, height_px=5000), D),
        (picture(width_px=2000, height_px=100), P),
        (picture(width_px=2100, height_px=100), D),
        (picture(width_px=None, height_px=None), P),
        (picture(kind=MediaKind.VIDEO_NOTE, duration_s=60), MediaKind.VIDEO_NOTE),
        (picture(kind=MediaKind.VIDEO_NOTE, duration_s=61), V),
        (picture(kind=V, size_bytes=40 * MB), V),
    ],
)
def test_a_file_is_sent_as_what_telegram_takes_it_for(media: Media, kind: MediaKind) -> None:
    assert shaped(media).kind is kind
