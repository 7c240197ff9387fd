"""The media site with real yt-dlp, and its bad manners."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
import yt_dlp

from fetchgram_sandbox import sniff
from fetchgram_sandbox.clips import ffmpeg_path
from fetchgram_sandbox.site import MediaSite
from fetchgram_sandbox.streaming import Body

pytestmark = pytest.mark.timeout(60)


class Silence:
    """A logger for yt-dlp that says nothing."""

    def debug(self, text: str) -> None: ...

    def warning(self, text: str) -> None: ...

    def error(self, text: str) -> None: ...


async def fetch(url: str, folder: Path, **options: object) -> tuple[dict[str, object], Path]:
    outtmpl = f"{folder}/%(id)s.%(ext)s"
    settings = {
        "logger": Silence(),
        "outtmpl": outtmpl,
        "noprogress": True,
        "ffmpeg_location": ffmpeg_path(),
        **options,
    }

    def run() -> dict[str, object]:
        with yt_dlp.YoutubeDL(settings) as engine:
            return dict(engine.extract_info(url))

    info = await asyncio.to_thread(run)
    return info, Path(str(info["requested_downloads"][0]["filepath"]))  # type: ignore[index] # yt-dlp's dictionary


async def test_a_watch_page_offers_its_qualities_with_exact_sizes(media_site: MediaSite, tmp_path: Path) -> None:
    info, path = await fetch(f"{media_site.url}/watch/colours", tmp_path, format="360p")
    assert (info["title"], info["duration"]) == ("The big colour test", 6)
    sizes = {each["height"]: each["filesize"] for each in info["formats"]}  # type: ignore[attr-defined] # yt-dlp's dictionary
    assert sizes == {px: media_site.clip(f"clip-{px}.mp4").stat().st_size for px in (144, 360, 720)}
    assert path.read_bytes() == media_site.clip("clip-360.mp4").read_bytes()


async def test_a_quality_vanishes_after_as_many_visits_as_one_says(media_site: MediaSite) -> None:
    found = []
    for query in ("vanish_after=2", "vanish_after=2", "vanish_after=2", "vanish_after=1"):
        async with aiohttp.ClientSession() as http:
            page = await (await http.get(f"{media_site.url}/watch/colours?{query}")).text()
        found.append("720p" in page)
    assert found == [True, True, False, True]


async def test_hls_has_three_qualities_and_downloads_natively(media_site: MediaSite, tmp_path: Path) -> None:
    info, path = await fetch(f"{media_site.url}/watch/stream", tmp_path, hls_prefer_native=True)
    heights = {each["height"] for each in info["formats"]}  # type: ignore[attr-defined] # yt-dlp's dictionary
    assert heights == {144, 360, 720}
    assert path.stat().st_size > 500_000


async def test_dash_has_picture_and_sound_apart_and_merges(media_site: MediaSite, tmp_path: Path) -> None:
    info, path = await fetch(f"{media_site.url}/watch/dash", tmp_path)
    kinds = {(each.get("height"), each["acodec"] != "none") for each in info["formats"]}  # type: ignore[attr-defined] # as above
    assert kinds == {(144, False), (360, False), (720, False), (None, True)}
    assert sniff.mime_of(path) == "video/mp4"


async def test_a_song_has_a_cover_and_tags(media_site: MediaSite, tmp_path: Path) -> None:
    info, path = await fetch(f"{media_site.url}/watch/song", tmp_path)
    assert info["title"] == "Test tone"
    assert (b"Sandbox Band" in path.read_bytes(), b"APIC" in path.read_bytes()) == (True, True)


async def test_a_cut_download_goes_on_where_it_stopped(media_site: MediaSite, tmp_path: Path) -> None:
    _, path = await fetch(f"{media_site.url}/media/clip-720.mp4?cut_after=300000", tmp_path, retries=5)
    assert path.read_bytes() == media_site.clip("clip-720.mp4").read_bytes()
    assert [seen.range for seen in media_site.requests if seen.range.startswith("bytes=")]


async def test_a_speed_is_kept(media_site: MediaSite) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with aiohttp.ClientSession() as http:
        data = await (await http.get(f"{media_site.url}/media/clip-144.mp4?kbps=1600")).read()
    assert loop.time() - started >= len(data) / 200_000 * 0.7


async def test_every_sample_answers(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http:
        for sample in media_site.samples:
            async with http.head(sample["url"]) as answer:
                assert answer.status == (404 if "bad" in sample["url"] else 200), sample


@pytest.mark.parametrize(
    ("header", "status", "piece"),
    [("bytes=0-3", 206, slice(0, 4)), ("bytes=10-", 206, slice(10, None)), ("bytes=-5", 206, slice(-5, None))],
)
async def test_ranges_are_served(media_site: MediaSite, header: str, status: int, piece: slice) -> None:
    whole = media_site.clip("picture.jpg").read_bytes()
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{media_site.url}/media/picture.jpg", headers={"Range": header}) as answer:
            assert (answer.status, await answer.read()) == (status, whole[piece])
        async with http.get(f"{media_site.url}/media/picture.jpg", headers={"Range": "bytes=999999999-"}) as answer:
            assert answer.status == 416


async def test_a_padded_video_has_the_wanted_size_and_still_plays(media_site: MediaSite, tmp_path: Path) -> None:
    _, path = await fetch(f"{media_site.url}/media/padded-3000000.mp4", tmp_path)
    assert path.stat().st_size == 3_000_000
    process = await asyncio.create_subprocess_exec(
        ffmpeg_path(), "-v", "error", "-i", str(path), "-f", "null", "-", stderr=asyncio.subprocess.PIPE
    )
    assert (await process.communicate())[1] == b""


def test_padding_needs_no_memory() -> None:
    body = Body(b"ab", padding_bytes=10**12)
    assert (body.size_bytes, body.read(1, 3), len(body.read(10**12, 50))) == (10**12 + 2, b"b\0\0", 2)


@pytest.mark.parametrize(("name", "status"), [("404", 404), ("500", 500), ("403", 403), ("429", 429)])
async def test_bad_statuses(media_site: MediaSite, name: str, status: int) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{media_site.url}/bad/{name}") as answer:
        assert answer.status == status
        assert answer.headers.get("Retry-After") == ("2" if status == 429 else None)


async def test_an_endless_answer_ends_when_its_reader_goes(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{media_site.url}/bad/endless.mp4") as answer:
        assert "Content-Length" not in answer.headers
        assert len(await answer.content.readexactly(3_000_000)) == 3_000_000


async def test_a_short_answer_breaks_its_promise(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{media_site.url}/bad/short.mp4") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_slow_and_silent_answers_keep_their_reader_waiting(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http:
        for name in ("drip.mp4?seconds=9", "silent.mp4"):
            async with http.get(f"{media_site.url}/bad/{name}") as answer:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await answer.read()


async def test_redirects_lead_anywhere_and_in_circles(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http:
        url = f"{media_site.url}/bad/redirect?to=http://169.254.169.254/latest"
        async with http.get(url, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "http://169.254.169.254/latest")
        with pytest.raises(aiohttp.TooManyRedirects):
            await http.get(f"{media_site.url}/bad/loop")


async def test_a_page_may_pretend_to_be_a_video(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{media_site.url}/bad/page.mp4") as answer:
        assert answer.content_type == "video/mp4"
        assert (await answer.text()).startswith("<!doctype html>")


async def test_a_gzip_bomb_is_a_thousand_times_larger_than_it_looks(media_site: MediaSite) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with http.get(f"{media_site.url}/bad/bomb.mp4") as answer:
            sent_bytes = len(await answer.read())
        assert answer.headers["Content-Encoding"] == "gzip"
    assert 500_000 < sent_bytes < 2_000_000
