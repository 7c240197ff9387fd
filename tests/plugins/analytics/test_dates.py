from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetchgram_analytics.dates import Level, Place, last_day, month_of
from fetchgram_analytics.periods import PERIODS, before, span_of

from .histories import CHANGES, ZONES

moments = st.builds(
    lambda change, away: int(change.timestamp()) + away, st.sampled_from(CHANGES), st.integers(-90_000, 90_000)
)


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), at=moments)
def test_every_instant_is_in_one_hour_that_began_before_it(zone: str, at: int) -> None:
    place = Place(zone)
    hour = place.moment(at).hour
    assert 0 <= at - hour < 3600
    assert place.moment(at).hour_of_day == place.local(at).hour


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), at=moments)
def test_hours_follow_one_another_without_a_gap_through_changes_of_the_clock(zone: str, at: int) -> None:
    place = Place(zone)
    hours = place.before(Level.HOUR, place.moment(at).hour, 30)
    for one, next_ in pairwise(hours):
        inside = range(one, next_, 900)
        assert {place.moment(second).hour for second in inside} <= {one, next_}
        assert place.moment(next_ - 1).hour == one


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-25", 24)])
def test_a_day_has_as_many_hours_as_its_clocks_show(day: str, hours: int) -> None:
    place = Place("Europe/Berlin")
    noon = int(datetime.fromisoformat(f"{day}T11:00:00+00:00").timestamp())
    number = place.moment(noon).day
    found = {
        place.moment(at).hour for at in range(noon - 40 * 3600, noon + 40 * 3600, 900) if place.moment(at).day == number
    }
    assert len(found) == hours


def test_the_period_before_ends_where_the_period_begins() -> None:
    place, at = Place("Asia/Kathmandu"), datetime(2026, 3, 1, 12, tzinfo=UTC)
    for period in PERIODS:
        span = span_of(period, place, at, place)
        earlier = before(span, place)
        assert len(span.slots) == len(earlier.slots) == period.count
        assert place.before(period.level, span.first, 2)[0] == earlier.last


def test_months_end_where_the_next_begins() -> None:
    assert month_of(2026 * 12 + 1).isoformat() == "2026-02-01"
    assert last_day(2024 * 12 + 1) == datetime(2024, 2, 29, tzinfo=UTC).toordinal()
