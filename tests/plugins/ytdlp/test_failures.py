from __future__ import annotations

import asyncio
import errno
import gc
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yt_dlp
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import HTTPError, IncompleteRead, ProxyError, TransportError
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, UserNotLive

from fetchgram.api import ContentUnavailable, DiskFull, FetchgramError, Json, Reason, TemporarilyUnavailable, TooLarge
from fetchgram_ytdlp.failures import retry_after_s, told, translate
from fetchgram_ytdlp.options import build

if TYPE_CHECKING:
    from tests.plugins.ytdlp.conftest import Bench

SOURCE = Path(yt_dlp.__file__).parent

pytestmark = pytest.mark.timeout(60)


class FailingIE(InfoExtractor):  # type: ignore[misc]  # yt-dlp is not typed
    """Raises what a test wants, so that the error comes out of yt-dlp as real ones do."""

    _VALID_URL = r"https://failing\.example/(?P<id>\w+)"
    error: Exception = ExtractorError("unset")

    def _real_extract(self, url: str) -> object:
        raise self.error


def raised(error: Exception) -> FetchgramError:
    """Send an error through a real `YoutubeDL`."""
    payload: dict[str, Json] = {"options": OPTIONS, "proxy": "http://127.0.0.1:9", "ca_file": None}
    downloader = build(payload)
    extractor = FailingIE()
    extractor.error = error
    downloader.add_info_extractor(extractor)  # type: ignore[attr-defined]  # not needed outside of tests
    downloader._ies = {"Failing": extractor}  # type: ignore[attr-defined]  # before the generic one
    with pytest.raises(FetchgramError) as caught, told(7):
        downloader.extract_info("https://failing.example/x1", download=False)
    return caught.value


OPTIONS: dict[str, Json] = {
    "socket_timeout_s": 2,
    "concurrent_fragments": 2,
    "retries": 1,
    "max_height_px": None,
    "max_bytes": 7,
    "page_size": 5,
    "cookies_file": None,
    "user_agent": None,
    "extractors": [],
    "extractor_args": {},
    "js_runtimes": {},
    "mp3_kbps": None,
    "picture": False,
    "cache_dir": None,
}


# What yt-dlp writes, why, and the file of its source that holds the words (none: the site's own words).
@pytest.mark.parametrize(
    ("message", "reason", "source"),
    [
        ("This video is DRM protected", Reason.DRM, "extractor/common.py"),
        ("Sign in to confirm you’re not a bot. Use --cookies", Reason.BOT_CHECK, None),
        ("Got HTTP error caused by Cloudflare anti-bot challenge", Reason.BOT_CHECK, None),
        ("Join this channel to get access to members-only content", Reason.MEMBERS, None),
        ("This VOD is for subscribers only", Reason.MEMBERS, "extractor/afreecatv.py"),
        ("Premieres in 5 hours", Reason.UPCOMING, None),
        ("This live event will begin in 3 days.", Reason.UPCOMING, None),
        ("The channel is not currently live", Reason.LIVE, "extractor/chzzk.py"),
        ("Room is offline", Reason.LIVE, "extractor/chaturbate.py"),
        ("Private video. Sign in if you've been granted access", Reason.PRIVATE, None),
        ("This video is private and requires a password", Reason.PRIVATE, "extractor/screencastomatic.py"),
        ("Sign in to confirm your age", Reason.AGE, None),
        ("This video is age-restricted", Reason.AGE, None),
        ("The uploader has not made this video available in your country", Reason.GEO, "extractor/youtube/_video.py"),
        ("This account has been terminated", Reason.ACCOUNT, None),
        ("the YouTube account associated with this video has been terminated", Reason.ACCOUNT, None),
        ("This video requires payment to watch", Reason.MEMBERS, None),
        ("This video is only available to Music Premium members", Reason.MEMBERS, None),
        ("Video unavailable", Reason.GONE, "extractor/youtube/_video.py"),
        ("Song has been removed from the site", Reason.GONE, "extractor/audiomack.py"),
        ("The VOD does not exist", Reason.GONE, "extractor/afreecatv.py"),
        ("This video is only available for registered users", Reason.LOGIN, "extractor/common.py"),
        ("No video formats found!", Reason.NO_MEDIA, "YoutubeDL.py"),
    ],
)
def test_each_wording_has_its_reason(message: str, reason: Reason, source: str | None) -> None:
    error = raised(ExtractorError(message, expected=True))
    assert isinstance(error, ContentUnavailable)
    assert error.reason is reason
    assert source is None or message in (SOURCE / source).read_text(encoding="utf-8")


def test_words_in_an_address_or_a_name_are_not_what_happened() -> None:
    error = raised(
        ExtractorError("No video formats found at https://site.example/private-video/livestream", expected=True)
    )
    assert error.reason is Reason.NO_MEDIA  # type: ignore[attr-defined]  # shown by its failure


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (GeoRestrictedError("sorry", countries=["DE"]), Reason.GEO),
        (UserNotLive(), Reason.LIVE),
        (ExtractorError("x", cause=ProxyError("Tunnel connection failed: 502 Bad Gateway")), Reason.UNREACHABLE),
        (ExtractorError("x", cause=ProxyError("Tunnel connection failed: 403 Forbidden")), Reason.FORBIDDEN_ADDRESS),
        (ExtractorError("x", cause=TransportError("Name or service not known")), Reason.UNREACHABLE),
    ],
)
def test_each_type_has_its_reason(error: Exception, reason: Reason) -> None:
    found = raised(error)
    assert isinstance(found, ContentUnavailable)
    assert found.reason is reason


@pytest.mark.parametrize(
    ("headers", "kind"), [({"X-Fetchgram-Unreachable": "1"}, ContentUnavailable), ({}, TemporarilyUnavailable)]
)
def test_a_site_that_nobody_answers_for_is_told_from_one_that_is_down(
    headers: dict[str, str], kind: type[Exception]
) -> None:
    answer = Response(io.BytesIO(), "http://site.example/", headers, status=502)
    assert isinstance(raised(ExtractorError("x", cause=HTTPError(answer))), kind)


@pytest.mark.parametrize(
    "error",
    [
        ExtractorError("x", cause=TransportError("timed out")),
        ExtractorError("x", cause=IncompleteRead(1, 2)),
        ExtractorError("x", cause=ProxyError("Tunnel connection failed: 503 Service Unavailable")),
        ExtractorError("x", cause=ProxyError("the proxy is gone")),
    ],
)
def test_a_broken_line_is_worth_another_try(error: Exception) -> None:
    assert isinstance(raised(error), TemporarilyUnavailable)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "[download] Got error: HTTP Error 503: Service Unavailable. Giving up after 1 retries",
            TemporarilyUnavailable,
        ),
        ("[download] Got error: HTTP Error 404: Not Found. Giving up after 1 retries", ContentUnavailable),
        ("[download] Got error: 5 bytes read, 10 more expected. Giving up after 1 retries", TemporarilyUnavailable),
        ("unable to write data: [Errno 28] No space left on device", DiskFull),
        ("m3u8 download detected but ffmpeg could not be found. Please install", ContentUnavailable),
        ("something that nobody foresaw", ContentUnavailable),
    ],
)
def test_what_is_left_of_an_error_after_retries_is_still_told_apart(text: str, kind: type[FetchgramError]) -> None:
    assert isinstance(translate(DownloadError(text)), kind)


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EFBIG, TooLarge)]
)
def test_a_full_disk_is_not_the_sites_fault(number: int, kind: type[FetchgramError]) -> None:
    error = DownloadError("unable to write data", (OSError, OSError(number, "no"), None))
    assert isinstance(translate(error, 7), kind)


def test_a_bug_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), told(7):
        _ = 1 / 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("999999999", 86_400.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("²", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: object, seconds: float | None) -> None:
    assert retry_after_s(value) == seconds


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")
async def test_real_answers_of_a_real_site_are_told_apart(bench: Bench) -> None:
    payload: dict[str, Json] = {"options": OPTIONS, "proxy": bench.network.proxy_url, "ca_file": None}

    def ask(url: str) -> FetchgramError:
        downloader = build(payload)
        try:
            with pytest.raises(FetchgramError) as caught, told(7):
                downloader.extract_info(url, download=False)
            return caught.value
        finally:
            downloader.close()

    found = [
        await asyncio.to_thread(ask, url)
        for url in (
            f"{bench.site.url}/bad/404",
            f"{bench.site.url}/bad/429?retry_after=3",
            f"{bench.inside.url}/",
            bench.inside.url.replace("http://", "https://"),
            "https://127.0.0.1:9/",
        )
    ]
    reasons = [getattr(error, "reason", None) for error in found]
    assert reasons == [Reason.GONE, None, Reason.FORBIDDEN_ADDRESS, Reason.FORBIDDEN_ADDRESS, Reason.UNREACHABLE]
    assert found[1].retry_after_s == 3.0  # type: ignore[attr-defined]  # shown by the line above
    assert bench.inside.asked == []
    # yt-dlp leaves the connections of refused answers to the collector: it has to come here, not in another test.
    del found
    gc.collect()
