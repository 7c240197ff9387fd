from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fetchgram.api import Certainty, ChoiceKind, ContentUnavailable, Link, LinkKind, Reason
from fetchgram_ytdlp.catalogue import Catalogue
from fetchgram_ytdlp.claims import claim
from fetchgram_ytdlp.feeds import as_described
from fetchgram_ytdlp.ladder import Wish
from fetchgram_ytdlp.translate import list_probe_of, page_of, probe_of, refuse_unready, tracks_of

LINK = Link(plugin="ytdlp", kind=LinkKind.MEDIA, media_id="Site:1:abc", url="https://site.example/v/1")


def stream(**more: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "format_id": "f",
        "ext": "mp4",
        "protocol": "https",
        "vcodec": "none",
        "acodec": "none",
    }
    return fields | more


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("avc1.640028", "h264"),
        ("hvc1.2.4", "hevc"),
        ("hev1", "hevc"),
        ("vp09.00.51", "vp9"),
        ("vp9.2", "vp9"),
        ("av01.0.08M", "av1"),
        ("vp8", "vp8"),
        ("theora", "theora"),
        (None, None),
    ],
)
def test_codecs_have_one_name_each(codec: str | None, name: str | None) -> None:
    (track,) = tracks_of({}, [stream(vcodec=codec)])
    assert track.video_codec == name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"acodec": "mp4a.40.2", "ext": "m4a"}, "aac"),
        ({"acodec": "mp4a.40.34", "ext": "mp4"}, "mp3"),
        ({"acodec": "opus", "ext": "webm"}, "opus"),
        ({"acodec": None, "ext": "m4a"}, "aac"),
        ({"acodec": "ec-3", "ext": "mp4"}, "eac3"),
    ],
)
def test_codecs_of_sound_have_one_name_each(data: dict[str, object], name: str) -> None:
    (track,) = tracks_of({}, [stream(**data)])
    assert (track.audio_codec, track.has_video) == (name, False)


def test_storyboards_and_empty_streams_are_left_out() -> None:
    assert tracks_of({}, [stream(ext="mhtml"), stream(), stream(ext="mhtml", vcodec="jpeg")]) == ()


@pytest.mark.parametrize(
    ("data", "size_bytes", "certainty"),
    [
        ({"filesize": 10, "filesize_approx": 20}, 10, Certainty.EXACT),
        ({"filesize_approx": 20}, 20, Certainty.APPROXIMATE),
        ({"tbr": 8}, 60_000, Certainty.APPROXIMATE),
        ({}, None, Certainty.UNKNOWN),
    ],
)
def test_a_size_is_never_surer_than_its_source(data: dict[str, object], size_bytes: int, certainty: Certainty) -> None:
    (track,) = tracks_of({"duration": 60}, [stream(vcodec="avc1", **data)])
    assert (track.size_bytes, track.certainty) == (size_bytes, certainty)


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ({"is_live": True}, Reason.LIVE),
        ({"live_status": "is_live"}, Reason.LIVE),
        ({"live_status": "post_live"}, Reason.LIVE),
        ({"live_status": "is_upcoming", "release_timestamp": 1_800_000_000}, Reason.UPCOMING),
    ],
)
def test_what_is_not_ready_is_refused(info: dict[str, object], reason: Reason) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        refuse_unready(info)
    assert caught.value.reason is reason
    if reason is Reason.UPCOMING:
        assert caught.value.at == datetime.fromtimestamp(1_800_000_000, UTC)


def test_what_was_live_is_a_video() -> None:
    refuse_unready({"live_status": "was_live"})


def test_a_probe_says_what_the_site_says() -> None:
    info = {
        "extractor_key": "Site",
        "id": "1",
        "title": "A \u202etitle",
        "channel": "Chan",
        "uploader": "up",
        "duration": 61,
        "thumbnail": "https://site.example/1.jpg",
        "subtitles": {
            "de": [{"ext": "vtt", "url": "https://site.example/de.vtt"}],
            "fr": [{"ext": "ttml", "url": "https://site.example/fr.ttml"}],
            "live_chat": [{"ext": "json", "url": "https://site.example/chat"}],
            "broken": None,
        },
        "automatic_captions": {"en": [{"ext": "srt", "url": "https://site.example/en.srt"}]},
        "chapters": [{"title": "One", "start_time": 0, "end_time": 30}, {"title": "broken"}],
    }
    probe = probe_of(LINK, info, [stream(vcodec="avc1", acodec="mp4a", height=720)], Wish())
    assert (probe.title, probe.author, probe.duration_s) == ("A \u202etitle", "Chan", 61.0)
    assert (probe.link.media_id, probe.link.kind) == ("Site:1", LinkKind.VIDEO)
    assert (probe.languages.subtitles, probe.languages.automatic) == (("de",), ("en",))
    assert [(chapter.title, chapter.end_s) for chapter in probe.chapters] == [("One", 30.0)]
    assert [choice.kind for choice in probe.choices] == [ChoiceKind.VIDEO, ChoiceKind.AUDIO]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:image/png,x", 7])
def test_a_thumbnail_is_a_web_address_or_nothing(url: object) -> None:
    info = {"id": "1", "title": "t", "thumbnail": url}
    assert probe_of(LINK, info, [stream(vcodec="avc1")], Wish()).thumbnail_url is None


def test_a_page_of_the_generic_extractor_keeps_the_name_of_its_address() -> None:
    info = {"extractor_key": "Generic", "id": "watch", "title": "t"}
    assert probe_of(LINK, info, [stream(vcodec="avc1")], Wish()).link.media_id == LINK.media_id


def test_nothing_to_choose_is_no_media() -> None:
    with pytest.raises(ContentUnavailable) as caught:
        probe_of(LINK, {"id": "1"}, [stream()], Wish())
    assert caught.value.reason is Reason.NO_MEDIA


def test_a_list_has_no_choices() -> None:
    probe = list_probe_of(LINK, {"extractor_key": "SiteList", "id": "L", "title": "All", "thumbnails": [{"url": "x"}]})
    assert (probe.link.kind, probe.link.media_id, probe.choices) == (LinkKind.PLAYLIST, "SiteList:L", ())


def test_a_channel_stays_a_channel() -> None:
    link = Link(plugin="ytdlp", kind=LinkKind.CHANNEL, media_id="x", url="https://site.example/c")
    assert list_probe_of(link, {"title": "All"}).link.kind is LinkKind.CHANNEL


def test_entries_are_named_by_their_site_and_know_their_list() -> None:
    entry = {
        "_type": "url",
        "url": "https://site.example/v/9",
        "ie_key": "Site",
        "id": "9",
        "title": "Nine",
        "duration": 5,
    }
    page = page_of(LINK, {"entries": [entry], "playlist_count": 40}, start=1, size=1)
    assert (page.entries[0].link.media_id, page.entries[0].link.within) == ("Site:9", LINK.url)
    assert (page.entries[0].title, page.entries[0].duration_s, page.total) == ("Nine", 5.0, 40)
    assert page.next_cursor is None


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example/film.mp4?id=9",
        "https://SITE.example:443/film.mp4?utm_source=feed&id=9#t=3",
        "https://site.example/live/master.m3u8",
        "https://site.example/page/9",
    ],
)
def test_an_entry_that_no_extractor_knows_is_named_as_for_somebody_who_sends_it_alone(url: str) -> None:
    alone = claim(url, Catalogue([]), "ytdlp")
    assert alone is not None
    (entry,) = page_of(LINK, {"entries": [{"_type": "url", "url": url}]}, start=1, size=1).entries
    assert entry.link == replace(alone, sure=True, within=LINK.url)


def test_an_item_that_a_feed_names_is_reached_by_its_own_address_and_described_as_there() -> None:
    url = "https://site.example/film.mp4?id=9"
    entry = {
        "_type": "url_transparent",
        "url": f"{url}#__youtubedl_smuggle=%7B%22force_videoid%22%3A+%22nine%22%7D",
        "title": "Nine",
        "duration": 5,
        "thumbnail": None,
    }
    alone = claim(url, Catalogue([]), "ytdlp")
    assert alone is not None
    link = page_of(LINK, {"entries": [entry]}, start=4, size=5).entries[0].link
    assert (link.url, link.kind, link.media_id) == (url, alone.kind, alone.media_id)
    assert link.hints == {"title": "Nine", "duration": "5"}
    assert as_described(link) == {"title": "Nine", "duration": 5.0}
    assert as_described(alone) == {}


def test_one_entry_more_than_a_page_means_another_page() -> None:
    entries = [{"_type": "url", "url": f"https://site.example/{n}"} for n in range(3)]
    page = page_of(LINK, {"entries": entries}, start=5, size=2)
    assert (len(page.entries), page.next_cursor) == (2, "7")


def test_an_entry_with_instructions_for_ytdlp_is_reached_through_its_list() -> None:
    """Such an address would be refused when it comes back from a person."""
    entry = {"_type": "url", "url": "https://site.example/v#__youtubedl_smuggle=%7B%7D", "title": "x"}
    page = page_of(LINK, {"entries": [entry]}, start=4, size=5)
    assert page.entries[0].link.url == LINK.url
    assert page.entries[0].link.hints == {"item": "4"}


@pytest.mark.parametrize(
    ("data", "height_px"),
    [
        ({"height": 720, "width": 1280}, 720),
        ({"height": 1280, "width": 720}, 720),
        ({"height": 720}, 720),
        ({"height": 800, "width": 1920, "format_note": "1080p, wide"}, 1080),
        ({"height": 800, "width": 1920, "format_note": "2160p"}, 800),
        ({"height": 1080, "width": 1920, "format_note": "720p"}, 1080),
        ({"height": 720, "format_note": "1080p"}, 720),
        ({"width": 1280}, None),
    ],
)
def test_a_picture_is_called_by_its_shorter_side_or_by_the_name_that_the_site_has_for_it(
    data: dict[str, object], height_px: int | None
) -> None:
    (track,) = tracks_of({}, [stream(vcodec="avc1", **data)])
    assert track.height_px == height_px
