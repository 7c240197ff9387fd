from __future__ import annotations

import pytest

from fetchgram.api import InputKind
from fetchgram.telegram.typed import parse


@pytest.mark.parametrize(
    ("kind", "answer", "parsed"),
    [
        (InputKind.SIZE, "25", "25000000"),
        (InputKind.SIZE, " 25 MB ", "25000000"),
        (InputKind.SIZE, "1,5g", "1500000000"),
        (InputKind.SIZE, "700kb", "700000"),
        (InputKind.SIZE, "5 TB", "5000000000000"),
        (InputKind.SIZE, "8 MiB", "8000000"),
        (InputKind.SIZE, "0", None),
        (InputKind.SIZE, "-3", None),
        (InputKind.SIZE, "small", None),
        (InputKind.TIME_RANGE, "1:30-2:45", "90-165"),
        (InputKind.TIME_RANGE, "0 - 10.5", "0-10.5"),
        (InputKind.TIME_RANGE, "1:00:00 to 1:00:05", "3600-3605"),
        (InputKind.TIME_RANGE, "90–95", "90-95"),
        (InputKind.TIME_RANGE, "5-5", None),
        (InputKind.TIME_RANGE, "9-3", None),
        (InputKind.TIME_RANGE, "1:2:3:4-5", None),
        (InputKind.TIME_RANGE, "soon", None),
        (InputKind.LANGUAGE, " pt-BR ", "pt-br"),
        (InputKind.LANGUAGE, "english please", None),
        (InputKind.TEXT, "  hi ", "hi"),
        (InputKind.TEXT, "   ", None),
    ],
)
def test_an_answer_becomes_one_canonical_form(kind: InputKind, answer: str, parsed: str | None) -> None:
    assert parse(kind, answer) == parsed


@pytest.mark.parametrize("kind", list(InputKind))
def test_a_long_answer_costs_no_time(kind: InputKind) -> None:
    parse(kind, "1" * 4096 + ":" * 4096)
