from __future__ import annotations

from datetime import timedelta

import pytest

from fetchgram_admin.spans import amount_of, span_of


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("3 days", timedelta(days=3)),
        ("12h", timedelta(hours=12)),
        ("1 day 12h", timedelta(hours=36)),
        ("1 day, 12 hours", timedelta(hours=36)),
        ("2 Weeks", timedelta(weeks=2)),
        ("90 min", timedelta(minutes=90)),
        ("1y", timedelta(days=365)),
        ("0 days", None),
        ("11 years", None),
        ("3", None),
        ("3 parsecs", None),
        ("not 3 days", None),
        ("", None),
    ],
)
def test_a_span_is_read_as_people_write_it(words: str, span: timedelta | None) -> None:
    assert span_of(words) == span


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("20", 20),
        ("0", 0),
        ("5 GB", 5_000_000_000),
        ("1,5g", 1_500_000_000),
        ("500kb", 500_000),
        ("-1", None),
        ("many", None),
        ("", None),
    ],
)
def test_an_amount_is_a_number_with_a_unit_or_without(words: str, amount: int | None) -> None:
    assert amount_of(words) == amount
