from __future__ import annotations

import os
import shutil
import signal
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from fetchgram.errors import FfmpegError, WorkerCrashed
from fetchgram.ports import MediaInfo
from fetchgram.workers.edits import Work, embed_cover_and_tags, remux
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg
from fetchgram.workers.inspect import inspect, make_cover, make_thumbnail

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Clips, MakePool, Pool


@pytest.fixture
async def pool(make_pool: MakePool) -> Pool:
    return await make_pool(preload=("fetchgram.workers.thumbnails",))


def png_of(width_px: int, height_px: int) -> bytes:
    head = b"IHDR" + width_px.to_bytes(4) + height_px.to_bytes(4) + b"\x08\x02\0\0\0"
    data = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = [part + zlib.crc32(part).to_bytes(4) for part in (head, data, b"IEND")]
    lengths = [13, len(data) - 4, 0]
    return b"\x89PNG\r\n\x1a\n" + b"".join(n.to_bytes(4) + chunk for n, chunk in zip(lengths, chunks, strict=True))


async def test_a_video_is_described(pool: Pool, clips: Clips) -> None:
    found = await inspect(pool, clips.path("clip.mp4"))
    assert found.video_kbps is not None
    assert found.audio_kbps is not None
    assert found == MediaInfo(
        kind="video",
        mime="video/mp4",
        size_bytes=(clips.path("clip.mp4")).stat().st_size,
        container="mov",
        duration_s=2.0,
        width_px=640,
        height_px=360,
        video_codec="h264",
        audio_codec="aac",
        video_kbps=found.video_kbps,
        fps=25.0,
        pixel_format="yuv420p",
        profile="Constrained Baseline",
        level=30,
        audio_kbps=found.audio_kbps,
        audio_channels=1,
        audio_tracks=1,
        has_cover=False,
        title="A title",
        performer="Somebody",
        plays_on_phones=True,
    )


@pytest.mark.parametrize(
    ("name", "kind", "mime", "size", "plays"),
    [
        ("picture.mp4", "video", "video/mp4", (640, 360), True),
        ("upright.mp4", "video", "video/mp4", (360, 640), True),
        ("square.mp4", "video", "video/mp4", (853, 360), True),
        ("ten_bit.mp4", "video", "video/mp4", (640, 360), False),
        ("clip.webm", "video", "video/webm", (640, 360), False),
        ("sound.m4a", "audio", "audio/mp4", (None, None), True),
        ("sound.mp3", "audio", "audio/mpeg", (None, None), True),
        ("cover.jpg", "photo", "image/jpeg", (640, 360), True),
        ("cover.png", "photo", "image/png", (640, 360), True),
        ("cover.webp", "photo", "image/webp", (640, 360), True),
        ("moving.gif", "animation", "image/gif", (640, 360), False),
    ],
)
async def test_kind_size_and_phones_come_from_the_content(  # noqa: PLR0913  # a row of the table above
    pool: Pool,
    clips: Clips,
    tmp_path: Path,
    name: str,
    kind: str,
    mime: str,
    size: tuple[int | None, int | None],
    *,
    plays: bool,
) -> None:
    path = shutil.copy(clips.path(name), tmp_path / "a file")
    found = await inspect(pool, tmp_path / path)
    assert (found.kind, found.mime, (found.width_px, found.height_px)) == (kind, mime, size)
    assert found.plays_on_phones is plays
    assert (found.duration_s is None) == (kind == "photo")


@pytest.mark.parametrize("codec", ["mp3", "opus"])
async def test_a_song_with_a_cover_is_audio(pool: Pool, clips: Clips, tmp_path: Path, codec: str) -> None:
    song, cover = clips.into(tmp_path, f"sound.{codec}"), clips.into(tmp_path, "cover.jpg")
    output, tags = tmp_path / f"out.{codec}", {"title": "A song", "artist": "A band"}
    await embed_cover_and_tags(Ffmpeg(find_ffmpeg()), song, output, Work(workdir=tmp_path), cover=cover, tags=tags)
    found = await inspect(pool, output)
    assert (found.kind, found.has_cover, found.audio_codec) == ("audio", True, codec)
    assert (found.title, found.performer) == ("A song", "A band")
    assert await make_thumbnail(pool, output, tmp_path / "t.jpg") == tmp_path / "t.jpg"
    assert await make_cover(pool, output, tmp_path / "c.jpg") == tmp_path / "c.jpg"
    assert (tmp_path / "c.jpg").read_bytes() == cover.read_bytes()


async def test_the_name_of_a_track_is_no_title(pool: Pool, clips: Clips) -> None:
    assert (await inspect(pool, clips.path("track.mka"))).title is None


@pytest.mark.parametrize(
    ("name", "size"), [("clip.mp4", (640, 360)), ("cover.webp", (640, 360)), ("large.png", (800, 800))]
)
async def test_a_cover_is_drawn_from_whatever_shows_something_and_is_bounded(
    pool: Pool, clips: Clips, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    output = tmp_path / "c.jpg"
    assert await make_cover(pool, clips.path(name), output, 0.5) == output
    found = await inspect(pool, output)
    assert (found.mime, (found.width_px, found.height_px)) == ("image/jpeg", size)
    assert output.stat().st_size <= 400_000


async def test_an_embedded_picture_that_is_too_large_is_made_smaller(pool: Pool, clips: Clips, tmp_path: Path) -> None:
    song, cover, output = clips.into(tmp_path, "sound.m4a"), clips.into(tmp_path, "large.png"), tmp_path / "out.m4a"
    await embed_cover_and_tags(Ffmpeg(find_ffmpeg()), song, output, Work(workdir=tmp_path), cover=cover)
    assert await make_cover(pool, output, tmp_path / "c.jpg") == tmp_path / "c.jpg"
    found = await inspect(pool, tmp_path / "c.jpg")
    assert (found.mime, found.width_px, found.height_px) == ("image/jpeg", 800, 800)
    assert await make_cover(pool, song, tmp_path / "none.jpg") is None


async def test_another_file_is_a_document_with_its_mime(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
    (tmp_path / "b").write_bytes(b"\0\1\2\3" * 100)
    assert (await inspect(pool, tmp_path / "a.pdf")).mime == "application/pdf"
    found = await inspect(pool, tmp_path / "b")
    assert (found.kind, found.mime) == ("document", "application/octet-stream")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"#EXTM3U\nfile:///etc/hostname\n", os.urandom(3000)])
async def test_a_broken_video_is_a_clear_error(pool: Pool, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(FfmpegError) as caught:
        await inspect(pool, tmp_path / "clip.mp4")
    assert caught.value.kind == "input"
    with pytest.raises(FfmpegError):
        await make_thumbnail(pool, tmp_path / "clip.mp4", tmp_path / "t.jpg")
    assert pool.stats.started_total == 1


async def test_a_truncated_video_is_an_error_or_described_but_never_a_crash(
    pool: Pool, clips: Clips, tmp_path: Path
) -> None:
    content = (clips.path("clip.mp4")).read_bytes()
    (tmp_path / "clip.mp4").write_bytes(content[: len(content) // 2])
    with pytest.raises(FfmpegError):  # its index is at the end
        await inspect(pool, tmp_path / "clip.mp4")


@pytest.mark.parametrize(("width_px", "height_px"), [(40_000, 40_000), (20_000, 20_000), (100_001, 1_000)])
async def test_a_picture_over_the_limit_is_refused_by_its_header(
    pool: Pool, tmp_path: Path, width_px: int, height_px: int
) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(width_px, height_px))
    with pytest.raises(FfmpegError, match=r"size of the picture|over the limit"):
        await inspect(pool, tmp_path / "bomb.png")
    with pytest.raises(FfmpegError, match=r"size of the picture|over the limit"):
        await make_thumbnail(pool, tmp_path / "bomb.png", tmp_path / "t.jpg")
    assert pool.stats.rss_bytes < 300_000_000


async def test_a_video_over_the_time_limit_is_refused_by_its_header(pool: Pool, clips: Clips) -> None:
    with pytest.raises(FfmpegError) as caught:
        await inspect(pool, clips.path("clip.mp4"), max_duration_s=1)
    assert caught.value.kind in ("refused", "input")


async def test_a_decoder_that_crashes_takes_only_its_child(pool: Pool, clips: Clips) -> None:
    with pytest.raises(WorkerCrashed, match="SIGSEGV"):
        await pool.run("pool_targets:die_by_signal", int(signal.SIGSEGV))
    assert (await inspect(pool, clips.path("clip.mp4"))).kind == "video"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("clip.mp4", (320, 180)),
        ("upright.mp4", (180, 320)),
        ("square.mp4", (320, 135)),
        ("clip.webm", (320, 180)),
        ("cover.jpg", (320, 180)),
        ("cover.png", (320, 180)),
        ("cover.webp", (320, 180)),
        ("moving.gif", (320, 180)),
    ],
)
async def test_a_thumbnail_is_a_small_jpeg_of_what_is_shown(
    pool: Pool, clips: Clips, tmp_path: Path, name: str, size: tuple[int | None, int | None]
) -> None:
    output = tmp_path / "t.jpg"
    assert await make_thumbnail(pool, clips.path(name), output, 1.0) == output
    assert output.read_bytes()[:3] == b"\xff\xd8\xff"
    assert output.stat().st_size <= 200_000
    with av.open(str(output), format="jpeg_pipe") as picture:
        context = picture.streams.video[0].codec_context
        assert (context.width, context.height) == size


async def test_the_thumbnail_is_of_the_asked_moment_and_turned_as_shown(
    pool: Pool, clips: Clips, tmp_path: Path
) -> None:
    """The corner colours of the upright thumbnail are those of the turned plain one."""
    pictures = []
    for name, at_s in (("clip.mp4", 0.5), ("clip.mp4", 1.5), ("upright.mp4", 1.5)):
        await make_thumbnail(pool, clips.path(name), tmp_path / "t.jpg", at_s)
        with av.open(str(tmp_path / "t.jpg"), format="jpeg_pipe") as picture:
            frame = next(picture.decode(video=0))
            plane = frame.planes[0]
            rows = [bytes(plane)[y * plane.line_size :][: frame.width] for y in range(frame.height)]
            pictures.append(rows)
    early, late, upright = pictures
    assert early != late
    with_decoder = subprocess_rotated(clips.path("upright.mp4"), tmp_path)
    assert distance(upright, with_decoder) < 8 < distance([row[::-1] for row in upright[::-1]], with_decoder)


def subprocess_rotated(path: Path, tmp_path: Path) -> list[bytes]:
    """Return the luma rows that the ffmpeg program, which turns by itself, shows at the same moment."""
    vf = "scale=180:320:flags=area,format=gray"
    command = [str(find_ffmpeg()), "-loglevel", "error", "-ss", "1.5", "-i", str(path), "-frames:v", "1", "-vf", vf]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    return [raw[y * 180 :][:180] for y in range(320)]


def distance(one: list[bytes], other: list[bytes]) -> float:
    pairs = [(a, b) for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True)]
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


async def test_there_is_no_thumbnail_of_sound(pool: Pool, clips: Clips, tmp_path: Path) -> None:
    assert await make_thumbnail(pool, clips.path("sound.m4a"), tmp_path / "t.jpg") is None
    assert not (tmp_path / "t.jpg").exists()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
async def test_bitrates_are_close_whatever_the_container_states(
    pool: Pool, clips: Clips, tmp_path: Path, name: str
) -> None:
    source, copy = clips.into(tmp_path, "clip.mp4").rename(tmp_path / "source.mp4"), tmp_path / name
    await remux(Ffmpeg(find_ffmpeg()), source, copy, Work(workdir=tmp_path))
    found = await inspect(pool, copy)
    assert found.duration_s is not None
    whole_kbps = found.size_bytes * 8 / 1000 / found.duration_s
    assert 0.8 * whole_kbps < (found.video_kbps or 0) + (found.audio_kbps or 0) < 1.2 * whole_kbps


async def test_an_upright_film_tells_its_turn(pool: Pool, clips: Clips) -> None:
    assert (await inspect(pool, clips.path("upright.mp4"))).rotation_deg == 90
    assert (await inspect(pool, clips.path("clip.mp4"))).rotation_deg == 0


async def test_an_mp4_tells_whether_its_index_comes_first(pool: Pool, clips: Clips, tmp_path: Path) -> None:
    source, fast = clips.into(tmp_path, "clip.mp4"), tmp_path / "fast.mp4"
    await remux(Ffmpeg(find_ffmpeg()), source, fast, Work(workdir=tmp_path))
    assert not (await inspect(pool, source)).starts_fast
    assert (await inspect(pool, fast)).starts_fast


async def test_high_dynamic_range_is_told(pool: Pool, clips: Clips) -> None:
    found = await inspect(pool, clips.path("bright.mp4"))
    assert (found.hdr, found.pixel_format, found.video_codec) == (True, "yuv420p10le", "hevc")
    assert not (await inspect(pool, clips.path("ten_bit.mp4"))).hdr
