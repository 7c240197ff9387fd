"""A film under a size: beside plain ffmpeg in two passes, and beside ffmpeg4discord where it is installed.

The films are made by ffmpeg's own sources, or named on the command line. Each way gets the same films and sizes, and
they take turns. SSIM is that of the result, scaled up to the original where it is smaller; plain ffmpeg is judged once
more at the very size of ours, since it usually takes more than it may.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from fetchgram.api import Settings, open_media
from fetchgram_compress.engine import Engine
from fetchgram_compress.plan import plan
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.speed import Speed
from fetchgram_compress.tracks import Work
from fetchgram_compress.wishes import Wish
from films import FFMPEG, Film, make_film, run, ssim
from table import Table, median, percentile, silence_logs, spread

_SOUND_KBPS = 128
_FULL = 0.97
_MIB = 1024 * 1024
"""ff4d's "MB"."""
_MOST_S = 1800
"""ff4d tries for ever where its lowest bitrate is above the size."""
_FILMS = ("zoom", "pattern", "life", "head", "cuts")


@dataclass
class Way:
    """The outcomes of one way."""

    wall_s: list[float] = field(default_factory=list)
    filled: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    same_size: list[float] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)


async def main() -> None:
    """Measure."""
    options = _options()
    silence_logs()
    with tempfile.TemporaryDirectory(prefix="bench-compress-") as name:
        folder = Path(name)
        async with open_media(Settings()) as media:
            speed = Speed(folder / "speed.json")
            engine = Engine(media, CompressSettings(), speed)
            films = [Film(path.stem, path, await media.inspect(path)) for path in _films(options, folder)]
            if options.matrix:
                await _matrix(media.inspect, films[0], folder)
                return
            await _compare(options, engine, films, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("films", nargs="*", type=Path, help="films to use in place of made ones")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller films, for a first look")
    parser.add_argument("--matrix", action="store_true", help="only: files that fit and play, codec x container")
    parser.add_argument("--peer", type=Path, help="the program ff4d; ffprobe must be in PATH")
    parser.add_argument("--shares", default="0.15,0.4", help="sizes to meet, as parts of each film's own")
    return parser.parse_args()


def _films(options: argparse.Namespace, folder: Path) -> list[Path]:
    if options.films:
        return list(options.films)
    is_small = options.quick or options.matrix
    size, seconds = ("640x360", 6) if is_small else ("1280x720", 10)
    return [make_film(folder, name, size=size, seconds=seconds) for name in _FILMS[: 2 if is_small else None]]


async def _compare(options: argparse.Namespace, engine: Engine, films: Sequence[Film], folder: Path) -> None:
    table = Table(
        "A film under a size", "film, size", "wall s", "of plain", "filled", "SSIM", "less than plain", "tries"
    )
    ours, plain, peer = Way(), Way(), Way()
    predicted: list[tuple[float, float]] = []
    for film, share in product(films, map(float, options.shares.split(","))):
        limit = int(film.info.size_bytes * share)
        label = f"{film.name}, {limit / 1e6:.2f} MB"
        _plain(film, limit, folder, plain)
        said_s = await _ours(engine, film, limit, folder, ours)
        predicted.append((said_s, ours.wall_s[-1]))
        plain.same_size.append(_plain_at(film, limit, ours.filled[-1] / plain.filled[-1], folder))
        _row(table, f"plain, {label}", plain, plain)
        _row(table, f"fetchgram, {label}", ours, plain)
        if options.peer:
            _peer(options.peer, film, limit, folder, peer)
            _row(table, f"ffmpeg4discord, {label}", peer, plain)
    for name, way in (("plain", plain), ("fetchgram", ours), ("ffmpeg4discord", peer)):
        if way.wall_s:
            table.note(_summary(name, way, plain))
    close = sum(abs(said - took) <= 0.25 * took for said, took in predicted)
    table.note(f"fetchgram's prediction of the time was within 25 % in {close} of {len(predicted)}")
    table.show()


def _row(table: Table, name: str, way: Way, plain: Way) -> None:
    less = plain.same_size[-1] - way.ssim[-1]
    tries = str(way.attempts[-1]) if way.attempts else ""
    of_plain = f"{way.wall_s[-1] / plain.wall_s[-1]:.2f}"
    filled = f"{way.filled[-1] * 100:.1f} %"
    table.row(name, f"{way.wall_s[-1]:.1f}", of_plain, filled, f"{way.ssim[-1]:.4f}", f"{less:+.4f}", tries)


def _summary(name: str, way: Way, plain: Way) -> str:
    ratios = [one / other for one, other in zip(way.wall_s, plain.wall_s, strict=True)]
    less = [other - one for one, other in zip(way.ssim, plain.same_size, strict=True)]
    over = sum(filled > 1 for filled in way.filled)
    full = sum(_FULL <= filled <= 1 for filled in way.filled)
    once = f", one try in {sum(n == 1 for n in way.attempts)}" if way.attempts else ""
    return (
        f"{name}: wall {median(ratios)} of plain ({spread(ratios)}); over the size {over}, 97 % and more {full} of "
        f"{len(way.filled)}, median {median(way.filled, 3)}{once}; SSIM less by {median(less, 4)} "
        f"(worst {max(less):.4f}, 90 % below {percentile(less, 0.9):.4f})"
    )


async def _ours(engine: Engine, film: Film, limit: int, folder: Path, way: Way) -> float:
    """Return what was said of the time before."""
    workdir = Path(tempfile.mkdtemp(dir=folder))
    source = workdir / f"source{film.path.suffix}"
    shutil.copyfile(film.path, source)
    _, said_s = await engine.predict(source, Wish(max_bytes=limit), workdir)
    began = time.perf_counter()
    made = await engine.make(source, Wish(max_bytes=limit), workdir, "result", lambda _share: None)
    way.wall_s.append(time.perf_counter() - began)
    way.attempts.append(made.attempts)
    _judge(film, made.path, limit, way)
    shutil.rmtree(workdir)
    return said_s


def _plain(film: Film, limit: int, folder: Path, way: Way) -> None:
    """What anybody finds in a forum: bitrate = size / duration - sound, two passes."""
    words, output = _plain_words(film, limit, 1.0, folder), folder / "plain.mp4"
    began = time.perf_counter()
    run(*words, "-pass", 1, "-an", "-f", "null", os.devnull)
    run(*words, "-pass", 2, "-c:a", "aac", "-b:a", f"{_SOUND_KBPS}k", "-movflags", "+faststart", output)
    way.wall_s.append(time.perf_counter() - began)
    _judge(film, output, limit, way)


def _plain_at(film: Film, limit: int, share: float, folder: Path) -> float:
    """Return plain ffmpeg's SSIM when it takes another part of its bitrate; its first pass is still there."""
    output = folder / "same.mp4"
    words = _plain_words(film, limit, share, folder)
    run(*words, "-pass", 2, "-c:a", "aac", "-b:a", f"{_SOUND_KBPS}k", output)
    return ssim(film, output)


def _plain_words(film: Film, limit: int, share: float, folder: Path) -> tuple[object, ...]:
    sound_kbps = _SOUND_KBPS if film.info.audio_codec is not None else 0
    kbps = limit * share * 8 / 1000 / film.duration_s - sound_kbps
    return ("-i", film.path, "-c:v", "libx264", "-b:v", f"{max(int(kbps), 8)}k", "-passlogfile", folder / "plain")


def _peer(program: Path, film: Film, limit: int, folder: Path, way: Way) -> None:
    place, tools = Path(tempfile.mkdtemp(dir=folder)), Path(tempfile.mkdtemp(dir=folder))
    (tools / "ffmpeg").symlink_to(FFMPEG)
    environ = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    words = [str(program), str(film.path.resolve()), "-s", f"{limit / _MIB:.4f}", "-o", f"{place}/"]
    began = time.perf_counter()
    done = subprocess.run(words, env=environ, cwd=place, capture_output=True, text=True, check=True, timeout=_MOST_S)
    way.wall_s.append(time.perf_counter() - began)
    way.attempts.append(1 + done.stdout.count("still above"))
    (result,) = place.glob("*.mp4")
    _judge(film, result, limit, way)
    shutil.rmtree(place)


def _judge(film: Film, result: Path, limit: int, way: Way) -> None:
    way.filled.append(result.stat().st_size / limit)
    way.ssim.append(ssim(film, result))


CODECS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "log-level=none"),
}
SOUNDS = {"aac": ("-c:a", "aac"), "mp3": ("-c:a", "libmp3lame"), "silent": ("-an",)}
CONTAINERS = (".mp4", ".mov", ".mkv", ".ts", ".flv")


async def _matrix(inspect: Callable[[Path], object], film: Film, folder: Path) -> None:
    """Count encodes over files that fit and play, each wished to fit and to be smaller than twice its size."""
    table = Table("Files that fit and play", "codec, sound, container", "to fit", "for every phone")
    cells, encodes = 0, 0
    for video, sound, container in product(CODECS, SOUNDS, CONTAINERS):
        path = folder / f"cell-{video}-{sound}{container}"
        run("-i", film.path, "-t", 1, *CODECS[video], *SOUNDS[sound], path)
        info = await inspect(path)  # type: ignore[misc]  # the port's coroutine
        wishes = (Wish(max_bytes=info.size_bytes * 2), Wish(everywhere=video == "h264"))
        works = [plan(info, wish).work for wish in wishes]
        cells += len(works)
        encodes += sum(work in (Work.SOUND, Work.VIDEO) for work in works)
        table.row(f"{video}, {sound}, {container}", *works)
    table.note(f"{encodes} encodes in {cells} cells")
    table.show()


if __name__ == "__main__":
    asyncio.run(main())
