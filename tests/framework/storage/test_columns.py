from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram.storage.columns import from_ms, to_ms


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # the zone is given beside it
def test_an_instant_comes_back_to_the_millisecond(at: datetime) -> None:
    assert timedelta() <= at - from_ms(to_ms(at)) < timedelta(milliseconds=1)


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5)))
    assert from_ms(to_ms(at)) == at
    assert from_ms(to_ms(at)).tzinfo is UTC


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_ms(datetime(2026, 1, 2))  # noqa: DTZ001  # what is refused
