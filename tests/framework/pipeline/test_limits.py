from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fetchgram.api import LimitReached, Person, RequestState
from fetchgram.settings import Settings

from .conftest import BOT, PERSON, Bench

OTHER = Person(bot_id=BOT, id=8)
OWNER = Person(bot_id=BOT, id=99)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "owners": [OWNER.id],
            "work": {"disk_floor": 0, "lease_s": 2},
            "limits": {"links_per_minute": 3, "waiting": 2, "bytes_per_day": 4},
        }
    )


async def _links(bench: Bench, count: int, person: Person = PERSON) -> list[int]:
    return [(await bench.wish(f"https://fake/{n}", key=f"{person.id}-{n}", person=person)).id for n in range(count)]


async def test_the_link_too_many_in_a_minute_is_refused_and_leaves_nothing(bench: Bench) -> None:
    await _links(bench, 3)
    with pytest.raises(LimitReached) as refused:
        await bench.wish(key="more")
    assert refused.value.text.key == "limit-links"
    assert refused.value.text.params == {"limit": 3}
    async with bench.storage.read() as session:
        assert len(await session.requests.list_for(BOT, PERSON.id, 10)) == 3


async def test_another_person_has_their_own_limit_and_so_has_each_bot(bench: Bench) -> None:
    await _links(bench, 3)
    await _links(bench, 3, OTHER)
    await _links(bench, 1, dataclasses.replace(PERSON, bot_id=BOT + 1))


async def test_a_link_that_was_accepted_before_is_not_counted_again(bench: Bench) -> None:
    ids = await _links(bench, 3)
    assert await _links(bench, 3) == ids


async def test_owners_have_no_limits(bench: Bench) -> None:
    for request_id in await _links(bench, 8, OWNER):
        await bench.route.intake.choose(request_id, 0)


async def test_the_job_too_many_in_line_is_refused_and_the_menu_stays(bench: Bench) -> None:
    first, second, third = await _links(bench, 3)
    await bench.route.intake.choose(first, 0)
    await bench.route.intake.choose(second, 0)
    with pytest.raises(LimitReached) as refused:
        await bench.route.intake.choose(third, 0)
    assert refused.value.text.key == "limit-waiting"
    request = await bench.route.intake.request(third)
    assert (request.state, request.recipe) == (RequestState.CHOOSING, None)
    await bench.route.intake.cancel(first)
    assert (await bench.route.intake.choose(third, 0)).state is RequestState.WORKING


async def test_when_the_bytes_of_a_day_are_used_up_the_next_job_is_refused(bench: Bench) -> None:
    first, second, _ = await _links(bench, 3)
    await bench.route.intake.choose(first, 0)
    await bench.run_until_ended(first)  # 4 bytes
    with pytest.raises(LimitReached) as refused:
        await bench.route.intake.choose(second, 0)
    assert refused.value.text.key == "limit-bytes"
    (other,) = await _links(bench, 1, OTHER)
    await bench.route.intake.choose(other, 0)
