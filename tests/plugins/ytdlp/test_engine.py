from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fetchgram.api import (
    Certainty,
    Choice,
    ChoiceGone,
    ChoiceKind,
    ContentUnavailable,
    LinkKind,
    MediaKind,
    Reason,
    TemporarilyUnavailable,
    TooLarge,
)
from fetchgram.testing import FakeSink
from fetchgram_ytdlp.boxes import starts_fast

if TYPE_CHECKING:
    from tests.plugins.ytdlp.conftest import Bench, MakeJob, MakeLink


pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]


FILE = Choice(kind=ChoiceKind.VIDEO, container="mp4")
LARGEST_BLOCK_BYTES = 4 * 1024 * 1024
"""Of yt-dlp's, between two looks at what has come (`FileDownloader.best_block_size`)."""


def files_in(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def test_a_page_with_several_qualities_offers_a_ladder_best_first(bench: Bench, make_link: MakeLink) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    videos = [choice for choice in probe.choices if choice.kind is ChoiceKind.VIDEO]
    assert [choice.height_px for choice in videos] == [720, 360, 144]
    assert all(choice.certainty is Certainty.EXACT for choice in videos)
    assert videos[0].size_bytes == bench.site.clip("clip-720.mp4").stat().st_size
    assert (probe.title, probe.author, probe.duration_s) == ("The big colour test", "Sandbox Band", 6.0)
    assert probe.link.kind is LinkKind.VIDEO


async def test_a_chosen_video_arrives_as_it_was_offered(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[1]), workdir, sink)
    assert (media.kind, media.width_px, media.height_px, media.mime) == (MediaKind.VIDEO, 640, 360, "video/mp4")
    assert media.size_bytes == probe.choices[1].size_bytes == media.path.stat().st_size
    assert media.file_name == "The big colour test.mp4"
    assert media.thumbnail is not None
    assert media.path.parent == workdir
    assert sink.reports[-1] == (media.size_bytes, media.size_bytes)


@pytest.mark.parametrize("page", ["stream", "dash"])
async def test_streams_in_pieces_become_one_mp4_that_starts_fast(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob, page: str
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/{page}"))
    assert [choice.height_px for choice in probe.choices[:3]] == [720, 360, 144]
    assert all(choice.codec == "h264" for choice in probe.choices[:3])
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    found = await bench.media.inspect(media.path)
    assert (found.video_codec, found.audio_codec, found.height_px) == ("h264", "aac", 720)
    assert media.duration_s == pytest.approx(6, abs=0.2)
    assert starts_fast(media.path)
    assert files_in(workdir, "stream-*") == []


async def test_sound_alone_is_tagged_and_has_a_cover(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/dash"))
    choice = next(choice for choice in probe.choices if choice.kind is ChoiceKind.AUDIO)
    assert (choice.codec, choice.container) == ("aac", "m4a")
    (media,) = await bench.engine.download(make_job(probe.link, choice), workdir, sink)
    assert (media.kind, media.mime) == (MediaKind.AUDIO, "audio/mp4")
    assert (media.title, media.performer) == ("Picture and sound apart (DASH)", "Sandbox Band")
    assert media.thumbnail is not None
    found = await bench.media.inspect(media.path)
    assert (found.title, found.performer, found.has_cover) == (media.title, media.performer, True)
    assert (await bench.media.cover(media.path, workdir / "seen.jpg")) is not None
    cover = await bench.media.inspect(workdir / "seen.jpg")
    assert (cover.width_px, cover.height_px) == (800, 450)


async def test_sound_is_taken_out_of_a_video_where_it_does_not_come_alone(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[-1]), workdir, sink)
    assert (media.kind, media.mime, media.height_px) == (MediaKind.AUDIO, "audio/mp4", None)
    assert media.duration_s == pytest.approx(6, abs=0.2)


@pytest.mark.parametrize(
    ("name", "kind", "mime"),
    [
        ("clip-360.mp4", MediaKind.VIDEO, "video/mp4"),
        ("song.mp3", MediaKind.AUDIO, "audio/mpeg"),
        ("song.m4a", MediaKind.AUDIO, "audio/mp4"),
        ("picture.jpg", MediaKind.PHOTO, "image/jpeg"),
    ],
)
async def test_a_link_to_a_file_brings_that_file(  # noqa: PLR0913, PLR0917  # fixtures
    bench: Bench,
    sink: FakeSink,
    workdir: Path,
    make_link: MakeLink,
    make_job: MakeJob,
    name: str,
    kind: MediaKind,
    mime: str,
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/media/{name}", LinkKind.FILE))
    assert probe.choices[0].certainty is Certainty.EXACT
    (media,) = await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    assert (media.kind, media.mime, media.file_name) == (kind, mime, name)
    assert media.path.read_bytes() == bench.site.clip(name).read_bytes()


@pytest.mark.parametrize("name", ["master.m3u8", "manifest.mpd"])
async def test_a_link_to_a_manifest_offers_its_qualities(bench: Bench, make_link: MakeLink, name: str) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/media/{name}", LinkKind.FILE))
    assert [choice.height_px for choice in probe.choices[:3]] == [720, 360, 144]
    assert probe.duration_s == pytest.approx(6, abs=0.2)
    assert probe.choices[0].certainty is Certainty.APPROXIMATE


async def test_a_quality_that_is_gone_brings_back_what_there_is(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    gone = replace(probe.choices[0], height_px=1080)
    with pytest.raises(ChoiceGone) as caught:
        await bench.engine.download(make_job(probe.link, gone), workdir, sink)
    assert caught.value.choices == probe.choices


async def test_a_page_with_several_videos_is_a_list_whose_entries_can_be_fetched(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    clips = [f"{bench.site.url}/media/clip-{height}.mp4" for height in (144, 360, 720)]
    body = "".join(f'<video src="{clip}"></video>' for clip in clips)
    url = bench.extra.put("/several", f"<!doctype html><title>Three</title>{body}", content_type="text/html")
    probe = await bench.engine.probe(make_link(url))
    assert (probe.link.kind, probe.choices) == (LinkKind.PLAYLIST, ())
    page = await bench.engine.entries(probe.link)
    assert len(page.entries) == 3
    assert len({entry.link.media_id for entry in page.entries}) == 3
    entry = await bench.engine.probe(page.entries[1].link)
    (media,) = await bench.engine.download(make_job(entry.link, entry.choices[0]), workdir, sink)
    assert media.height_px == 360


async def test_a_list_is_read_page_by_page(bench: Bench, make_link: MakeLink) -> None:
    items = "".join(
        f"<item><title>Part {n}</title><enclosure url='{bench.site.url}/media/clip-144.mp4?n={n}'/></item>"
        for n in range(1, 6)
    )
    body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>"
    link = make_link(bench.extra.put("/feed", body, content_type="application/rss+xml"))
    options = replace(bench.engine._options, page_size=2)
    cursor, titles = None, []
    for _ in range(3):
        page = await bench.engine.entries(link, cursor, options=options)
        titles += [entry.title for entry in page.entries]
        cursor = page.next_cursor
    assert titles == [f"Part {n}" for n in range(1, 6)]
    assert cursor is None
    assert await bench.engine.probe(page.entries[0].link)


async def test_an_item_of_a_feed_that_names_it_is_the_same_wish_as_its_file_alone(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    link = make_link(f"{bench.site.url}/list/2")
    page = await bench.engine.entries(link)
    bench.site.requests.clear()
    item = await bench.engine.probe(page.entries[1].link)
    alone = await bench.engine.probe(make_link(item.link.url, LinkKind.FILE))
    assert (item.title, item.duration_s, alone.title) == ("Clip 2", 6.0, "clip-144")
    assert (item.link.kind, item.choices) == (alone.link.kind, alone.choices)
    (media,) = await bench.engine.download(make_job(item.link, item.choices[0]), workdir, sink)
    assert media.file_name == "Clip 2.mp4"
    assert "/list/2" not in [seen.path for seen in bench.site.requests], "the feed is not read again"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/bad/404", Reason.GONE),
        ("/bad/403", Reason.PRIVATE),
        ("/bad/loop", Reason.UNREACHABLE),
        ("/bad/page.mp4", Reason.NO_MEDIA),
        ("/", Reason.NO_MEDIA),
    ],
)
async def test_what_a_site_refuses_is_told_with_its_reason(
    bench: Bench, make_link: MakeLink, path: str, reason: Reason
) -> None:
    kind = LinkKind.FILE if path.endswith(".mp4") else LinkKind.MEDIA
    with pytest.raises(ContentUnavailable) as caught:
        await bench.engine.probe(make_link(bench.site.url + path, kind))
    assert caught.value.reason is reason


@pytest.mark.parametrize(("path", "after_s"), [("/bad/500", None), ("/bad/429?retry_after=7", 7.0)])
async def test_a_passing_trouble_is_worth_another_try(
    bench: Bench, make_link: MakeLink, path: str, after_s: float
) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.engine.probe(make_link(bench.site.url + path))
    assert caught.value.retry_after_s == after_s


async def test_a_silent_server_is_given_up(bench: Bench, make_link: MakeLink) -> None:
    with pytest.raises(TemporarilyUnavailable):
        await bench.engine.probe(make_link(f"{bench.site.url}/bad/silent.mp4", LinkKind.FILE))


@pytest.mark.parametrize("name", ["endless.mp4", "bomb.mp4"])
async def test_an_answer_without_an_end_is_stopped_at_the_limit(  # fixtures
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob, name: str
) -> None:
    link = make_link(f"{bench.site.url}/bad/{name}", LinkKind.FILE)
    options = replace(bench.engine._options, max_bytes=4_000_000)
    with pytest.raises(TooLarge):
        await bench.engine.download(make_job(link, FILE), workdir, sink, options=options)
    used = sum(path.stat().st_size for path in files_in(workdir, "*"))
    assert used <= options.max_bytes + LARGEST_BLOCK_BYTES


async def test_the_limit_of_a_job_stops_what_has_no_end_though_the_plugin_would_take_more(
    bench: Bench, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    sink = FakeSink(max_bytes=2_000_000)
    with pytest.raises(TooLarge) as caught:
        await bench.engine.download(
            make_job(make_link(f"{bench.site.url}/bad/endless.mp4", LinkKind.FILE), FILE), workdir, sink
        )
    assert caught.value.limit_bytes == sink.max_bytes
    assert sum(path.stat().st_size for path in files_in(workdir, "*")) <= 2_000_000 + LARGEST_BLOCK_BYTES


async def test_pieces_of_unknown_size_are_counted_as_they_come(
    bench: Bench, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    piece = f"{bench.site.url}/media/hls-144-00.ts"
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", *[f"#EXTINF:2,\n{piece}?{n}" for n in range(40)], "#EXT-X-ENDLIST"]
    probe = await bench.engine.probe(make_link(bench.extra.put("/long.m3u8", "\n".join(lines)), LinkKind.FILE))
    sink = FakeSink(max_bytes=3 * bench.site.clip("hls-144-00.ts").stat().st_size)
    with pytest.raises(TooLarge) as caught:
        await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    assert caught.value.limit_bytes == sink.max_bytes
    asked = [seen.path for seen in bench.site.requests if seen.path.endswith(".ts")]
    assert len(asked) < 40


async def test_a_file_that_says_it_is_too_large_is_not_begun(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    link = make_link(f"{bench.site.url}/media/padded-3000000.mp4", LinkKind.FILE)
    with pytest.raises(TooLarge) as caught:
        await bench.engine.download(
            make_job(link, FILE), workdir, sink, options=replace(bench.engine._options, max_bytes=2_000_000)
        )
    assert caught.value.size_bytes == 3_000_000
    assert files_in(workdir, "stream-*") == []


@pytest.mark.parametrize("kind", [LinkKind.FILE, LinkKind.MEDIA])
async def test_a_redirect_to_the_inside_is_refused(bench: Bench, make_link: MakeLink, kind: LinkKind) -> None:
    inside = f"{bench.inside.url}/secret.mp4"
    with pytest.raises(ContentUnavailable) as caught:
        await bench.engine.probe(make_link(f"{bench.site.url}/bad/redirect?to={inside}", kind))
    assert caught.value.reason is Reason.FORBIDDEN_ADDRESS
    assert bench.inside.asked == []


async def test_pieces_on_the_inside_are_refused(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", f"{bench.inside.url}/secret.ts", "#EXT-X-ENDLIST", ""]
    url = bench.extra.put("/trap.m3u8", "\n".join(lines), content_type="application/vnd.apple.mpegurl")
    probe = await bench.engine.probe(make_link(url, LinkKind.FILE))
    with pytest.raises(ContentUnavailable) as caught:
        await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
    assert caught.value.reason is Reason.FORBIDDEN_ADDRESS
    assert bench.inside.asked == []


async def test_a_live_stream_is_refused(bench: Bench, make_link: MakeLink) -> None:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", f"{bench.site.url}/media/hls-144-00.ts", ""]
    url = bench.extra.put("/live.m3u8", "\n".join(lines), content_type="application/vnd.apple.mpegurl")
    with pytest.raises(ContentUnavailable) as caught:
        await bench.engine.probe(make_link(url, LinkKind.FILE))
    assert caught.value.reason is Reason.LIVE


async def test_a_stream_with_a_missing_piece_is_an_error_not_a_file_with_a_hole(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    piece = f"{bench.site.url}/media/hls-144-00.ts"
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", piece, "#EXTINF:2,", f"{bench.site.url}/bad/404"]
    body = "\n".join([*lines, "#EXTINF:2,", piece, "#EXT-X-ENDLIST", ""])
    probe = await bench.engine.probe(make_link(bench.extra.put("/hole.m3u8", body), LinkKind.FILE))
    for _ in range(4):  # each goes on with what the one before it left
        with pytest.raises(ContentUnavailable) as caught:
            await bench.engine.download(make_job(probe.link, probe.choices[0]), workdir, sink)
        assert caught.value.reason is Reason.GONE


async def test_a_cut_download_goes_on_where_it_was(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    link = make_link(f"{bench.site.url}/media/padded-3000000.mp4?cut_after=2000000&kbps=16000", LinkKind.FILE)
    options = replace(bench.engine._options, retries=0)
    with pytest.raises(TemporarilyUnavailable):
        await bench.engine.download(make_job(link, FILE), workdir, sink, options=options)
    (part,) = files_in(workdir, "*.part")
    had_bytes = part.stat().st_size
    bench.site.requests.clear()
    (media,) = await bench.engine.download(make_job(link, FILE), workdir, sink, options=options)
    assert media.size_bytes == 3_000_000
    (range_header,) = [seen.range for seen in bench.site.requests if seen.range]
    assert range_header == f"bytes={had_bytes}-"


async def test_a_stream_in_pieces_goes_on_where_it_was(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    pieces = [f"{bench.site.url}/media/hls-144-{n:02d}.ts" for n in range(3)]
    late = f"{bench.extra.url}/late.ts"
    body = "\n".join(
        ["#EXTM3U", "#EXT-X-TARGETDURATION:2", *(f"#EXTINF:2,\n{p}" for p in [*pieces, late]), "#EXT-X-ENDLIST"]
    )
    probe = await bench.engine.probe(make_link(bench.extra.put("/later.m3u8", body), LinkKind.FILE))
    job = make_job(probe.link, probe.choices[0])
    with pytest.raises(ContentUnavailable):
        await bench.engine.download(job, workdir, sink)
    bench.extra.put("/late.ts", bench.site.clip("hls-144-02.ts").read_bytes())
    bench.site.requests.clear()
    (media,) = await bench.engine.download(job, workdir, sink)
    assert media.duration_s == pytest.approx(8, abs=2)
    assert [seen.path for seen in bench.site.requests if seen.path.endswith(".ts")] == []


async def test_a_finished_merge_is_used_again(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/dash"))
    job = make_job(probe.link, probe.choices[2])
    (first,) = await bench.engine.download(job, workdir, sink)
    bench.site.requests.clear()
    (second,) = await bench.engine.download(job, workdir, sink)
    assert second == first
    assert bench.site.requests == []


async def test_a_note_of_another_choice_or_without_its_files_is_not_trusted(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    probe = await bench.engine.probe(make_link(f"{bench.site.url}/watch/colours"))
    (first,) = await bench.engine.download(make_job(probe.link, probe.choices[2]), workdir, sink)
    assert first.height_px == 144
    (second,) = await bench.engine.download(make_job(probe.link, probe.choices[1]), workdir, sink)
    assert second.height_px == 360
    second.path.unlink()
    (third,) = await bench.engine.download(make_job(probe.link, probe.choices[1]), workdir, sink)
    assert third.path.exists()
    note = workdir / "fetched.json"
    note.write_text(json.dumps({"streams": 1}))
    assert await bench.engine.download(make_job(probe.link, probe.choices[1]), workdir, sink) == (third,)


async def test_a_cancelled_download_ends_within_a_second(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    link = make_link(f"{bench.site.url}/media/padded-9000000.mp4?kbps=800", LinkKind.FILE)
    task = asyncio.create_task(bench.engine.download(make_job(link, FILE), workdir, sink))
    await asyncio.wait_for(sink.heard.wait(), 30)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1
    (part,) = files_in(workdir, "*.part")
    size_bytes = part.stat().st_size
    await asyncio.sleep(0.3)
    assert part.stat().st_size == size_bytes


async def test_progress_is_told_at_most_five_times_a_second_and_only_rises(
    bench: Bench, sink: FakeSink, workdir: Path, make_link: MakeLink, make_job: MakeJob
) -> None:
    link = make_link(f"{bench.site.url}/media/padded-1500000.mp4?kbps=8000", LinkKind.FILE)
    started = time.monotonic()
    await bench.engine.download(make_job(link, FILE), workdir, sink)
    assert len(sink.reports) <= 5 * (time.monotonic() - started) + 2
    done = [each for each, _ in sink.reports]
    assert len(done) > 3
    assert done == sorted(done)
    assert {total for _, total in sink.reports} == {1_500_000}
