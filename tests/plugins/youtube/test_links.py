# ruff: noqa: E501  # addresses are as long as they are

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fetchgram.errors import UnsupportedLink
from fetchgram.plugins.urls import normalise_url
from fetchgram.testing import PlatformContract
from fetchgram_youtube.links import claim
from fetchgram_youtube.plugin import Plugin

from .ytdlp_links import CLAIMED, NO_LINK, NOT_OURS

# The lazy classes have no `_TESTS`, so a process of its own reads them from the real ones.
_PRINT_TEST_URLS = """
import json
from yt_dlp.extractor import gen_extractor_classes
tests = lambda ie: getattr(ie, "_TESTS", None) or ([ie._TEST] if getattr(ie, "_TEST", None) else [])
is_youtubes = lambda ie: ie.__module__.startswith("yt_dlp.extractor.youtube")
print(json.dumps([[is_youtubes(ie), test["url"]] for ie in gen_extractor_classes() for test in tests(ie)]))
"""


class TestContract(PlatformContract):
    plugin = Plugin
    should_match = (
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "video", "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?si=tracking&t=42", "video", "dQw4w9WgXcQ"),
        ("https://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ&pp=x", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "video", "dQw4w9WgXcQ"),
        ("https://youtube.googleapis.com/v/dQw4w9WgXcQ", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ?feature=share", "short", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/live/dQw4w9WgXcQ", "live", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/#/watch?v=dQw4w9WgXcQ", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/?v=dQw4w9WgXcQ", "video", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/clip/UgytZKpehg-hEMBSn3F4AaABCQ", "clip", "UgytZKpehg-hEMBSn3F4AaABCQ"),
        ("https://www.youtube.com/playlist?list=PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC", "playlist", "PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC"),
        ("https://www.youtube.com/watch?list=PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC", "playlist", "PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC"),
        ("https://www.youtube.com/@handle", "channel", "@handle"),
        ("https://www.youtube.com/@handle/shorts", "channel", "@handle/shorts"),
        ("https://www.youtube.com/channel/UCSMOQeBJ2RAnuFungnQOxLg/streams", "channel", "UCSMOQeBJ2RAnuFungnQOxLg/streams"),
        ("https://www.youtube.com/channel/UCSMOQeBJ2RAnuFungnQOxLg/community", "channel", "UCSMOQeBJ2RAnuFungnQOxLg"),
        ("https://www.youtube.com/@handle/live", "live", "@handle/live"),
        ("https://www.youtube.com/%40handle", "channel", "@handle"),
        ("https://www.youtube.com/c/%D0%98%D0%B3%D0%BE%D1%80%D1%8C", "channel", "c/Игорь"),
    )  # fmt: skip
    should_not_match = (
        "https://www.youtube.com/",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/results?search_query=cats",
        "https://www.youtube.com/feed/subscriptions",
        "https://www.youtube.com/redirect?q=https%3A%2F%2Fexample.com%2F",
        "https://www.youtube.com/attribution_link?u=https%3A%2F%2Fexample.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?u=" + "%2Fattribution_link%3Fu%3D" * 20,
        "https://www.youtube.com/channel/notAnId",
        "https://www.youtube.com/t/terms",
        "https://www.youtube.com/robots.txt",
        "https://studio.youtube.com.example.com/watch?v=dQw4w9WgXcQ",
        "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://example.com/https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.google.com/search?q=youtube",
    )


@pytest.fixture(scope="module")
def tests_of_ytdlp() -> list[tuple[bool, str]]:
    """Whether the URL is in the tests of a YouTube extractor, and the URL."""
    env = os.environ | {"YTDLP_NO_LAZY_EXTRACTORS": "1", "YTDLP_NO_PLUGINS": "1"}
    run = subprocess.run([sys.executable, "-c", _PRINT_TEST_URLS], env=env, capture_output=True, check=True)
    return [(bool(own), str(url)) for own, url in cast("list[Any]", json.loads(run.stdout))]


@pytest.mark.timeout(120)
def test_every_url_in_ytdlps_youtube_tests_is_in_the_table(tests_of_ytdlp: list[tuple[bool, str]]) -> None:
    urls = {url for own, url in tests_of_ytdlp if own}
    assert len(urls) > 180
    assert urls == CLAIMED.keys() | NOT_OURS.keys()
    assert not CLAIMED.keys() & NOT_OURS.keys()


@pytest.mark.timeout(120)
def test_no_url_of_any_other_extractor_is_claimed(tests_of_ytdlp: list[tuple[bool, str]]) -> None:
    others = {url for own, url in tests_of_ytdlp if not own} - CLAIMED.keys()
    assert len(others) > 5_000
    assert [url for url in sorted(others) if claim(url) is not None and "youtube" not in url] == []
    # Tests of other extractors that are plain links to YouTube are as much ours as in anybody else's mouth.
    assert all("youtube.com/" in url or "youtu.be/" in url for url in others if claim(url) is not None)


@pytest.mark.parametrize(("url", "expected"), CLAIMED.items())
def test_what_ytdlp_tests_leads_to_what_the_table_says(url: str, expected: tuple[str, str]) -> None:
    link = claim(normalise_url(url))
    assert link is not None
    assert (str(link.kind), link.media_id) == expected


@pytest.mark.parametrize(("url", "why"), NOT_OURS.items())
def test_what_is_not_ours_is_left_to_others(url: str, why: str) -> None:
    if why == NO_LINK:
        with pytest.raises(UnsupportedLink):
            normalise_url(url)
    else:
        assert claim(normalise_url(url)) is None


@pytest.mark.parametrize(
    ("query", "hints"),
    [
        ("t=42", {"t": "42"}),
        ("t=1h2m3s", {"t": "3723"}),
        ("t=90s&end=100", {"t": "90", "end": "100"}),
        ("start=7", {"t": "7"}),
        ("end=9", {"end": "9"}),
        ("t=50&end=40", {"t": "50"}),
        ("t=never", {}),
        ("t=", {}),
        ("t=99999999999999", {}),
    ],
)
def test_times_in_a_link_are_hints_in_seconds(query: str, hints: dict[str, str]) -> None:
    link = claim(f"https://youtu.be/dQw4w9WgXcQ?{query}")
    assert link is not None
    assert (dict(link.hints), link.url) == (hints, "https://www.youtube.com/watch?v=dQw4w9WgXcQ")


@pytest.mark.parametrize(
    ("list_id", "within"),
    [
        ("PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC", "https://www.youtube.com/playlist?list=PLwP_SiAcdui0KVebT0mU9Apz359a4ubsC"),
        ("RDCLAK5uy_kmPRjHDECIcuVwnKsx", "https://www.youtube.com/playlist?list=RDCLAK5uy_kmPRjHDECIcuVwnKsx"),
        ("RDdQw4w9WgXcQ", None),
        ("WL", None),
        ("nonsense", None),
    ],
)  # fmt: skip
def test_a_video_keeps_its_list_where_that_has_a_page_of_its_own(list_id: str, within: str | None) -> None:
    link = claim(f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&list={list_id}&index=2")
    assert link is not None
    assert (link.media_id, link.within) == ("dQw4w9WgXcQ", within)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60))
def test_no_text_behind_the_host_breaks_it_and_every_claim_leads_back_to_itself(rest: str) -> None:
    link = claim(f"https://www.youtube.com/{rest}")
    if link is not None:
        again = claim(link.url)
        assert again is not None
        assert (again.media_id, again.url) == (link.media_id, link.url)
        assert link.url.isascii()
