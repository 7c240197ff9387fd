"""Megabytes a second over MTProto: our uploader beside kurigram's `save_file` and Telethon, on lines with a delay."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from table import Table, ratio
from upload_process import CLIENTS, MB, Result, Task, run, server

_SMALL_MB, _LARGE_MB = 5, 2000
_AT_ONCE = 8
_LEARNING_S = 1.5
_FIXED = ((1, 16), (2, 16), (4, 16), (8, 16), (8, 8))
"""Connections and parts of half a MiB under way, within what is the default at most."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, and how much goes over it."""

    name: str
    round_trip_ms: int
    mb_per_s: int | None = None
    files: int = 1


_LINES = (
    Shape("0 ms", 0),
    Shape("50 ms", 50),
    Shape("100 ms", 100),
    Shape("50 ms, 8 MB/s a connection", 50, 8),
    Shape("50 ms, 4 files at once", 50, files=4),
)
_SHAPES = tuple(
    Shape(f"{round_trip_ms} ms" + (f", {cap} MB/s a connection" if cap else ""), round_trip_ms, cap)
    for round_trip_ms in (0, 50, 100)
    for cap in (None, 8)
)


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is measured.

    Args:
        folder: For files.
        path: The large file.
        limit_s: For each upload.
    """

    folder: Path
    path: Path
    limit_s: float


async def _lines(measure: Measure) -> None:
    table = Table(
        "Uploads over MTProto", "line", "who", "MB/s", "of kurigram", "CPU s/GB", "peak MiB", "loop lag p99 ms"
    )
    for shape in _LINES:
        async with server(measure.folder, shape.round_trip_ms, shape.mb_per_s) as told:
            tasks = [Task(who, str(measure.path), shape.files, measure.limit_s) for who in CLIENTS]
            results = {task.who: await run(task, told) for task in tasks}
        for who, result in results.items():
            table.row(shape.name, who, *_cells(result, results["kurigram"]))
    table.note(f"Each file {measure.path.stat().st_size // MB} MB, stopped after {measure.limit_s:.0f} s.")
    table.note("Each client in a process of its own; the server, which deciphers everything, and the line in another.")
    table.show()


def _cells(result: Result, stock: Result) -> tuple[str, ...]:
    return (
        f"{result.mb_per_s:.1f}",
        ratio(result.mb_per_s, stock.mb_per_s),
        f"{result.cpu_s / result.megabytes * 1000:.1f}",
        f"{result.peak_mib:.0f}",
        f"{result.lag_p99_ms:.1f}",
    )


async def _sharing(measure: Measure) -> None:
    small = measure.folder / "small.bin"
    small.write_bytes(os.urandom(_SMALL_MB * MB))
    large = measure.folder / "large.bin"
    with large.open("wb") as file:
        file.truncate(_LARGE_MB * MB)  # zeros that take no room on the disk, and are enciphered and sent like any
    table = Table(
        "Uploads that share a line",
        "line",
        f"Jain index of {_AT_ONCE} files",
        f"{_SMALL_MB} MB alone s",
        f"behind one of {_LARGE_MB} MB s",
    )
    for shape in (_LINES[1], _LINES[3]):
        async with server(measure.folder, shape.round_trip_ms, shape.mb_per_s) as told:
            fair = await run(Task("fetchgram", str(measure.path), _AT_ONCE, measure.limit_s), told)
            one = await run(Task("fetchgram", str(large), limit_s=1.0, small=str(small)), told)
        table.row(shape.name, f"{_jain(fair.done_bytes):.4f}", *(f"{seconds:.2f}" for seconds in one.small_s))
    table.note(
        "The index is 1 when all have got the same, 1/8 when one has got everything; taken when the first is up."
    )
    table.show()


def _jain(shares: Sequence[int]) -> float:
    """Say how fair shares are: Jain, Chiu, Hawe, DEC-TR-301 (1984)."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


async def _window(measure: Measure) -> None:
    names = [f"{connections} x {parts}" for connections, parts in _FIXED]
    table = Table("The window beside fixed ones, MB/s", "line", "adapting", "of the best", *names)
    for shape in _SHAPES:
        async with server(measure.folder, shape.round_trip_ms, shape.mb_per_s) as told:
            task = Task("fetchgram", str(measure.path), limit_s=_LEARNING_S + measure.limit_s / 4, skip_s=_LEARNING_S)
            ours = await run(task, told)
            fixed = [
                await run(replace(task, connections=connections, parts=parts), told) for connections, parts in _FIXED
            ]
        best = max(result.mb_per_s for result in fixed)
        rates = [f"{result.mb_per_s:.1f}" for result in fixed]
        table.row(shape.name, f"{ours.mb_per_s:.1f}", ratio(ours.mb_per_s, best), *rates)
    table.note("Fixed: connections x parts of half a MiB under way.")
    table.note(f"The first {_LEARNING_S} s are not counted, in which ours learns; the other tables count everything.")
    table.show()


_SECTIONS: dict[str, Callable[[Measure], Awaitable[None]]] = {
    "lines": _lines,
    "sharing": _sharing,
    "window": _window,
}


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(_SECTIONS)}; by default all")
    parser.add_argument("--quick", action="store_true", help="smaller and shorter, for a first look")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fetchgram-bench-") as name:
        path = Path(name) / "file.bin"
        with path.open("wb") as file:
            for _ in range(2 if options.quick else 16):
                file.write(os.urandom(64 * MB))
        measure = Measure(Path(name), path, 3.0 if options.quick else 10.0)
        for section in options.sections or _SECTIONS:
            await _SECTIONS[section](measure)


if __name__ == "__main__":
    asyncio.run(main())
