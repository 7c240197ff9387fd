"""200 films under sizes: never over, how full, in how many tries; and how right what was said before turned out.

Every source is made at several sizes, rates and lengths, with and without sound. Before each is made to fit, its size
and time are predicted from the file, as `fetchgram compress --plan` does. Some are then encoded by quality: what is
said of those is "about", and their error is shown. The menu says it before there is a file, from the height, the length
and the size alone: its error stands beside.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

from fetchgram.api import (
    Choice,
    ChoiceKind,
    Link,
    LinkKind,
    MediaInfo,
    MediaTools,
    Probe,
    Settings,
    TooLarge,
    open_media,
)
from fetchgram_compress.engine import Engine
from fetchgram_compress.expected import expected
from fetchgram_compress.settings import Settings as CompressSettings
from fetchgram_compress.speed import Speed
from fetchgram_compress.wishes import Wish
from films import SOURCES, make_film
from table import Table, percentile, silence_logs

_SHAPES = (
    {"size": "640x360", "seconds": 4, "fps": 25},
    {"size": "960x540", "seconds": 4, "fps": 30, "is_silent": True},
    {"size": "360x640", "seconds": 3, "fps": 30},
    {"size": "320x180", "seconds": 8, "fps": 60},
)
_SHARES = (0.15, 0.25, 0.4, 0.6, 0.85)
_BY_QUALITY = (Wish(height_px=180), Wish(codec="hevc"), Wish(turn_deg=90))
_CASES, _QUICK_CASES = 200, 20
_FULL = 0.97
_SIZE_OFF, _TIME_OFF = 0.03, 0.25


@dataclass(frozen=True)
class Case:
    """What was said of one film, and what came out."""

    film: str
    limit: int
    said_bytes: int
    said_s: float
    menu_bytes: int
    menu_s: float
    size_bytes: int
    took_s: float
    attempts: int

    @property
    def filled(self) -> float:
        """Part of the limit."""
        return self.size_bytes / self.limit if self.limit else 0.0

    @property
    def size_error(self) -> float:
        """Of what was said, in parts of what came out."""
        return abs(self.said_bytes - self.size_bytes) / self.size_bytes

    @property
    def time_error(self) -> float:
        """The same of the time."""
        return abs(self.said_s - self.took_s) / self.took_s

    @property
    def menu_size_error(self) -> float:
        """Of what the menu said."""
        return abs(self.menu_bytes - self.size_bytes) / self.size_bytes

    @property
    def menu_time_error(self) -> float:
        """The same of the time."""
        return abs(self.menu_s - self.took_s) / self.took_s


async def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_CASES} cases, for a first look")
    parser.add_argument("--cases", type=int, help=f"how many; {_CASES} by default")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth of them")
    options = parser.parse_args()
    wanted = options.cases or (_QUICK_CASES if options.quick else _CASES)
    silence_logs()
    with tempfile.TemporaryDirectory(prefix="bench-compress-sizes-") as name:
        async with open_media(Settings()) as media:
            bench = _Bench(media, Path(name))
            for encoder in ("libx264", "libx265"):  # a bot has long found them
                await media.can_encode(encoder)
            table = Table("Films under sizes", "film", "cases", "over", "97 % full", "one try", "size", "time")
            await bench.measure(table, wanted, options.every)
            table.show()


class _Bench:
    def __init__(self, media: MediaTools, folder: Path) -> None:
        self._media = media
        self._engine = Engine(media, CompressSettings(), Speed())
        self._folder = folder

    async def measure(self, table: Table, wanted: int, every: int) -> None:
        """Fill the table."""
        sized: list[Case] = []
        free: list[Case] = []
        too_small = 0
        for number, (name, path, share) in enumerate(islice(self._inputs(wanted), 0, wanted, every)):
            limit = int(path.stat().st_size * share)
            try:
                sized.append(await self._case(name, path, Wish(max_bytes=limit)))
            except TooLarge:
                too_small += 1
            if share == _SHARES[0]:
                case = await self._case(name, path, _BY_QUALITY[number // len(_SHARES) % len(_BY_QUALITY)])
                free += [case] if case.said_s else []  # what is as it is wanted is left alone
        for name in SOURCES:
            if of_film := [case for case in sized if case.film == name]:
                table.row(name, *_cells(of_film))
        table.row("all", *_cells(sized))
        table.note(_worst(sized))
        if too_small:
            table.note(f"{too_small} sizes were told to be out of reach")
        table.note(_about(free))

    def _inputs(self, wanted: int) -> Iterator[tuple[str, Path, float]]:
        """Return films and shares; fewer cases mean fewer shapes, not fewer sources."""
        for shape, name in product(_SHAPES, SOURCES):
            path = make_film(self._folder, name, **shape)  # type: ignore[arg-type]  # the values of a shape
            shares = _SHARES if wanted > len(SOURCES) * len(_SHARES) else _SHARES[:2]
            for share in shares:
                yield name, path, share
            path.unlink()

    async def _case(self, name: str, path: Path, wish: Wish) -> Case:
        workdir = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            source = Path(shutil.copy(path, workdir / "source.mp4"))
            info = await self._media.inspect(source)
            menu, menu_s = self._engine.plan(_seen_before(info), wish)
            plan, said_s = await self._engine.predict(source, wish, workdir)
            began = time.perf_counter()
            made = await self._engine.make(source, wish, workdir, "result", lambda _share: None)
            took_s = time.perf_counter() - began
            size_bytes = made.path.stat().st_size
            return Case(
                film=name,
                limit=wish.max_bytes or 0,
                said_bytes=plan.size_bytes,
                said_s=said_s,
                menu_bytes=menu.size_bytes,
                menu_s=menu_s,
                size_bytes=size_bytes,
                took_s=took_s,
                attempts=made.attempts,
            )
        finally:
            shutil.rmtree(workdir)


def _seen_before(info: MediaInfo) -> MediaInfo:
    """Return what the menu knows of a film that is not here yet."""
    link = Link(plugin="bench", kind=LinkKind.VIDEO, media_id="1", url="https://example.com/1")
    sides = (info.width_px or 0, info.height_px or 0)
    choice = Choice(
        kind=ChoiceKind.VIDEO,
        height_px=min(sides),
        fps=round(info.fps or 0),
        codec="h264",
        container="mp4",
        silent=info.audio_codec is None,
        size_bytes=info.size_bytes,
    )
    found = expected(Probe(link=link, title="", duration_s=info.duration_s), choice)
    if found is None:
        raise ValueError(choice)
    return found


def _cells(cases: Sequence[Case]) -> Iterator[str]:
    yield str(len(cases))
    yield str(sum(case.filled > 1 for case in cases))
    yield str(sum(_FULL <= case.filled <= 1 for case in cases))
    yield str(sum(case.attempts == 1 for case in cases))
    yield str(sum(case.size_error <= _SIZE_OFF for case in cases))
    yield str(sum(case.time_error <= _TIME_OFF for case in cases))


def _worst(cases: Sequence[Case]) -> str:
    filled = sorted(case.filled for case in cases)
    sizes, times = [case.size_error for case in cases], [case.time_error for case in cases]
    return (
        f"filled: smallest {filled[0]:.3f}, 5 % below {percentile(filled, 0.05):.3f}, median "
        f"{percentile(filled, 0.5):.3f}, largest {filled[-1]:.3f}; predicted size off by {percentile(sizes, 0.9):.1%} "
        f"in 90 %, predicted time by {percentile(times, 0.5):.0%} in half and {percentile(times, 0.9):.0%} in 90 %"
    )


def _about(cases: Sequence[Case]) -> str:
    sizes, times = [case.size_error for case in cases], [case.time_error for case in cases]
    before, before_s = [case.menu_size_error for case in cases], [case.menu_time_error for case in cases]
    return (
        f'by quality ("about"), {len(cases)} films: size off by {percentile(sizes, 0.5):.0%} in half and by '
        f"{percentile(sizes, 0.9):.0%} in 90 %, time by {percentile(times, 0.5):.0%} and {percentile(times, 0.9):.0%}; "
        f"on the menu, without the file: size {percentile(before, 0.5):.0%} and {percentile(before, 0.9):.0%}, time "
        f"{percentile(before_s, 0.5):.0%} and {percentile(before_s, 0.9):.0%}"
    )


if __name__ == "__main__":
    asyncio.run(main())
