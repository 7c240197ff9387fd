"""What a person gets of YouTube: choices, files, refusals; yt-dlp's own extractors in real children."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from fetchgram.api import (
    Certainty,
    ChoiceKind,
    ContentUnavailable,
    LinkKind,
    MediaKind,
    PluginError,
    Reason,
    TemporarilyUnavailable,
)
from fetchgram.testing import FakeSink
from fetchgram_youtube.plugin import Plugin, options_of
from fetchgram_youtube.settings import Settings

from .conftest import WATCH, Bench, is_sound, is_video, link

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_video_says_what_it_is_and_what_can_be_chosen(bench: Bench) -> None:
    probe = await bench.probe(f"{WATCH}colourtest1&t=3")
    assert (probe.title, probe.duration_s) == ("The big colour test", 6.0)
    assert probe.link == link(f"{WATCH}colourtest1&t=3")
    assert [chapter.title for chapter in probe.chapters] == ["Colours", "More colours", "The end"]
    assert (probe.languages.subtitles, probe.languages.automatic) == (("en", "de"), ("en",))
    offered = [(c.kind, c.height_px, c.codec, c.container) for c in probe.choices]
    assert offered == [
        (ChoiceKind.VIDEO, 720, "h264", "mp4"),
        (ChoiceKind.VIDEO, 360, "h264", "mp4"),
        (ChoiceKind.VIDEO, 144, "h264", "mp4"),
        (ChoiceKind.AUDIO, None, "aac", "m4a"),
        (ChoiceKind.AUDIO, None, "opus", "ogg"),
        (ChoiceKind.AUDIO, None, "mp3", "mp3"),
        (ChoiceKind.THUMBNAIL, None, None, "jpg"),
    ]
    assert [choice.certainty for choice in probe.choices[:6]] == [Certainty.EXACT] * 5 + [Certainty.APPROXIMATE]


async def test_the_ladder_goes_from_144p_to_8k_and_takes_what_plays_everywhere(bench: Bench) -> None:
    probe = await bench.probe("https://youtu.be/everything1")
    videos = [(c.height_px, c.fps, c.hdr, c.codec) for c in probe.choices if c.kind is ChoiceKind.VIDEO]
    assert videos == [
        (4320, 60, False, "av1"),
        (2160, 60, False, "vp9"),
        (2160, 60, True, "vp9"),
        (1440, 60, False, "vp9"),
        (1080, 60, False, "h264"),
        (1080, 60, True, "vp9"),
        (720, None, False, "h264"),
        (480, None, False, "h264"),
        (360, None, False, "h264"),
        (240, None, False, "h264"),
        (144, None, False, "h264"),
    ]
    assert {choice.container for choice in probe.choices if choice.kind is ChoiceKind.VIDEO} == {"mp4"}
    plays = [c.height_px for c in probe.choices if c.kind is ChoiceKind.VIDEO and c.plays_everywhere]
    assert plays == [1080, 720, 480, 360, 240, 144]


async def test_picture_and_sound_are_merged_and_as_large_as_was_said(
    bench: Bench, workdir: Path, sink: FakeSink
) -> None:
    probe = await bench.probe(f"{WATCH}colourtest1")
    said = next(choice.size_bytes for choice in probe.choices if is_video(720)(choice))
    media = await bench.fetch(f"{WATCH}colourtest1", is_video(720), workdir, sink)
    info = await bench.media.inspect(media.path)
    assert (info.video_codec, info.audio_codec, info.height_px) == ("h264", "aac", 720)
    assert (media.kind, media.duration_s, media.file_name) == (MediaKind.VIDEO, 6.0, "The big colour test.mp4")
    assert media.thumbnail is not None
    assert said is not None
    assert abs(media.size_bytes - said) < 0.02 * said
    assert sink.reports[-1] == (said, said)


async def test_a_progressive_file_arrives_as_it_is(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    before = len(bench.web.requests)
    media = await bench.fetch(f"{WATCH}colourtest1", is_video(360), workdir, sink)
    info = await bench.media.inspect(media.path)
    assert (info.video_codec, info.audio_codec, info.height_px) == ("h264", "aac", 360)
    hosts = {each.host for each in bench.asked_since(before)}
    assert hosts == {"www.youtube.com", "i.ytimg.com", "rr1---sn-sandbox.googlevideo.com"}


async def test_a_short_is_upright_and_named_by_its_shorter_side(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    url = "https://www.youtube.com/shorts/vertical001"
    probe = await bench.probe(url)
    assert probe.link.kind is LinkKind.SHORT
    assert [c.height_px for c in probe.choices if c.kind is ChoiceKind.VIDEO] == [720, 360]
    media = await bench.fetch(url, is_video(360), workdir, sink)
    assert (media.width_px, media.height_px) == (360, 640)


async def test_a_wide_film_is_called_as_youtube_calls_it(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    media = await bench.fetch(f"{WATCH}widescreen1", is_video(360), workdir, sink)
    assert (media.width_px, media.height_px) == (640, 268)


@pytest.mark.parametrize(
    ("codec", "mime", "suffix"),
    [("aac", "audio/mp4", ".m4a"), ("mp3", "audio/mpeg", ".mp3"), ("opus", "audio/ogg", ".ogg")],
)
async def test_sound_comes_as_it_is_or_as_mp3_with_title_and_artist(
    bench: Bench, workdir: Path, sink: FakeSink, codec: str, mime: str, suffix: str
) -> None:
    media = await bench.fetch(f"{WATCH}colourtest1", is_sound(codec), workdir, sink)
    info = await bench.media.inspect(media.path)
    assert (info.audio_codec, info.video_codec) == (codec, None)
    assert (media.kind, media.mime, media.path.suffix) == (MediaKind.AUDIO, mime, suffix)
    assert (media.title, media.performer) == ("The big colour test", "Sandbox Band")
    assert (info.title, info.performer, info.has_cover) == ("The big colour test", "Sandbox Band", True)


async def test_a_song_is_called_as_youtube_calls_the_song_not_the_film(
    bench: Bench, workdir: Path, sink: FakeSink
) -> None:
    song = await bench.fetch(f"{WATCH}fourcolours", is_sound("aac"), workdir, sink)
    assert (song.title, song.performer) == ("Four colours", "Sandbox Band")
    assert song.caption == "Sandbox Band - Four colours (Official Video)"
    with av.open(str(song.path)) as file:
        tags = file.metadata
    assert (tags["title"], tags["album"], tags["date"]) == ("Four colours", "Tones and colours", "2021")


async def test_a_large_format_comes_in_several_ranges_and_goes_on_after_a_cut(
    bench: Bench, workdir: Path, sink: FakeSink
) -> None:
    before = len(bench.web.requests)
    bench.youtube.cuts[:] = [0, 3_000_000]
    media = await bench.fetch(f"{WATCH}largevideo1", is_video(720), workdir, sink)
    assert bench.youtube.cuts == []
    assert media.size_bytes > 4_000_000
    asked = [a.range.removeprefix("bytes=") for a in bench.asked_since(before) if a.query.get("itag") == "136"]
    (first, first_end), (second, second_end), (third, _), *_, (_, last_end) = [
        tuple(map(int, each.split("-"))) for each in asked
    ]
    assert (first, second, last_end) == (0, first_end + 1, 24_999_999)
    assert second < third < second_end  # it went on inside of what was cut
    assert third - second <= 3_000_000
    dones = [done for done, _ in sink.reports]
    assert dones == sorted(dones)


async def test_a_second_attempt_goes_on_where_the_first_was_killed(bench: Bench, workdir: Path, sink: FakeSink) -> None:
    first = asyncio.create_task(bench.fetch(f"{WATCH}slowvideo01", is_video(720), workdir, sink))
    async with asyncio.timeout(120):
        while not sink.reports or sink.reports[-1][0] < 300_000:
            sink.heard.clear()
            await sink.heard.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    kept = sum(part.stat().st_size for part in workdir.glob("stream-0-*.part"))  # noqa: ASYNC240  # a test's folder
    before = len(bench.web.requests)
    again = asyncio.create_task(bench.fetch(f"{WATCH}slowvideo01", is_video(720), workdir, FakeSink()))
    async with asyncio.timeout(120):
        while not (ranges := [a.range for a in bench.asked_since(before) if a.query.get("itag") == "136"]):
            await asyncio.sleep(0.05)
    again.cancel()
    with pytest.raises(asyncio.CancelledError):
        await again
    assert kept > 0
    assert int(ranges[0].removeprefix("bytes=").partition("-")[0]) == kept


@pytest.mark.parametrize(
    ("video_id", "reason", "words"),
    [
        ("privateone1", Reason.PRIVATE, "only people whom its owner invited"),
        ("membersonl1", Reason.MEMBERS, "paying members"),
        ("paidvideo01", Reason.MEMBERS, "paying members"),
        ("agegated001", Reason.AGE, "adults who are logged in"),
        ("geoblocked1", Reason.GEO, "does not show it in the country"),
        ("removed0001", Reason.GONE, "not on YouTube any more"),
        ("terminated1", Reason.ACCOUNT, "closed the account"),
        ("nosuchvideo", Reason.GONE, "not on YouTube any more"),
        ("livestream1", Reason.LIVE, "live right now"),
        ("upcoming001", Reason.UPCOMING, "has not begun yet"),
        ("botcheck001", Reason.BOT_CHECK, "proof that I am no robot"),
    ],
)
async def test_each_refusal_has_a_reason_and_a_sentence_of_its_own(
    bench: Bench, video_id: str, reason: Reason, words: str
) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await bench.probe(f"{WATCH}{video_id}")
    assert caught.value.reason is reason
    assert words in bench.says(caught.value)


async def test_a_premiere_says_when_it_begins(bench: Bench) -> None:
    with pytest.raises(ContentUnavailable) as caught:
        await bench.probe(f"{WATCH}premiere001")
    assert caught.value.reason is Reason.UPCOMING
    assert caught.value.at is not None
    assert 4 * 3600 <= (caught.value.at - datetime.now(UTC)).total_seconds() <= 5 * 3600
    assert "begins at" in bench.says(caught.value)


@pytest.mark.parametrize(
    ("video_id", "wait_s", "words"), [("ratelimit01", 120.0, "in 2:00"), ("tryagain001", None, "in an hour")]
)
async def test_being_turned_away_is_passing_and_says_for_how_long(
    bench: Bench, video_id: str, wait_s: float | None, words: str
) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        await bench.probe(f"{WATCH}{video_id}")
    assert caught.value.retry_after_s == wait_s
    assert words in bench.says(caught.value)


async def test_the_admins_hear_of_the_check_for_robots_and_health_knows_until_it_is_over(bench: Bench) -> None:
    access = next(check for check in bench.plugin.health_checks() if check.name == "YouTube: access")
    with pytest.raises(ContentUnavailable):
        await bench.probe(f"{WATCH}botcheck001")
    assert bench.admins.told[-1] == ("youtube-admin-bot-check", "youtube-bot-check")
    assert "no robot" in (await access.check()).detail
    await bench.probe(f"{WATCH}colourtest1")
    assert "no robot" not in (await access.check()).detail


async def test_without_a_context_only_detect_works() -> None:
    plugin = Plugin(Settings(), None)
    assert plugin.detect(f"{WATCH}colourtest1") is not None
    with pytest.raises(PluginError):
        await plugin.probe(link(f"{WATCH}colourtest1"))


async def test_settings_reach_the_engine() -> None:
    settings = Settings.model_validate(
        {
            "js_runtime": "node",
            "js_runtime_path": "/opt/node",
            "player_clients": "web, -tv",
            "po_tokens": "web.gvs+abc, web.player+def",
            "mp3_kbps": 0,
            "max_height_px": 1080,
        }
    )
    options = options_of(settings, cache_dir=Path("/var/cache"))
    assert options.cache_dir == Path("/var/cache")
    assert options_of(Settings(js_runtime="off"), cache_dir=Path("/var/cache")).cache_dir is None
    assert options.js_runtimes == {"node": "/opt/node"}
    assert options.extractor_args == {
        "youtube": {"player_client": ("web", "-tv"), "po_token": ("web.gvs+abc", "web.player+def")}
    }
    assert (options.mp3_kbps, options.max_height_px, options.extractors) == (None, 1080, ("youtube.*",))
    assert Plugin(settings, None).may_spawn
    assert not Plugin(Settings(js_runtime="off"), None).may_spawn
