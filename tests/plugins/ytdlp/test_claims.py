from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fetchgram.api import Link, LinkKind
from fetchgram_ytdlp.catalogue import Catalogue
from fetchgram_ytdlp.claims import claim

Claimed = Callable[[str], Any]  # a link, or a failing test


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.of_ytdlp()


@pytest.fixture
def claimed(catalogue: Catalogue) -> Claimed:
    def ask(url: str) -> Link | None:
        return claim(url, catalogue, "ytdlp")

    return ask


@pytest.mark.parametrize(
    ("url", "kind", "media_id"),
    [
        ("https://vimeo.com/56015672", LinkKind.VIDEO, "Vimeo:56015672"),
        ("https://www.dailymotion.com/video/x5kesuj", LinkKind.VIDEO, "Dailymotion:x5kesuj"),
        ("https://soundcloud.com/the-concept-band", LinkKind.PROFILE, None),
        ("https://www.twitch.tv/riotgames/clip/OptimisticDullPigeon", LinkKind.CLIP, None),
    ],
)
def test_what_an_extractor_knows_is_claimed_for_sure(
    claimed: Claimed, url: str, kind: LinkKind, media_id: str | None
) -> None:
    link = claimed(url)
    assert link.sure
    assert link.kind is kind
    assert media_id in (None, link.media_id)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/results?search_query=cats",
        "https://music.youtube.com/search?q=cats",
        "https://www.youtube.com/feed/trending",
        "https://www.youtube.com/hashtag/cats",
        "https://www.youtube.com/",
        "https://vimeo.com/search?q=cats",
    ],
)
def test_searches_and_pages_of_nobody_are_not_claimed_for_sure(claimed: Claimed, url: str) -> None:
    assert not claimed(url).sure


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv", "mov", "mp3", "m4a", "ogg", "opus", "flac", "wav"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_media_files_are_claimed_for_sure(claimed: Claimed, suffix: str, case: Callable[[str], str]) -> None:
    link = claimed(f"https://files.example/a%20b/clip.{case(suffix)}?token=1#t=3")
    assert (link.kind, link.sure) == (LinkKind.FILE, True)
    assert link.url.endswith("?token=1")


@pytest.mark.parametrize("suffix", ["m3u8", "mpd", "jpg", "png", "webp", "gif"])
def test_manifests_and_pictures_are_claimed_for_sure(claimed: Claimed, suffix: str) -> None:
    assert claimed(f"https://files.example/clip.{suffix}").kind is LinkKind.FILE


def test_any_other_page_is_claimed_but_not_for_sure(claimed: Claimed) -> None:
    link = claimed("https://blog.example/2026/a-post")
    assert (link.kind, link.sure) == (LinkKind.MEDIA, False)


@pytest.mark.parametrize(
    "url",
    [
        "ytsearch:cats",
        "rtmp://example.com/live",
        "mms://example.com/live",
        "ftp://example.com/clip.mp4",
        "file:///etc/passwd",
        "data:video/mp4,x",
        "https://",
        "https://[broken/clip.mp4",
        "just words",
        "https://example.com/a b.mp4",
        "https://example.com/#__youtubedl_smuggle=%7B%22a%22%3A1%7D",
        "https://example.com/#%5F_youtubedl_smuggle=%7B%22a%22%3A1%7D",
        "https://example.com/" + "a" * 5000,
    ],
)
def test_what_is_no_plain_web_address_is_not_claimed(claimed: Claimed, url: str) -> None:
    assert claimed(url) is None


def test_spellings_of_one_address_are_one_link(claimed: Claimed) -> None:
    one = claimed("https://Blog.Example:443/post?a=1&utm_source=x&fbclid=y")
    other = claimed("https://blog.example/post?a=1")
    assert one == other


def test_a_query_without_tracking_is_left_as_it_is_spelled(claimed: Claimed) -> None:
    assert claimed("https://files.example/clip.mp4?b=%2f&a").url == "https://files.example/clip.mp4?b=%2f&a"


def test_different_addresses_are_different_media(claimed: Claimed) -> None:
    assert claimed("https://blog.example/one").media_id != claimed("https://blog.example/two").media_id


def test_an_id_beside_other_parts_does_not_name_the_media_alone(claimed: Claimed) -> None:
    """`id` may be a slug that two channels of one site both use."""
    one = claimed("https://www.arte.tv/en/videos/088501-000-A/mexico-stealing-petrol-to-survive/")
    other = claimed("https://www.arte.tv/fr/videos/088501-000-A/mexico-stealing-petrol-to-survive/")
    assert one.media_id != other.media_id
