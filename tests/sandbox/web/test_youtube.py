"""yt-dlp's own YouTube extractors, unchanged, find what they need on the emulated YouTube."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import yt_dlp

from fetchgram_sandbox.web.server import Web

pytestmark = pytest.mark.timeout(240)

Ask = Callable[..., Awaitable[dict[str, Any]]]
WATCH = "https://www.youtube.com/watch?v="


class Silence:
    """A logger for yt-dlp that says nothing."""

    def debug(self, text: str) -> None: ...

    def warning(self, text: str) -> None: ...

    def error(self, text: str) -> None: ...


@pytest.fixture
def ask(emulated_web: Web, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask yt-dlp about a URL, as a bot without a JavaScript runtime does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(emulated_web.ca_file))
    fixed = {
        "logger": Silence(),
        "proxy": emulated_web.proxy_url,
        "compat_opts": {"no-certifi"},
        "cachedir": False,
        "socket_timeout": 90,
    }

    async def ask(url: str, **more: object) -> dict[str, Any]:
        def run() -> dict[str, Any]:
            options = {**fixed, "js_runtimes": {}, "extract_flat": "in_playlist", "format": "all", **more}
            with yt_dlp.YoutubeDL(options) as engine:
                return dict(engine.extract_info(url, download=False))

        return await asyncio.to_thread(run)

    return ask


async def test_a_video_has_title_chapters_subtitles_and_streams_with_sizes(ask: Ask, emulated_web: Web) -> None:
    info = await ask(f"{WATCH}colourtest1")
    assert (info["title"], info["duration"], info["live_status"]) == ("The big colour test", 6, "not_live")
    assert [(each["title"], each["start_time"]) for each in info["chapters"]] == [
        ("Colours", 0), ("More colours", 2), ("The end", 4),
    ]  # fmt: skip
    assert (list(info["subtitles"]), list(info["automatic_captions"])) == (["en", "de"], ["en"])
    streams = {each["format_id"]: (each.get("height"), each["vcodec"], each["acodec"]) for each in info["formats"]}
    assert streams == {
        "140": (None, "none", "mp4a.40.2"),
        "251": (None, "none", "opus"),
        "160": (144, "avc1.4d400c", "none"),
        "134": (360, "avc1.4d401e", "none"),
        "18": (360, "avc1.42001E", "mp4a.40.2"),
        "136": (720, "avc1.4d401f", "none"),
    }
    assert all(each["filesize"] > 10_000 for each in info["formats"])
    assert {each.host for each in emulated_web.requests} == {"www.youtube.com"}


async def test_the_ladder_goes_from_144p_to_8k_with_hdr_and_60_frames(ask: Ask) -> None:
    info = await ask(f"{WATCH}everything1")
    pictures = [each for each in info["formats"] if each["vcodec"] != "none"]
    assert {each["height"] for each in pictures} == {144, 240, 360, 480, 720, 1080, 1440, 2160, 4320}
    assert {each["height"] for each in pictures if each["dynamic_range"] == "HDR10"} == {1080, 2160}
    assert {each["height"] for each in pictures if each["fps"] == 60} == {1080, 1440, 2160, 4320}


async def test_a_channel_of_5000_opens_with_one_request_and_goes_on_page_by_page(ask: Ask, emulated_web: Web) -> None:
    info = await ask("https://www.youtube.com/@sandbox/videos", playlist_items="1:3")
    assert (info["title"], [each["id"] for each in info["entries"]]) == (
        "Sandbox Band - Videos",
        ["v0000000001", "v0000000002", "v0000000003"],
    )
    assert [each.path for each in emulated_web.requests] == ["/@sandbox/videos"]
    later = await ask("https://www.youtube.com/channel/UCsandbox000000000000000/videos", playlist_items="61:62")
    assert [each["title"] for each in later["entries"]] == ["Video 61", "Video 62"]


async def test_shorts_and_playlists_name_their_videos(ask: Ask) -> None:
    shorts = await ask("https://www.youtube.com/@sandbox/shorts")
    assert len(shorts["entries"]) == 40
    assert shorts["entries"][0]["url"] == "https://www.youtube.com/shorts/s0000000001"
    fifty = await ask("https://www.youtube.com/playlist?list=PLsandbox00000fifty")
    assert (fifty["title"], fifty["playlist_count"], len(fifty["entries"])) == ("Fifty videos", 50, 50)


async def test_a_live_stream_says_that_it_is_live(ask: Ask) -> None:
    assert (await ask(f"{WATCH}livestream1"))["live_status"] == "is_live"


async def test_a_premiere_says_when(ask: Ask) -> None:
    info = await ask(f"{WATCH}premiere001", ignore_no_formats_error=True)
    assert info["live_status"] == "is_upcoming"
    assert info["release_timestamp"] % 3600 == 0


@pytest.mark.parametrize(
    ("video_id", "words"),
    [
        ("privateone1", "Private video"),
        ("membersonl1", "members-only content"),
        ("agegated001", "Sign in to confirm your age"),
        ("geoblocked1", "not made this video available in your country"),
        ("removed0001", "removed by the uploader"),
        ("terminated1", "account associated with this video has been terminated"),
        ("botcheck001", "not a bot"),
        ("tryagain001", "rate-limited by YouTube"),
        ("upcoming001", "Premieres in 5 hours"),
        ("ratelimit01", "Failed to extract any player response"),
        ("nosuchvideo", "Video unavailable"),
    ],
)
async def test_each_refusal_has_its_own_words(ask: Ask, video_id: str, words: str) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match=words):
        await ask(f"{WATCH}{video_id}")


async def test_a_playlist_that_is_not_there_says_so(ask: Ask) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match="The playlist does not exist"):
        await ask("https://www.youtube.com/playlist?list=PLsandbox0000nothere")


async def test_subtitles_come_in_the_language_and_kind_asked_for(emulated_web: Web, ask: Ask) -> None:
    info = await ask(f"{WATCH}colourtest1")
    (url,) = [each["url"] for each in info["subtitles"]["de"] if each["ext"] == "vtt"]
    with yt_dlp.YoutubeDL({"proxy": emulated_web.proxy_url, "compat_opts": {"no-certifi"}}) as engine:
        text = (await asyncio.to_thread(engine.urlopen, url)).read().decode()
    assert text.startswith("WEBVTT\n")
    assert "de line 1 of The big colour test" in text
