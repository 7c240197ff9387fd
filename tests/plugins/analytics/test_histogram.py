from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fetchgram_analytics.histogram import longest_s, percentile, slot


@given(st.lists(st.integers(1, 10_000_000), min_size=1), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_at_most_a_tenth_too_long_and_never_too_short(times_ms: list[int], part: float) -> None:
    exact_s = sorted(times_ms)[max(1, math.ceil(len(times_ms) * part)) - 1] / 1000
    found = percentile(Counter(map(slot, times_ms)), part)
    assert found is not None
    assert exact_s * (1 - 1e-6) <= found <= max(0.01, exact_s * 1.1001)


def test_nothing_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None


@given(st.integers(0, 100_000_000))
def test_a_slot_holds_what_is_longer_than_the_one_before(took_ms: int) -> None:
    number = slot(took_ms)
    assert took_ms <= longest_s(number) * 1000 * (1 + 1e-6)
    assert number == 0 or took_ms > longest_s(number - 1) * 1000 * (1 - 1e-6)
