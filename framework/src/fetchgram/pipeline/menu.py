"""What the person chooses from: every choice with its size, its route, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from fetchgram.model import Choice, Option, Request, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """One choice on the menu.

    Args:
        index: Its place in `request.probe.choices`.
        choice: What it brings.
        route: Name of the route that would take it; `None` when there is none.
        why_not: Why it cannot be delivered.
        cached: Whether it arrives at once.
    """

    index: int
    choice: Choice
    route: str | None
    why_not: Text | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The menu of one request.

    Args:
        request: In state `choosing`; title, author, duration are in `request.probe`.
        rows: In the probe's order.
        best: Index of the row that "best" stands for: the first that can be delivered.
        options: What plugins add for the selected row.
    """

    request: Request
    rows: tuple[ChoiceRow, ...]
    best: int | None
    options: tuple[Option, ...] = ()
