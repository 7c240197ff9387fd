"""Lists come page by page, each for one request, and nothing in them is looked at."""

from __future__ import annotations

import pytest

from fetchgram.api import ContentUnavailable, LinkKind, Page, Reason

from .conftest import Bench, link

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

CHANNEL = "https://www.youtube.com/@sandbox"


async def test_a_channel_of_5000_opens_with_one_request(bench: Bench) -> None:
    before = len(bench.web.requests)
    probe = await bench.probe(CHANNEL)
    page = await bench.plugin.entries(probe.link, None)
    assert [each.path for each in bench.asked_since(before)] == ["/@sandbox/videos"]
    assert (probe.title, probe.author, probe.choices) == ("Sandbox Band - Videos", "Sandbox Band", ())
    assert len(page.entries) == 30
    first = page.entries[0]
    assert (first.title, first.duration_s) == ("Video 1", 6.0)
    assert (first.link.kind, first.link.media_id) == (LinkKind.VIDEO, "v0000000001")
    assert first.link.within == probe.link.url
    assert page.next_cursor is not None


async def test_every_further_page_costs_one_request_however_far_it_is(bench: Bench) -> None:
    channel = link(CHANNEL)
    page, seen = await bench.plugin.entries(channel, None), 30
    before = len(bench.web.requests)
    for _ in range(5):
        page = await bench.plugin.entries(channel, page.next_cursor)
        assert page.entries[0].title == f"Video {seen + 1}"
        seen += len(page.entries)
    assert [each.path for each in bench.asked_since(before)] == ["/youtubei/v1/browse"] * 5
    assert seen == 180


async def test_a_playlist_of_50_is_one_page_with_its_total(bench: Bench) -> None:
    playlist = link("https://www.youtube.com/playlist?list=PLsandbox00000fifty")
    before = len(bench.web.requests)
    probe = await bench.plugin.probe(playlist)
    page = await bench.plugin.entries(playlist, None)
    assert [each.path for each in bench.asked_since(before)] == ["/playlist"]
    assert (probe.title, page.total, len(page.entries), page.next_cursor) == ("Fifty videos", 50, 50, None)


async def test_the_end_of_a_list_has_no_cursor(bench: Bench) -> None:
    shorts = link(f"{CHANNEL}/shorts")
    first = await bench.plugin.entries(shorts, None)
    last = await bench.plugin.entries(shorts, first.next_cursor)
    assert (len(first.entries), len(last.entries), last.next_cursor) == (30, 10, None)
    assert {entry.link.kind for entry in last.entries} == {LinkKind.SHORT}


async def test_a_list_is_opened_anew_when_its_first_page_was_taken(bench: Bench) -> None:
    shorts = link(f"{CHANNEL}/shorts")
    before = len(bench.web.requests)
    pages = [await bench.plugin.entries(shorts, None) for _ in range(2)]
    assert pages[0] == pages[1]
    assert len(bench.asked_since(before)) == 2


async def test_a_first_page_that_nobody_took_for_long_is_not_used_any_more(bench: Bench) -> None:
    shorts = link(f"{CHANNEL}/shorts")
    before = len(bench.web.requests)
    await bench.plugin.probe(shorts)
    bench.clock.advance(601)
    await bench.plugin.entries(shorts, None)
    assert len(bench.asked_since(before)) == 2


async def test_a_channel_without_videos_shows_what_it_has(bench: Bench) -> None:
    page = await bench.plugin.entries(link("https://www.youtube.com/@shortsonly"), None)
    assert isinstance(page, Page)
    assert page.entries[0].link.kind is LinkKind.SHORT


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://www.youtube.com/playlist?list=PLsandbox0000nothere", Reason.GONE),
        ("https://www.youtube.com/@nobodyhere", Reason.GONE),
    ],
)
async def test_a_list_that_is_not_there_is_gone(bench: Bench, url: str, reason: Reason) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await bench.plugin.probe(link(url))
    assert caught.value.reason is reason


async def test_a_cursor_that_is_none_of_ours_is_refused(bench: Bench) -> None:
    with pytest.raises(ContentUnavailable):
        await bench.plugin.entries(link(CHANNEL), "nonsense")
