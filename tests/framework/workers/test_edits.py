from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import imageio_ffmpeg
import pytest

from fetchgram.errors import FfmpegError
from fetchgram.ports import Watch
from fetchgram.workers.edits import AudioCodec, Work, embed_cover_and_tags, extract_audio, merge, remux, to_thumbnail
from fetchgram.workers.ffmpeg import Ffmpeg, find_ffmpeg

if TYPE_CHECKING:
    from tests.framework.workers.conftest import Clips


@pytest.fixture(params=["system", "packaged"])
def ffmpeg(request: pytest.FixtureRequest) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg() if request.param == "system" else Path(imageio_ffmpeg.get_ffmpeg_exe()))


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(workdir=tmp_path)


_CODECS: dict[str, AudioCodec] = {".mp3": "mp3", ".flac": "flac", ".opus": "copy"}


def streams_of(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [stream.codec_context.codec.canonical_name for stream in container.streams]


def tags_of(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        found = dict(container.metadata)
        for stream in container.streams.audio:
            found |= stream.metadata
        return {name.lower(): value for name, value in found.items()}


def embedded_in(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        covers = [s for s in container.streams.video if av.stream.Disposition.attached_pic in s.disposition]
        return [bytes(next(container.demux(cover))) for cover in covers]


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def index_is_in_front(path: Path) -> bool:
    content = path.read_bytes()
    return content.index(b"moov") < content.index(b"mdat")


async def test_merging_copies_both_streams_and_puts_the_index_in_front(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path
) -> None:
    seen: list[float] = []
    work = Work(workdir=tmp_path, watch=Watch(duration_s=2, on_progress=seen.append))
    video, audio = clips.into(tmp_path, "picture.mp4"), clips.into(tmp_path, "sound.m4a")
    await merge(ffmpeg, video, audio, tmp_path / "out.mp4", work)
    assert streams_of(tmp_path / "out.mp4") == ["h264", "aac"]
    assert index_is_in_front(tmp_path / "out.mp4")
    assert not index_is_in_front(video)
    assert seen
    assert seen[-1] == pytest.approx(1, abs=0.05)


async def test_remuxing_changes_the_container_alone(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work) -> None:
    await remux(ffmpeg, clips.into(tmp_path, "clip.mp4"), tmp_path / "out.mkv", work)
    assert streams_of(tmp_path / "out.mkv") == ["h264", "aac"]


@pytest.mark.parametrize(
    ("codec", "suffix", "found"),
    [
        ("mp3", ".mp3", "mp3"),
        ("aac", ".m4a", "aac"),
        ("opus", ".opus", "opus"),
        ("flac", ".flac", "flac"),
        ("wav", ".wav", "pcm_s16le"),
        ("copy", ".m4a", "aac"),
    ],
)
async def test_audio_is_extracted_as_asked(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work, codec: Any, suffix: str, found: str
) -> None:
    output = tmp_path / f"out{suffix}"
    await extract_audio(ffmpeg, clips.into(tmp_path, "clip.mp4"), output, work, codec=codec, bitrate_kbps=96)
    assert streams_of(output) == [found]


async def test_the_bit_rate_is_what_was_asked(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work) -> None:
    source = clips.into(tmp_path, "clip.mp4")
    for rate in (64, 256):
        await extract_audio(ffmpeg, source, tmp_path / f"{rate}.mp3", work, codec="mp3", bitrate_kbps=rate)
        assert (tmp_path / f"{rate}.mp3").stat().st_size == pytest.approx(rate * 1000 / 8 * 2, rel=0.2)


async def test_a_video_without_sound_has_no_audio_to_extract(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work
) -> None:
    with pytest.raises(FfmpegError) as caught:
        await extract_audio(ffmpeg, clips.into(tmp_path, "picture.mp4"), tmp_path / "o.mp3", work, codec="mp3")
    assert caught.value.kind == "failed"


@pytest.mark.parametrize(
    ("name", "has_cover"),
    [("sound.mp3", True), ("sound.m4a", True), ("sound.opus", True), ("clip.mp4", True), ("clip.webm", False)],
)
async def test_cover_and_tags_are_embedded(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work, name: str, *, has_cover: bool
) -> None:
    source, cover = clips.into(tmp_path, name), clips.into(tmp_path, "cover.jpg")
    cover.write_bytes(cover.read_bytes() + bytes(300_000))  # more than one word of a command line can hold
    output = tmp_path / f"out{source.suffix}"
    tags = {"title": "-i http://x ; 'quoted' = ж\n", "artist": "A=B", "comment": "https://example.com/watch?v=1"}
    await embed_cover_and_tags(ffmpeg, source, output, work, cover=cover, tags=tags)
    assert embedded_in(output) == ([cover.read_bytes()] if has_cover else [])
    found = tags_of(output)
    assert found["title"].strip() == tags["title"].strip()
    assert found["artist"] == "A=B"
    assert found["comment"] == tags["comment"]
    assert {path.name for path in left_in(tmp_path)} == {name, "cover.jpg", output.name}


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".opus"])
async def test_a_cover_is_the_front_one(clips: Clips, tmp_path: Path, work: Work, suffix: str) -> None:
    ffmpeg, cover = Ffmpeg(find_ffmpeg()), clips.into(tmp_path, "cover.jpg")
    source, output = clips.into(tmp_path, "sound.opus"), tmp_path / f"out{suffix}"
    await extract_audio(ffmpeg, source, tmp_path / f"bare{suffix}", work, codec=_CODECS[suffix])
    await embed_cover_and_tags(ffmpeg, tmp_path / f"bare{suffix}", output, work, cover=cover)
    with av.open(str(output)) as song:
        assert [stream.metadata["comment"] for stream in song.streams.video] == ["Cover (front)"]


async def test_a_tag_that_a_song_has_already_is_replaced_and_others_are_kept(
    ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work
) -> None:
    source = clips.into(tmp_path, "sound.opus")
    await embed_cover_and_tags(ffmpeg, source, tmp_path / "out.opus", work, tags={"title": "New"})
    found = tags_of(tmp_path / "out.opus")
    assert (found["title"], found["album"]) == ("New", "An album")


async def test_a_cover_of_another_kind_is_refused(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work) -> None:
    source, cover = clips.into(tmp_path, "sound.opus"), clips.into(tmp_path, "cover.webp")
    with pytest.raises(FfmpegError) as caught:
        await embed_cover_and_tags(ffmpeg, source, tmp_path / "out.opus", work, cover=cover)
    assert caught.value.kind == "input"


async def test_a_tag_name_cannot_smuggle_an_option(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work) -> None:
    source = clips.into(tmp_path, "sound.mp3")
    with pytest.raises(FfmpegError):
        await embed_cover_and_tags(ffmpeg, source, tmp_path / "o.mp3", work, tags={"a=b": "c"})


@pytest.mark.parametrize("name", ["clip.mp4", "cover.jpg", "cover.png", "cover.webp", "moving.gif", "clip.webm"])
async def test_a_thumbnail_is_a_small_jpeg(ffmpeg: Ffmpeg, clips: Clips, tmp_path: Path, work: Work, name: str) -> None:
    output = tmp_path / "t.jpg"
    await to_thumbnail(ffmpeg, clips.into(tmp_path, name), output, work, at_s=0.2 if name == "clip.mp4" else 0)
    assert output.stat().st_size <= 200_000
    with av.open(str(output), format="jpeg_pipe") as picture:
        context = picture.streams.video[0].codec_context
        assert (context.width, context.height) == (320, 180)
