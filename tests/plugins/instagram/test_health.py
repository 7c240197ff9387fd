from __future__ import annotations

import pytest

from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.health import Health

NOW = 1_000_000.0


def after(health: Health, verdict: Verdict | None, *, wait_s: float | None = None, chance: float = 0.0) -> Health:
    refusal = Refusal(verdict=verdict, wait_s=wait_s) if verdict else None
    return health.after(1, refusal, now=NOW, first_rest_s=60, chance=chance)


def test_only_the_last_hour_counts() -> None:
    health = Health(used=(NOW - 3601, NOW - 3599, NOW - 10))
    assert health.left(5, NOW) == 3
    assert health.ready_at(5, NOW) <= NOW
    assert health.ready_at(2, NOW) == NOW - 3599 + 3600
    assert after(health, None).used == (NOW - 3599, NOW - 10, NOW)


@pytest.mark.parametrize("verdict", [Verdict.RATE, Verdict.WALL])
def test_the_rest_doubles_each_time_up_to_six_hours_and_an_answer_ends_the_row(verdict: Verdict) -> None:
    health, rests = Health(), []
    for _ in range(12):
        health = after(health, verdict)
        rests.append(health.rests_until - NOW)
    assert rests[:4] == [60, 120, 240, 480]
    assert rests[-1] == 6 * 3600
    assert after(health, None).strikes == 0


def test_the_site_knows_best_how_long_to_rest() -> None:
    assert after(Health(), Verdict.RATE, wait_s=120).rests_until == NOW + 120


def test_chance_makes_a_rest_longer_never_shorter() -> None:
    assert after(Health(), Verdict.RATE, wait_s=100, chance=0.25).rests_until == NOW + 125


def test_a_blocked_account_rests_for_hours() -> None:
    assert after(Health(), Verdict.FEEDBACK).rests_until == NOW + 6 * 3600


@pytest.mark.parametrize(("verdict", "why"), [(Verdict.LOGGED_OUT, "logged-out"), (Verdict.CHECKPOINT, "checkpoint")])
def test_a_session_that_has_ended_says_why(verdict: Verdict, why: str) -> None:
    assert after(Health(), verdict).ended == why


@pytest.mark.parametrize("verdict", [Verdict.GONE, Verdict.PRIVATE, Verdict.AGE, Verdict.BROKEN, Verdict.UNREACHABLE])
def test_what_is_no_fault_of_the_account_costs_it_nothing(verdict: Verdict) -> None:
    health = after(Health(), verdict)
    assert (health.rests_until, health.ended) == (0.0, "")
