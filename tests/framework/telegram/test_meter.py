from __future__ import annotations

import pytest

from fetchgram.screens import Health
from fetchgram.telegram.meter import Meter
from fetchgram.testing import FakeClock


@pytest.mark.parametrize(("took_s", "health"), [(0.2, Health.OK), (1.0, Health.WARNING), (5.0, Health.FAILING)])
def test_the_time_of_small_calls_decides(took_s: float, health: Health) -> None:
    clock = FakeClock()
    meter = Meter(clock)
    with meter.timed("sendMessage"):
        clock.advance(took_s)
    with meter.timed("getUpdates"):
        clock.advance(30)
    assert meter.report().health is health


def _fail(meter: Meter, clock: FakeClock) -> None:
    with meter.timed("sendMessage"):
        clock.advance(60)
        raise ConnectionError


def test_a_call_that_fails_says_nothing() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    with pytest.raises(ConnectionError):
        _fail(meter, clock)
    assert meter.report().health is Health.OK


def test_being_asked_to_wait_is_forgotten_after_an_hour() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    for _ in range(5):
        meter.asked_to_wait()
    assert meter.report().health is Health.WARNING
    assert "asked to wait 5 times" in meter.report().detail
    clock.advance(3601)
    assert meter.report().health is Health.OK
