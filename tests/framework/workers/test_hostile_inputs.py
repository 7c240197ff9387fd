"""Files that ask ffmpeg for other files or for servers get neither, whatever they are called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest

from fetchgram.errors import FfmpegError
from fetchgram.ports import Watch
from fetchgram.workers.command import inputs_of
from fetchgram.workers.edits import Work, to_thumbnail
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg
from fetchgram.workers.inspect import inspect, make_cover, make_thumbnail

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Clips, MakePool


HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"
TRICKS = {
    "hls": HLS,
    "hls with a key": HLS.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF', 1),
    "hls with a map": HLS.replace("#EXTINF", '#EXT-X-MAP:URI="{target}"\n#EXTINF', 1),
    "hls master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
    "hls over concat": HLS.format(target="concat:{target}|{target}"),
    "hls over subfile": HLS.format(target="subfile,,start,0,end,0,,:{target}"),
    "hls over crypto": HLS.format(target="crypto+{target}"),
    "hls over cache": HLS.format(target="cache:{target}"),
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\nduration 2\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S" '
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=control:{target}\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{target}"/></svg>',
    "smil": '<smil><body><video src="{target}"/></body></smil>',
    "asx": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
}
NAMES = ("a.mp4", "a.mkv", "a.avi", "a.jpg", "a.srt", "a.m3u8")
TARGETS = ("canary.mp4", "{outside}/canary.mp4", "file://{outside}/canary.mp4", "http://127.0.0.1:{port}/canary.mp4")


class Canary:
    """A file and a server that nobody may ask for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.hits = 0

    async def count(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        writer.close()


@pytest.fixture
async def canary(tmp_path: Path, clips: Clips) -> AsyncIterator[Canary]:
    found = Canary(tmp_path / "outside")
    found.folder.mkdir()
    clips.into(found.folder, "picture.mp4").rename(found.folder / "canary.mp4")
    server = await asyncio.start_server(found.count, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
    await server.wait_closed()


def tricks(canary: Canary) -> list[str]:
    places = [target.format(outside=canary.folder, port=canary.port) for target in TARGETS]
    return [text.replace("{target}", place).replace("{port}", "9") for text, place in product(TRICKS.values(), places)]


@pytest.fixture
def workdir(tmp_path: Path, canary: Canary) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "canary.mp4").write_bytes((canary.folder / "canary.mp4").read_bytes())
    return folder


async def yields_something(attempt: Awaitable[object]) -> bool:
    try:
        return await attempt is not None
    except FfmpegError:
        return False


@pytest.mark.timeout(60)
@pytest.mark.parametrize("packaged", [False, True], ids=["system", "packaged"])
async def test_no_playlist_reaches_a_file_or_a_server_through_ffmpeg(
    canary: Canary, workdir: Path, *, packaged: bool
) -> None:
    ffmpeg = Ffmpeg(Path(imageio_ffmpeg.get_ffmpeg_exe()) if packaged else find_ffmpeg())
    leaks = []
    for number, text in enumerate(tricks(canary)):
        source = workdir / NAMES[number % len(NAMES)]
        source.write_text(text)
        output = workdir / "out.mkv"
        try:
            await ffmpeg.run(["-c", "copy"], inputs=[source], output=output, workdir=workdir, watch=Watch(timeout_s=5))
        except FfmpegError:
            continue
        # A list of subtitles is plain text, and its text may be anything: what counts is that nothing was opened.
        if output.stat().st_size > 20_000:
            leaks.append(text)
    assert leaks == []
    assert canary.hits == 0


async def run_bare(*words: object) -> int:
    """Run ffmpeg without the wrapper, so with the host's network."""
    process = await asyncio.create_subprocess_exec(str(find_ffmpeg()), "-loglevel", "quiet", "-y", *map(str, words))
    return await process.wait()


async def test_the_same_tricks_work_without_the_rules_so_the_tests_can_fail(canary: Canary, workdir: Path) -> None:
    source, output = workdir / "a.mp4", workdir / "out.mkv"
    source.write_text(TRICKS["ffconcat"].replace("{target}", "canary.mp4"))
    assert await run_bare("-i", source, "-c", "copy", output) == 0
    assert output.stat().st_size > 20_000
    url = f"http://127.0.0.1:{canary.port}/canary.mp4"
    source = workdir / "a.m3u8"  # newer ffmpeg believes a playlist by its name only
    source.write_text(HLS.format(target=url))
    await run_bare("-protocol_whitelist", "file,http,tcp", "-i", source, "-c", "copy", output)
    assert canary.hits > 0


async def test_the_white_lists_hold_without_the_empty_network_too(canary: Canary, workdir: Path) -> None:
    for number, text in enumerate(tricks(canary)):
        source = workdir / NAMES[number % len(NAMES)]
        source.write_text(text)
        if "127.0.0.1" in text:
            await run_bare(*inputs_of([source], workdir), "-c", "copy", workdir / "out.mkv")
    assert canary.hits == 0


async def test_ffmpeg_itself_has_no_network(canary: Canary, workdir: Path) -> None:
    words = ("-loglevel", "quiet", "-i", f"http://127.0.0.1:{canary.port}/x", "-c", "copy", str(workdir / "o.mkv"))
    process = await Ffmpeg(find_ffmpeg())._spawn((str(find_ffmpeg()), *words), workdir, asyncio.subprocess.DEVNULL)
    await process.communicate()
    assert process.returncode != 0
    assert canary.hits == 0


@pytest.mark.timeout(60)
async def test_no_playlist_reaches_a_file_or_a_server_through_inspection(
    canary: Canary, workdir: Path, make_pool: MakePool
) -> None:
    pool = await make_pool(preload=("fetchgram.workers.thumbnails",))
    for number, text in enumerate(tricks(canary)):
        source = workdir / NAMES[number % len(NAMES)]
        source.write_text(text)
        try:
            found = await inspect(pool, source)
            assert found.kind == "document", text
        except FfmpegError:
            pass
        for make in (make_thumbnail, make_cover):
            assert not await yields_something(make(pool, source, workdir / "t.jpg")), text
    assert canary.hits == 0


async def test_a_thumbnail_from_a_playlist_is_an_error(canary: Canary, workdir: Path) -> None:
    source = workdir / "cover.jpg"
    source.write_text(HLS.format(target=f"http://127.0.0.1:{canary.port}/x"))
    with pytest.raises(FfmpegError):
        await to_thumbnail(Ffmpeg(find_ffmpeg()), source, workdir / "t.jpg", Work(workdir=workdir))
    assert canary.hits == 0


async def test_a_picture_name_is_never_a_pattern(clips: Clips, workdir: Path, canary: Canary) -> None:
    clips.into(workdir, "cover.png").rename(workdir / "img1.png")
    (workdir / "img%d.png").write_text("no picture")
    with pytest.raises(FfmpegError):
        await to_thumbnail(Ffmpeg(find_ffmpeg()), workdir / "img%d.png", workdir / "t.jpg", Work(workdir=workdir))
