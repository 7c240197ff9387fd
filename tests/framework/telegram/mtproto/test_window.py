from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

import pytest

from fetchgram.telegram.mtproto.window import RoundTrip, Spread, Window

from .conftest import until


def test_an_answer_is_overdue_after_several_times_the_usual() -> None:
    trip = RoundTrip()
    for _ in range(50):
        trip.answered(0.5)
    assert 1.0 <= trip.timeout_s < 1.5


def test_a_slow_line_is_given_time() -> None:
    trip = RoundTrip()
    for _ in range(20):
        trip.answered(6.0)
    assert trip.timeout_s > 6.0


def test_silence_makes_more_patient_and_an_answer_less() -> None:
    trip = RoundTrip()
    trip.answered(0.1)
    first = trip.timeout_s
    trip.overdue()
    assert trip.timeout_s == 2 * first
    trip.answered(0.1)
    assert trip.timeout_s <= first


async def test_only_so_many_are_inside_and_they_enter_in_their_order() -> None:
    window = Window(2)
    entered: list[int] = []

    async def go(number: int) -> None:
        await window.enter()
        entered.append(number)

    tasks = [asyncio.ensure_future(go(number)) for number in range(4)]
    await until(lambda: entered == [0, 1])
    window.leave()
    window.leave()
    await until(lambda: entered == [0, 1, 2, 3])
    await asyncio.gather(*tasks)


async def test_who_stops_waiting_takes_no_room() -> None:
    window = Window(1)
    await window.enter()
    waiting = asyncio.ensure_future(window.enter())
    other = asyncio.ensure_future(window.enter())
    await asyncio.sleep(0)
    waiting.cancel()
    window.leave()
    await other
    with pytest.raises(asyncio.CancelledError):
        await waiting
    window.leave()
    await asyncio.wait_for(window.enter(), 5)


async def test_uploads_that_share_a_window_take_turns() -> None:
    """Eight large files from the beginning and a small one that comes later; every answer lets one part in."""
    window, sent = Window(4), [0] * 9
    inside: list[int] = []

    async def upload(number: int, parts: int) -> None:
        for _ in range(parts):
            await window.enter()
            sent[number] += 1
            inside.append(number)

    async def answer(count: int) -> None:
        for _ in range(count):
            await until(lambda: inside)
            inside.pop(0)
            window.leave()
            await asyncio.sleep(0)

    uploads = [asyncio.ensure_future(upload(number, 1000)) for number in range(8)]
    await answer(400)
    assert max(sent[:8]) - min(sent[:8]) <= 4, "the first one found the window empty"
    before = sum(sent)
    uploads.append(asyncio.ensure_future(upload(8, 10)))
    await answer(120)
    await uploads[8]
    assert sum(sent) - before <= 10 * 9 + 40, "each of its parts waits for one part of every other"
    for waiting in uploads:
        waiting.cancel()
    await asyncio.gather(*uploads, return_exceptions=True)


async def test_a_window_grows_to_its_most_and_shrinks_to_one() -> None:
    window = Window(8)
    for _ in range(20):
        window.widen()
    assert window.limit == 8
    for _ in range(20):
        window.narrow()
    assert window.limit == 1


ROUND_TRIP_S = 0.05
UNDER_WAY = 16


@dataclass
class Upload:
    """A model: as many parts a second as the connections, the line and the window let through."""

    spread: Spread
    now: float = 0.0

    def most_used(self, *, per_connection: int, line: int) -> int:
        """Go on for a while, and return with how many connections most of the time was spent."""
        seconds = defaultdict[int, float](float)
        for _ in range(4000):
            rate = min(per_connection * self.spread.wanted, line, UNDER_WAY / ROUND_TRIP_S)
            self.now += 1 / rate
            seconds[self.spread.wanted] += 1 / rate
            self.spread.answered(self.now, UNDER_WAY / rate, ROUND_TRIP_S)
        return max(seconds, key=lambda wanted: seconds[wanted])


@pytest.mark.parametrize(
    ("per_connection", "line", "expected"),
    [(8, 1000, 8), (1000, 50, 1), (10, 35, 4), (1000, 1000, 1)],
    ids=["each connection is limited", "the line is the limit", "in between", "the window is the limit"],
)
def test_as_many_connections_as_pay(per_connection: int, line: int, expected: int) -> None:
    assert Upload(Spread(8)).most_used(per_connection=per_connection, line=line) == expected


def test_connections_that_do_not_pay_any_more_are_given_up() -> None:
    upload = Upload(Spread(8))
    assert upload.most_used(per_connection=8, line=1000) == 8
    assert upload.most_used(per_connection=1000, line=50) == 1
    assert upload.most_used(per_connection=8, line=1000) == 8


def _tried(spread: Spread, *, per_connection: int, took_s: float) -> dict[int, float]:
    """Return when each number of connections was first tried, in seconds."""
    now, at = 0.0, dict[int, float]()
    for _ in range(2000):
        now += 1 / (per_connection * spread.wanted)
        spread.answered(now, took_s, ROUND_TRIP_S)
        at.setdefault(spread.wanted, now)
    return at


def test_more_connections_are_tried_as_long_as_they_pay() -> None:
    at = _tried(Spread(16), per_connection=100, took_s=2.5 * ROUND_TRIP_S)
    assert list(at) == [2, 4, 8, 16]
    assert at[16] < 3.0, "seconds"


def test_where_parts_wait_long_many_more_are_tried_at_once() -> None:
    at = _tried(Spread(8), per_connection=100, took_s=10 * ROUND_TRIP_S)
    assert list(at) == [2, 8]
    assert at[8] < 0.5, "seconds"


def test_where_answers_come_at_once_more_connections_cannot_help() -> None:
    at = _tried(Spread(8), per_connection=160, took_s=1.2 * ROUND_TRIP_S)
    assert max(at) == 2


def test_where_answers_come_at_once_one_connection_is_tried_soon() -> None:
    now, spread = 0.0, Spread(8)
    while spread.wanted == 2:
        now += ROUND_TRIP_S / UNDER_WAY
        spread.answered(now, 1.2 * ROUND_TRIP_S, ROUND_TRIP_S)
    assert spread.wanted == 1
    assert now < 1.0, "seconds"
