from __future__ import annotations

from datetime import timedelta

import pytest

from fetchgram.errors import (
    ContentUnavailable,
    FetchgramError,
    PluginError,
    TemporarilyUnavailable,
    TooLarge,
    WorkerCrashed,
    WorkerFailed,
    WorkerTimeout,
)
from fetchgram.plugins.breaker import LONGEST_PAUSE, Breaker
from fetchgram.plugins.status import PluginState
from fetchgram.settings import PluginsSettings
from fetchgram.testing import FakeClock

OWN = PluginError("it broke", plugin="p")


class _Watched:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.changes: list[tuple[str, str, str | None]] = []
        settings = PluginsSettings(breaker_failures=3, breaker_pause_s=100)
        self.breaker = Breaker(
            settings, clock, lambda *change: self.changes.append((change[0], str(change[1]), change[2]))
        )

    def fail(self, times: int, hook: str = "download", error: Exception = OWN) -> None:
        for _ in range(times):
            self.breaker.record_failure("p", error, hook)


@pytest.fixture
def watched(clock: FakeClock) -> _Watched:
    return _Watched(clock)


def test_so_many_failures_in_a_row_pause_a_plugin(watched: _Watched) -> None:
    watched.fail(2)
    assert watched.breaker.state("p") is PluginState.ACTIVE
    watched.fail(1)
    assert watched.breaker.state("p") is PluginState.PAUSED
    assert not watched.breaker.admits("p", "download")
    assert not watched.breaker.admits("p", "probe")
    assert watched.breaker.admits("q", "download")
    assert watched.breaker.error("p") == "it broke"
    assert watched.breaker.paused_until("p") == watched.clock.now() + timedelta(seconds=100)
    assert watched.changes == [("p", "paused", "it broke")]


@pytest.mark.parametrize("error", [OWN, WorkerCrashed("x"), WorkerFailed("x"), WorkerTimeout("x")])
def test_failures_of_its_own_making_count(watched: _Watched, error: FetchgramError) -> None:
    watched.fail(3, error=error)
    assert watched.breaker.state("p") is PluginState.PAUSED


@pytest.mark.parametrize("error", [ContentUnavailable("private"), TooLarge(2, 1), TemporarilyUnavailable("503")])
def test_what_a_site_refuses_does_not_count(watched: _Watched, error: FetchgramError) -> None:
    watched.fail(10, error=error)
    assert watched.breaker.state("p") is PluginState.ACTIVE


def test_a_success_in_between_starts_the_count_again(watched: _Watched) -> None:
    watched.fail(2)
    watched.breaker.record_success("p", "download")
    watched.fail(2)
    assert watched.breaker.state("p") is PluginState.ACTIVE


def test_a_private_video_in_between_starts_the_count_again(watched: _Watched) -> None:
    watched.fail(2)
    watched.fail(1, error=ContentUnavailable("private"))
    watched.fail(2)
    assert watched.breaker.state("p") is PluginState.ACTIVE


def test_a_success_at_something_else_does_not(watched: _Watched) -> None:
    watched.fail(2)
    watched.breaker.record_success("p", "offer")
    watched.fail(1)
    assert watched.breaker.state("p") is PluginState.PAUSED


def test_after_the_pause_one_call_is_the_trial_and_brings_it_back(watched: _Watched) -> None:
    watched.fail(3)
    watched.clock.advance(99)
    assert not watched.breaker.admits("p", "download")
    watched.clock.advance(1)
    assert watched.breaker.admits("p", "download")
    assert not watched.breaker.admits("p", "download")
    assert watched.breaker.state("p") is PluginState.PAUSED
    watched.breaker.record_success("p", "download")
    assert watched.breaker.state("p") is PluginState.ACTIVE
    assert watched.breaker.admits("p", "download")
    assert watched.changes[-1] == ("p", "active", None)


def test_after_the_pause_the_way_to_the_trial_is_open(watched: _Watched) -> None:
    watched.fail(3, "download")
    watched.clock.advance(100)
    assert watched.breaker.admits("p", "probe")
    watched.breaker.record_success("p", "probe")
    assert watched.breaker.state("p") is PluginState.PAUSED


def test_a_trial_that_fails_pauses_for_longer_each_time_up_to_a_limit(watched: _Watched) -> None:
    watched.fail(3)
    pauses = []
    for _ in range(6):
        until = watched.breaker.paused_until("p")
        assert until is not None
        pauses.append((until - watched.clock.now()).total_seconds())
        watched.clock.advance(pauses[-1])
        assert watched.breaker.admits("p", "download")
        watched.fail(1)
    assert pauses == [100, 200, 400, 800, 100 * LONGEST_PAUSE, 100 * LONGEST_PAUSE]
    assert [state for _, state, _ in watched.changes] == ["paused"] * 7


def test_a_trial_that_was_cancelled_leaves_room_for_another(watched: _Watched) -> None:
    watched.fail(3)
    watched.clock.advance(100)
    assert watched.breaker.admits("p", "download")
    watched.breaker.release("p", "download")
    assert watched.breaker.admits("p", "download")


def test_a_trial_whose_end_is_never_told_does_not_block_for_ever(watched: _Watched) -> None:
    watched.fail(3)
    watched.clock.advance(100)
    assert watched.breaker.admits("p", "download")
    watched.clock.advance(100)
    assert watched.breaker.admits("p", "download")


def test_an_older_call_that_ends_well_during_the_pause_changes_nothing(watched: _Watched) -> None:
    watched.fail(3)
    watched.breaker.record_success("p", "download")
    assert watched.breaker.state("p") is PluginState.PAUSED


def test_an_older_call_that_fails_during_the_pause_does_not_make_it_longer(watched: _Watched) -> None:
    watched.fail(3)
    until = watched.breaker.paused_until("p")
    watched.fail(5)
    assert watched.breaker.paused_until("p") == until


def test_a_call_that_cannot_be_stopped_pauses_at_once(watched: _Watched) -> None:
    watched.breaker.record_failure("p", OWN, "offer", pause=True)
    assert watched.breaker.state("p") is PluginState.PAUSED
    assert watched.breaker.failing_hooks("p") == {"offer"}
