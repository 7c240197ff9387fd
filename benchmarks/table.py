"""What every benchmark shares: its arguments, the machine line, medians, and one aligned table."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import statistics
import unicodedata
from collections.abc import Sequence

import structlog

_QUIET_LOAD = 1.0


def is_quick(claim: str) -> bool:
    """Read the command line.

    Args:
        claim: What the benchmark shows, for `--help`.

    Returns:
        Whether less shall be measured, for a first look.
    """
    parser = argparse.ArgumentParser(description=claim)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller rounds, for a first look")
    return bool(parser.parse_args().quick)


class Table:
    """One table; the machine is looked at when it is made, before the work adds its own load.

    Args:
        claim: Its title.
        *columns: Their names; the first one is aligned to the left, the others to the right.
    """

    def __init__(self, claim: str, *columns: str) -> None:
        self._claim = claim
        self._columns = columns
        self._rows: list[Sequence[str]] = []
        self._notes: list[str] = []
        self._machine = machine()

    def row(self, name: str, *cells: str) -> None:
        """Add a row."""
        self._rows.append((name, *cells))

    def note(self, text: str) -> None:
        """Add a line below the table: what bounds the figures, and how to read them."""
        self._notes.append(text)

    def show(self) -> None:
        """Print everything."""
        rows = [self._columns, *self._rows]
        widths = [max(_width(row[column]) for row in rows if column < len(row)) for column in range(len(self._columns))]
        print(f"\n{self._claim}\n{self._machine}\n")
        for number, row in enumerate(rows):
            print("  " + "  ".join(_padded(cell, widths[at], is_left=at == 0) for at, cell in enumerate(row)).rstrip())
            if number == 0:
                print("  " + "  ".join("-" * width for width in widths))
        print()
        for note in self._notes:
            print(f"  {note}")


def silence_logs() -> None:
    """Keep the log of parts that run in this process out of the table; warnings stay."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def machine() -> str:
    """Say on what is measured, and warn when others use it too."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    warning = "   (busy: absolute figures are too slow, read the ratios)" if load > _QUIET_LOAD else ""
    return f"Python {platform.python_version()}, {cores} cores, load average {load:.2f} at the start{warning}"


def median(values: Sequence[float], digits: int = 2) -> str:
    """Show a median."""
    return f"{statistics.median(values):.{digits}f}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Show the smallest and the largest value, so that a reader sees how steady a median is."""
    return f"{min(values):.{digits}f}-{max(values):.{digits}f}"


def ratio(ours: float, theirs: float) -> str:
    """Show how many times theirs ours is."""
    return f"{ours / theirs:.2f}" if theirs else "-"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, *, is_left: bool) -> str:
    gap = " " * (width - _width(text))
    return text + gap if is_left else gap + text
