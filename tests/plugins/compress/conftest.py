"""What the tests of the plugin compress share: a corpus made by ffmpeg's own sources, and the real tools."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import psutil
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from fetchgram.api import MediaInfo, MediaTools, Settings, open_media
from fetchgram.workers.covers import comment_of
from fetchgram.workers.ffmpeg import find_ffmpeg
from fetchgram_compress.engine import Engine
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.speed import Speed

_FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_SOUND = ("-f", "lavfi", "-i", "sine=f=440:d=3:r=44100")
_AAC = ("-c:a", "aac", "-b:a", "96k")


def _film(source: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source)


RECIPES: dict[str, tuple[str, ...]] = {
    "animation.mp4": (*_film("testsrc2=s=320x180:r=25:d=3"), *_SOUND, *_FAST, *_AAC),
    "noise.mp4": (*_film("nullsrc=s=320x180:r=25:d=3,geq=random(1)*255:128:128"), *_SOUND, *_FAST, "-crf", "30", *_AAC),
    "head.mp4": (
        *(*_film("testsrc=s=176x144:r=25:d=2,boxblur=6,noise=alls=5:allf=t,crop=160:128:8+4*sin(3*t):8"), *_SOUND),
        *(*_FAST, *_AAC, "-shortest"),
    ),
    "interlaced.mp4": (
        *_film("testsrc2=s=192x108:r=50:d=2"),
        *(
            "-vf",
            "scroll=horizontal=0.03,tinterlace=interleave_top,fieldorder=tff",
            *_FAST,
            "-flags",
            "+ildct+ilme",
            "-x264-params",
            "tff=1",
        ),
    ),
    "late_sound.mp4": (*_film("testsrc2=s=320x180:r=25:d=3"), "-itsoffset", "0.8", *_SOUND, *_FAST, *_AAC),
    "early_end.mp4": (*_film("testsrc2=s=160x90:r=25:d=3"), *_SOUND, *_FAST, *_AAC, "-filter:a", "atrim=end=0.5"),
    "oblong.mp4": (
        *_film("color=black:s=50x64:r=5:d=0.4"),
        *("-vf", "drawbox=w=25:h=64:c=white:t=fill,setsar=4/3", *_FAST),
    ),
    "second.mp4": (*_film("testsrc2=s=128x72:r=25:d=1"), *_SOUND, *_FAST, *_AAC, "-shortest"),
    "half_hour.mp4": (*_film("testsrc2=s=64x64:r=1:d=1800,noise=alls=30:allf=t"), *_FAST),
    "screen.mp4": (*_film("color=white:s=320x240:r=15:d=3,drawgrid=w=40:h=30"), *_FAST),
    "upright.mp4": (*_film("mandelbrot=s=180x320:r=25,trim=duration=2"), *_SOUND, *_FAST, *_AAC, "-shortest"),
    "smooth.mp4": (*_film("testsrc2=s=192x108:r=60:d=2"), *_SOUND, *_FAST, *_AAC, "-shortest"),
    "bright.mp4": (
        *(*_film("testsrc2=s=192x108:r=25:d=1"), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
        *("-x265-params", "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc", "-tag:v", "hvc1"),
    ),
    "uneven.mkv": (
        *(*_film("testsrc2=s=192x108:r=25:d=3"), "-vf", "setpts='PTS+0.3*mod(N,3)/(25*TB)'", "-fps_mode", "vfr"),
        *_FAST,
    ),
    "two_sounds.mkv": (
        *(*_film("testsrc2=s=192x108:r=25:d=2"), *_SOUND, *_SOUND, "-map", "0", "-map", "1", "-map", "2"),
        *(*_FAST, *_AAC, "-t", "2"),
    ),
    "odd.avi": (*_film("testsrc2=s=161x91:r=25:d=2"), *_SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame", "-shortest"),
    "clip.webm": (
        *(*_film("testsrc2=s=192x108:r=25:d=2"), *_SOUND, "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
        "-shortest",
    ),
    "moving.gif": (*_film("testsrc2=s=161x91:r=10:d=2"),),
    "clip.ts": (*_film("testsrc2=s=192x108:r=25:d=2"), *_SOUND, *_FAST, *_AAC, "-shortest"),
    "clip.mov": (*_film("testsrc2=s=192x108:r=25:d=2"), *_SOUND, *_FAST, "-c:a", "pcm_s16le", "-shortest"),
    "song.mp3": (*_SOUND, "-c:a", "libmp3lame", "-b:a", "192k", "-metadata", "title=A song", "-metadata", "artist=She"),
    "song.m4a": (*_SOUND, *_AAC, "-metadata", "title=A song"),
    "voice.ogg": (*_SOUND, "-c:a", "libopus", "-b:a", "32k", "-ac", "1"),
    "cover.jpg": (*_film("mandelbrot=s=400x300:r=1"), "-frames:v", "1"),
    "tiny.jpg": (*_film("mandelbrot=s=64x48:r=1"), "-frames:v", "1"),
    "picture.png": (*_film("mandelbrot=s=400x300:r=1"), "-frames:v", "1"),
    "moment.mp4": (*_film("testsrc2=s=128x72:r=25:d=0.2"), *_FAST),
    "long.mp4": (*_film("testsrc2=s=640x360:r=25:d=40"), *_FAST, "-g", "25"),
    "talk.mp4": (
        *_film("mandelbrot=s=640x360:r=25:start_scale=3:end_scale=0.3,trim=duration=6"),
        *(*_SOUND, *_FAST, *_AAC, "-shortest"),
    ),
}


@dataclass(frozen=True)
class Corpus:
    """Files that ffmpeg makes when they are first asked for."""

    folder: Path

    def path(self, name: str) -> Path:
        made = self.folder / name
        if not made.exists():
            if (damaged := self._damaged(name)) is not None:
                made.write_bytes(damaged)
            else:
                ffmpeg(*self._recipe(name), made)
        return made

    def _damaged(self, name: str) -> bytes | None:
        match name:
            case "hole.ts":
                whole = self.path("clip.ts").read_bytes()
                middle = len(whole) // 2
                return whole[:middle] + bytes(3000) + whole[middle + 3000 :]
            case "truncated.mkv":
                whole = self.path("fast.mkv").read_bytes()
                return whole[: len(whole) * 2 // 3]
            case "truncated.mp4":
                whole = self.path("animation.mp4").read_bytes()
                return whole[: len(whole) // 2]
            case "noise.bin.mp4":
                return self.path("animation.mp4").read_bytes()[::-1]
            case "empty.mp4":
                return b""
        return None

    def into(self, workdir: Path, name: str) -> Path:
        return Path(shutil.copy(self.path(name), workdir / f"source{Path(name).suffix}"))

    def _recipe(self, name: str) -> tuple[str, ...]:
        match name:
            case "turned.mp4":
                return ("-display_rotation:v:0", "90", "-i", str(self.path("animation.mp4")), "-c", "copy")
            case "covered.mp3":
                picture = ("-i", str(self.path("picture.png")), "-map", "0", "-map", "1", "-c:v", "mjpeg")
                return ("-i", str(self.path("song.mp3")), *picture, "-c:a", "copy", "-disposition:v", "attached_pic")
            case "covered.opus":
                (comment := self.folder / "covered.txt").write_text(comment_of(self.path("cover.jpg")))
                songs = ("-i", str(self.path("song.mp3")), "-i", str(comment), "-map", "0:a", "-c:a", "libopus")
                return (*songs, "-map_metadata", "1", "-map_metadata", "0")
            case "fast.mp4":
                return ("-i", str(self.path("animation.mp4")), "-c", "copy", "-movflags", "+faststart")
            case "fast.mkv":
                return ("-i", str(self.path("animation.mp4")), "-c", "copy")
        return RECIPES[name]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ffmpeg(*words: object) -> None:
    subprocess.run([str(find_ffmpeg()), "-loglevel", "error", "-nostdin", "-y", *map(str, words)], check=True)


@dataclass(frozen=True)
class Seen:
    """What PyAV tells of a result: decoded to its end."""

    video: str | None
    audio: str | None
    size: tuple[int, int] | None
    pixel_format: str | None
    profile: str | None
    frames: int
    fps: float
    span_s: float
    audio_s: float
    channels: int | None


def look(path: Path) -> Seen:
    with av.open(str(path)) as container:
        video = next((s for s in container.streams.video if not _is_cover(s)), None)
        audio = next(iter(container.streams.audio), None)
        shape = (video.codec_context.width, video.codec_context.height) if video else None
        seen = Seen(
            video=video.codec_context.codec.canonical_name if video else None,
            audio=audio.codec_context.codec.canonical_name if audio else None,
            size=shape,
            pixel_format=video.codec_context.pix_fmt if video else None,
            profile=video.codec_context.profile if video else None,
            frames=0,
            fps=float(video.average_rate or 0) if video else 0.0,
            span_s=0.0,
            audio_s=0.0,
            channels=audio.codec_context.channels if audio else None,
        )
        times, samples_s = list[float](), Fraction(0)
        for packet in container.demux():
            for frame in _decoded(packet):
                if isinstance(frame, av.VideoFrame) and packet.stream == video:
                    times.append(float(frame.time or 0))
                elif isinstance(frame, av.AudioFrame) and packet.stream == audio:
                    samples_s += Fraction(frame.samples, frame.sample_rate)
    span_s = max(times) - min(times) + 1 / seen.fps if times and seen.fps else 0.0
    return dataclasses.replace(seen, frames=len(times), span_s=span_s, audio_s=float(samples_s))


def began_s(path: Path) -> tuple[float, float]:
    """Return when picture and sound begin; read apart, as looking for one passes the other by."""
    with av.open(str(path)) as film:
        picture = next(film.decode(film.streams.video[0]))
    with av.open(str(path)) as film:
        sound = next(film.decode(film.streams.audio[0]))
    assert isinstance(picture, av.VideoFrame)
    assert isinstance(sound, av.AudioFrame)
    return picture.time or 0.0, sound.time or 0.0


def _decoded(packet: av.Packet[av.stream.Stream]) -> Sequence[object]:
    """Decode what there is; a hole in a file costs what lies in it."""
    with contextlib.suppress(av.error.InvalidDataError):
        return packet.decode()
    return ()


def _is_cover(stream: av.VideoStream) -> bool:
    return av.stream.Disposition.attached_pic in stream.disposition


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tools() -> AsyncIterator[MediaTools]:
    async with open_media(Settings()) as media:
        yield media


@pytest.fixture
def engine(tools: MediaTools) -> Engine:
    return Engine(tools, CompressSettings(), Speed())


def ffmpegs_of(parent: psutil.Process) -> list[psutil.Process]:
    """Return the ffmpegs at work below a process; one may end while we look."""
    found = []
    for process in parent.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "ffmpeg" in process.name() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@pytest.fixture
def no_child_is_left() -> Iterator[None]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield
    assert [process for process in ffmpegs_of(psutil.Process()) if process.pid not in before] == []


PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
"""For properties: how long an example takes says something about the machine only."""

FILM = MediaInfo(
    kind="video",
    mime="video/mp4",
    size_bytes=100_000_000,
    container="mov",
    duration_s=300.0,
    width_px=1920,
    height_px=1080,
    video_codec="h264",
    video_kbps=2500,
    fps=30.0,
    pixel_format="yuv420p",
    profile="High",
    level=40,
    audio_codec="aac",
    audio_kbps=128,
    audio_channels=2,
    audio_tracks=1,
    starts_fast=True,
)


@pytest.fixture
def film() -> MediaInfo:
    return FILM
