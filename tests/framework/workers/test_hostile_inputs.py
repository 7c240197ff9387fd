"""Files that ask ffmpeg for other files or for servers get neither, whatever they are called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import imageio_ffmpeg
import pytest

from fetchgram.errors import FfmpegError
from fetchgram.workers.edits import Work, to_thumbnail
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg
from fetchgram.workers.inspect import inspect, make_thumbnail

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
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" '
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=control:{target}\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{target}" width="9" height="9"/></svg>',
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
async def canary(tmp_path, clips) -> AsyncIterator[Canary]:
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
def workdir(tmp_path, canary):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "canary.mp4").write_bytes((canary.folder / "canary.mp4").read_bytes())
    return folder


async def yields_something(attempt) -> bool:
    try:
        return await attempt is not None
    except FfmpegError:
        return False


@pytest.mark.timeout(60)
@pytest.mark.parametrize("packaged", [False, True], ids=["system", "packaged"])
async def test_no_playlist_reaches_a_file_or_a_server_through_ffmpeg(canary, workdir, packaged):
    ffmpeg = Ffmpeg(Path(imageio_ffmpeg.get_ffmpeg_exe()) if packaged else find_ffmpeg())
    leaks = []
    for number, text in enumerate(tricks(canary)):
        source = workdir / NAMES[number % len(NAMES)]
        source.write_text(text)
        output = workdir / "out.mkv"
        try:
            await ffmpeg.run(["-c", "copy"], inputs=[source], output=output, workdir=workdir, timeout_s=5)
        except FfmpegError:
            continue
        # A list of subtitles is plain text, and its text may be anything: what counts is that nothing was opened.
        if output.stat().st_size > 20_000:
            leaks.append(text)
    assert leaks == []
    assert canary.hits == 0


async def test_the_same_tricks_work_without_the_rules_so_the_test_can_fail(canary, workdir):
    (workdir / "a.mp4").write_text(TRICKS["ffconcat"].replace("{target}", "canary.mp4"))
    output = workdir / "out.mkv"
    command = [find_ffmpeg(), "-loglevel", "error", "-i", workdir / "a.mp4", "-c", "copy", output]
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0
    assert output.stat().st_size > 20_000


@pytest.mark.timeout(60)
async def test_no_playlist_reaches_a_file_or_a_server_through_inspection(canary, workdir, make_pool):
    pool = await make_pool(preload=("fetchgram.workers.thumbnails",))
    for number, text in enumerate(tricks(canary)):
        source = workdir / NAMES[number % len(NAMES)]
        source.write_text(text)
        try:
            found = await inspect(pool, source)
            assert found.kind == "document", text
        except FfmpegError:
            pass
        assert not await yields_something(make_thumbnail(pool, source, workdir / "t.jpg")), text
    assert canary.hits == 0


async def test_a_thumbnail_from_a_playlist_is_an_error(canary, workdir):
    source = workdir / "cover.jpg"
    source.write_text(HLS.format(target=f"http://127.0.0.1:{canary.port}/x"))
    with pytest.raises(FfmpegError):
        await to_thumbnail(Ffmpeg(find_ffmpeg()), source, workdir / "t.jpg", Work(workdir=workdir))
    assert canary.hits == 0


async def test_a_picture_name_is_never_a_pattern(clips, workdir, canary):
    clips.into(workdir, "cover.png").rename(workdir / "img1.png")
    (workdir / "img%d.png").write_text("no picture")
    with pytest.raises(FfmpegError):
        await to_thumbnail(Ffmpeg(find_ffmpeg()), workdir / "img%d.png", workdir / "t.jpg", Work(workdir=workdir))
