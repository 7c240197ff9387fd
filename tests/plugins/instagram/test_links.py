from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram.testing import PlatformContract
from fetchgram_instagram.links import claim, item_link
from fetchgram_instagram.plugin import Plugin

HOME = "https://www.instagram.com"
NO_LINK = "no address of the web"
SEARCH = "a search: the plugin `ytdlp` has it, for what it is worth"

CLAIMED = {
    "https://instagram.com/p/aye83DjauH/?foo=bar#abc": ("post", "aye83DjauH"),
    "https://www.instagram.com/reel/Chunk8-jurw/": ("reel", "Chunk8-jurw"),
    "https://www.instagram.com/p/BQ0eAlwhDrw/": ("post", "BQ0eAlwhDrw"),
    "https://www.instagram.com/tv/BkfuX9UB-eK/": ("post", "BkfuX9UB-eK"),
    "https://instagram.com/p/-Cmh1cukG2/": ("post", "-Cmh1cukG2"),
    "http://instagram.com/p/9o6LshA7zy/embed/": ("post", "9o6LshA7zy"),
    "https://www.instagram.com/tv/aye83DjauH/": ("post", "aye83DjauH"),
    "https://www.instagram.com/reel/CDUMkliABpa/": ("reel", "CDUMkliABpa"),
    "https://www.instagram.com/marvelskies.fc/reel/CWqAgUZgCku/": ("reel", "CWqAgUZgCku"),
    "https://www.instagram.com/reels/Cop84x6u7CP/": ("reel", "Cop84x6u7CP"),
    "https://www.instagram.com/stories/highlights/18090946048123978/": ("highlight", "highlights/18090946048123978"),
    "https://www.instagram.com/stories/fruits_zipper/3570766765028588805/": (
        "story",
        "stories/fruits_zipper/3570766765028588805",
    ),
    "https://www.instagram.com/stories/fruits_zipper": ("story", "stories/fruits_zipper"),
    "https://instagram.com/porsche": ("profile", "porsche"),
}
NOT_OURS = {
    "instagram://media?id=482584233761418119": NO_LINK,
    "https://instagram.com/explore/tags/lolcats": SEARCH,
}
_PRINT_TEST_URLS = """
import json
from yt_dlp.extractor import gen_extractor_classes
tests = lambda ie: getattr(ie, "_TESTS", None) or ([ie._TEST] if getattr(ie, "_TEST", None) else [])
is_ours = lambda ie: ie.__module__ == "yt_dlp.extractor.instagram"
print(json.dumps([[is_ours(ie), test["url"]] for ie in gen_extractor_classes() for test in tests(ie)]))
"""


class TestContract(PlatformContract):
    plugin = Plugin
    should_match = (
        (f"{HOME}/p/BQ0eAlwhDrw/?img_index=3&igsh=tracking", "post", "BQ0eAlwhDrw"),
        (f"{HOME}/reel/Chunk8-jurw/?utm_source=ig_web_copy_link", "reel", "Chunk8-jurw"),
        ("https://instagr.am/p/BQ0eAlwhDrw", "post", "BQ0eAlwhDrw"),
        (f"{HOME}/some.body/p/BQ0eAlwhDrw/", "post", "BQ0eAlwhDrw"),
        (f"{HOME}/Some.Body/?hl=en", "profile", "some.body"),
        (f"{HOME}/some.body/reels/", "profile", "some.body"),
        (f"{HOME}/share/BAbcdef_-1", "media", "share/BAbcdef_-1"),
        (f"{HOME}/share/reel/BAbcdef_-1/", "media", "share/BAbcdef_-1"),
        (
            f"{HOME}/s/aGlnaGxpZ2h0OjE4MDkwOTQ2MDQ4MTIzOTc4?story_media_id=1_2&igsh=x",
            "highlight",
            "highlights/18090946048123978",
        ),
    )
    should_not_match = (
        f"{HOME}/",
        f"{HOME}/p/",
        f"{HOME}/p/no/",
        f"{HOME}/accounts/login/",
        f"{HOME}/direct/inbox/",
        f"{HOME}/reels/audio/1234567/",
        f"{HOME}/explore/",
        f"{HOME}/stories/",
        f"{HOME}/stories/some.body/abc/",
        f"{HOME}/s/bm90aGluZw==",
        f"{HOME}/s/%F0%9F%90%A2",
        f"{HOME}/.dots./",
        f"{HOME}/a..b/",
        "https://ddinstagram.com/p/BQ0eAlwhDrw/",
        "https://instagram.com.example.org/p/BQ0eAlwhDrw/",
        "https://notinstagram.com/p/BQ0eAlwhDrw/",
        "https://about.instagram.com/p/BQ0eAlwhDrw/",
        "ftp://instagram.com/p/BQ0eAlwhDrw/",
        "https://[instagram.com/p/BQ0eAlwhDrw/",
    )


@pytest.fixture(scope="module")
def urls() -> dict[bool, set[str]]:
    env = os.environ | {"YTDLP_NO_LAZY_EXTRACTORS": "1", "YTDLP_NO_PLUGINS": "1"}
    run = subprocess.run([sys.executable, "-c", _PRINT_TEST_URLS], env=env, capture_output=True, check=True)
    found = json.loads(run.stdout)
    return {ours: {url for each, url in found if each is ours} for ours in (True, False)}


@pytest.mark.timeout(120)
def test_every_url_of_ytdlps_own_tests_is_classified(urls: dict[bool, set[str]]) -> None:
    assert urls[True] == set(CLAIMED) | set(NOT_OURS)
    claims = {url: claim(url) for url in urls[True]}
    assert {url: (str(link.kind), link.media_id) for url, link in claims.items() if link is not None} == CLAIMED


@pytest.mark.timeout(120)
def test_no_url_of_another_site_is_claimed(urls: dict[bool, set[str]]) -> None:
    assert len(urls[False]) > 5_000
    assert {url for url in urls[False] if claim(url) is not None} <= set(CLAIMED)


@pytest.mark.parametrize(
    "url", ["https://ddinstagram.com/reel/Chunk8-jurw/", "https://d.ddinstagram.com/reel/Chunk8-jurw/"]
)
def test_a_mirror_is_instagram_where_the_operator_says_so(url: str) -> None:
    link = claim(url, ("ddinstagram.com",))
    assert link is not None
    assert link.url == f"{HOME}/reel/Chunk8-jurw/"
    assert claim(url, ("example.org",)) is None


@pytest.mark.parametrize(
    ("query", "hints"), [("img_index=3", {"img_index": "3"}), ("img_index=0", {}), ("img_index=x", {})]
)
def test_the_item_that_was_looked_at_is_a_hint_and_no_part_of_the_name(query: str, hints: dict[str, str]) -> None:
    link = claim(f"{HOME}/p/BQ0eAlwhDrw/?{query}")
    assert link is not None
    assert (dict(link.hints), link.media_id, link.url) == (hints, "BQ0eAlwhDrw", f"{HOME}/p/BQ0eAlwhDrw/")


def test_an_item_of_a_carousel_has_a_name_and_an_address_of_its_own() -> None:
    link = claim(f"{HOME}/reel/BQ0eAlwhDrw/")
    assert link is not None
    item = item_link(link, 3)
    assert (item.media_id, item.url) == ("BQ0eAlwhDrw/3", f"{HOME}/reel/BQ0eAlwhDrw/?img_index=3")


@given(st.text(max_size=60))
def test_no_text_behind_the_host_breaks_it_and_every_claim_leads_back_to_itself(rest: str) -> None:
    link = claim(f"{HOME}/{rest}")
    if link is not None:
        again = claim(link.url)
        assert again is not None
        assert (again.media_id, again.url) == (link.media_id, link.url)
        assert link.url.isascii()
