"""What `--choice` means on a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fetchgram.errors import ConfigError
from fetchgram.model import ChoiceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fetchgram.pipeline.menu import ChoiceRow, Menu

BEST = "best"


def pick(menu: Menu, word: str) -> int:
    """Return the index of the choice that a word means: a kind, a height, or the nearest height below it.

    Raises:
        ConfigError: If there is none; says what there is.
    """
    rows = [row for row in menu.rows if row.route is not None]
    if word == BEST and menu.best is not None:
        return menu.best
    found = _of_kind(rows, word) or _of_height(rows, word)
    if found is None:
        there_is = ", ".join([BEST, *dict.fromkeys(map(_name, rows))]) if rows else "nothing that can be saved"
        raise ConfigError(f"--choice {word!r} is not to be had here; there is: {there_is}")
    return found.index


def _of_kind(rows: Sequence[ChoiceRow], word: str) -> ChoiceRow | None:
    return next((row for row in rows if row.choice.kind == word and word in set(ChoiceKind)), None)


def _of_height(rows: Sequence[ChoiceRow], word: str) -> ChoiceRow | None:
    digits = word.lower().removesuffix("p")
    if not (digits.isascii() and digits.isdigit()):
        return None
    fitting = [row for row in rows if row.choice.height_px and row.choice.height_px <= int(digits)]
    return max(fitting, key=lambda row: row.choice.height_px or 0, default=None)


def _name(row: ChoiceRow) -> str:
    of_video = row.choice.kind is ChoiceKind.VIDEO and row.choice.height_px
    return f"{row.choice.height_px}p" if of_video else str(row.choice.kind)
