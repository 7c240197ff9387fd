from __future__ import annotations

import pytest

from fetchgram_ytdlp.songs import song_of


@pytest.mark.parametrize(
    ("info", "song"),
    [
        ({"title": "A film"}, {}),
        ({"track": "", "album": "An album"}, {}),
        ({"track": ["Several"]}, {}),
        ({"track": "A song"}, {"title": "A song"}),
        ({"track": "A song", "album": "An album", "release_year": 2021}, {"album": "An album", "date": "2021"}),
        ({"track": "A song", "album": None, "release_date": "20191231"}, {"date": "2019"}),
    ],
)
def test_tags_of_a_song_are_those_that_the_site_names(info: dict[str, object], song: dict[str, str]) -> None:
    assert song_of(info) == ({"title": "A song"} | song if song else {})
