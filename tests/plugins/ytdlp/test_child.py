from __future__ import annotations

from datetime import UTC, datetime

import pytest
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.utils import ExtractorError

from fetchgram.api import ContentUnavailable, Link, LinkKind, Reason
from fetchgram_ytdlp import EngineOptions, child
from fetchgram_ytdlp.options import Downloader, build

LINK = Link(plugin="ytdlp", kind=LinkKind.VIDEO, media_id="x", url="https://upcoming.example/x1")

pytestmark = pytest.mark.timeout(60)


class UpcomingIE(InfoExtractor):  # type: ignore[misc]  # yt-dlp is not typed
    """Answers as yt-dlp's YouTube extractor does for a premiere: an error, or, when told to ignore it, the date."""

    _VALID_URL = r"https://upcoming\.example/(?P<id>\w+)"
    message = "Premieres in 5 hours"

    def _real_extract(self, url: str) -> dict[str, object]:
        self.raise_no_formats(self.message, expected=True)
        return {
            "id": self._match_id(url),
            "title": "Soon",
            "formats": [],
            "live_status": "is_upcoming",
            "release_timestamp": 1_800_000_000,
        }


def answering(message: str) -> Downloader:
    downloader = build({"options": EngineOptions().to_json(), "proxy": "http://127.0.0.1:9", "ca_file": None})
    extractor = UpcomingIE()
    extractor.message = message
    downloader.add_info_extractor(extractor)  # type: ignore[attr-defined]  # not needed outside of tests
    downloader._ies = {"Upcoming": extractor}  # type: ignore[attr-defined]  # before the generic one
    return downloader


def test_a_premiere_says_when_it_begins() -> None:
    with pytest.raises(ContentUnavailable) as caught:
        child._extract(answering("Premieres in 5 hours"), LINK)
    assert caught.value.reason is Reason.UPCOMING
    assert caught.value.at == datetime.fromtimestamp(1_800_000_000, UTC)


def test_any_other_failure_is_not_asked_about_again() -> None:
    downloader = answering("This video is private")
    with pytest.raises(Exception, match="private") as caught:
        child._extract(downloader, LINK)
    assert not isinstance(caught.value, ContentUnavailable)
    assert "ignore_no_formats_error" not in downloader.params
    assert ExtractorError in {type(caught.value), *map(type, caught.value.exc_info or ())}  # type: ignore[attr-defined]  # of yt-dlp


def test_an_empty_list_has_no_media() -> None:
    with pytest.raises(ContentUnavailable) as caught:
        child._one_of(answering(""), {"_type": "playlist", "entries": []})
    assert caught.value.reason is Reason.NO_MEDIA


def test_a_list_of_one_is_that_one() -> None:
    one = {"_type": "video", "id": "1", "title": "One", "formats": [{"url": "https://a.example/x.mp4"}]}
    assert child._one_of(answering(""), {"_type": "playlist", "entries": [one]}) == one


def test_only_streams_that_can_be_fetched_are_offered_and_none_is_told() -> None:
    downloader = answering("")
    plain = {"url": "https://a.example/x.mp4", "format_id": "plain"}
    odd = {"url": "rtmp://a.example/x", "format_id": "odd", "protocol": "rtmp"}
    assert child._served(downloader, {"formats": [plain, odd]}) == [plain]
    with pytest.raises(ContentUnavailable) as caught:
        child._served(downloader, {"formats": [odd]})
    assert caught.value.reason is Reason.PROTOCOL
