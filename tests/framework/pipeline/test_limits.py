from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from fetchgram.api import At, Choice, ChoiceKind, JobState, LimitReached, Person, RequestState, Step
from fetchgram.model import Text
from fetchgram.settings import Settings
from fetchgram.texts import Texts

from .conftest import BOT, MB, PERSON, Bench

OTHER = Person(bot_id=BOT, id=8)
OWNER = Person(bot_id=BOT, id=99)


@pytest.fixture
def limits() -> dict[str, Any]:
    """Return what the tests of one limit set; a test that needs another one overrides it by a parameter."""
    return {"links_per_minute": 3, "waiting": 2}


@pytest.fixture
def settings(tmp_path: Path, limits: dict[str, Any]) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "owners": [OWNER.id],
            "work": {"disk_floor": 0, "lease_s": 2},
            "limits": {"links_per_minute": 100, **limits},
        }
    )


async def _links(bench: Bench, count: int, person: Person = PERSON) -> list[int]:
    return [(await bench.wish(f"https://fake/{n}", key=f"{person.id}-{n}", person=person)).id for n in range(count)]


async def _refused(bench: Bench, request_id: int) -> Text:
    with pytest.raises(LimitReached) as refused:
        await bench.route.intake.choose(request_id, 0)
    return refused.value.text


async def _later(bench: Bench, seconds: float) -> None:
    """Let time pass, for everything that was asked for so far."""
    async with bench.storage.write() as session:
        await session.execute(sql(f"UPDATE deliveries SET created_at = created_at - {seconds * 1000:.0f}"))


async def test_the_link_too_many_in_a_minute_is_refused_and_leaves_nothing(bench: Bench) -> None:
    await _links(bench, 3)
    with pytest.raises(LimitReached) as refused:
        await bench.wish(key="more")
    assert refused.value.text.key == "limit-links"
    assert refused.value.text.params["limit"] == 3
    assert 30 < float(str(refused.value.text.params["wait"])) <= 60
    async with bench.storage.read() as session:
        assert len(await session.requests.list_for(BOT, PERSON.id, 10)) == 3


async def test_another_person_has_their_own_limit_and_so_has_each_bot(bench: Bench) -> None:
    await _links(bench, 3)
    await _links(bench, 3, OTHER)
    await _links(bench, 1, dataclasses.replace(PERSON, bot_id=BOT + 1))


async def test_a_link_that_was_accepted_before_is_not_counted_again(bench: Bench) -> None:
    ids = await _links(bench, 3)
    assert await _links(bench, 3) == ids


@pytest.mark.parametrize("limits", [{"running": 1, "waiting": 1, "jobs_per_hour": 1, "bytes_per_day": 1}])
async def test_owners_have_no_limits(bench: Bench) -> None:
    for request_id in await _links(bench, 4, OWNER):
        await bench.route.intake.choose(request_id, 0)
    claimed = [await bench.route.queue.claim() for _ in range(4)]
    assert [job is not None for job in claimed] == [True] * 4


@pytest.mark.parametrize("limits", [{"running": 1, "owners_exempt": False}])
async def test_owners_are_like_everybody_where_the_setting_says_so(bench: Bench) -> None:
    for request_id in await _links(bench, 2, OWNER):
        await bench.route.intake.choose(request_id, 0)
    assert await bench.route.queue.claim() is not None
    assert await bench.route.queue.claim() is None


@pytest.mark.parametrize("limits", [{"running": 1}])
async def test_an_id_that_ends_like_an_owners_is_not_the_owners(bench: Bench) -> None:
    for request_id in await _links(bench, 2, Person(bot_id=BOT, id=int(f"1{OWNER.id}"))):
        await bench.route.intake.choose(request_id, 0)
    assert await bench.route.queue.claim() is not None
    assert await bench.route.queue.claim() is None


async def test_the_job_too_many_in_line_is_refused_and_the_menu_stays(bench: Bench) -> None:
    first, second, third = await _links(bench, 3)
    await bench.route.intake.choose(first, 0)
    await bench.route.intake.choose(second, 0)
    assert (await _refused(bench, third)).key == "limit-waiting"
    request = await bench.route.intake.request(third)
    assert (request.state, request.recipe) == (RequestState.CHOOSING, None)
    await bench.route.intake.cancel(first)
    assert (await bench.route.intake.choose(third, 0)).state is RequestState.WORKING


async def test_a_line_is_shorter_as_soon_as_its_first_job_has_begun(bench: Bench) -> None:
    first, second, third = await _links(bench, 3)
    for request_id in (first, second):
        await bench.route.intake.choose(request_id, 0)
    assert await bench.route.queue.claim() is not None
    assert (await bench.route.intake.choose(third, 0)).state is RequestState.WORKING


@pytest.mark.parametrize(
    ("limits", "key", "window_s"),
    [
        ({"jobs_per_hour": 2}, "limit-count", 3600),
        ({"jobs_per_day": 2}, "limit-count", 86_400),
        ({"bytes_per_hour": 10 * MB}, "limit-bytes", 3600),
        ({"bytes_per_day": 10 * MB}, "limit-bytes", 86_400),
        ({"minutes_per_hour": 2}, "limit-minutes", 3600),
        ({"minutes_per_day": 2}, "limit-minutes", 86_400),
    ],
)
async def test_what_is_used_up_is_refused_until_enough_of_it_is_long_ago(bench: Bench, key: str, window_s: int) -> None:
    first, second, third = await _links(bench, 3)  # 5 MB and a minute each
    await bench.route.intake.choose(first, 0)
    await _later(bench, 600)
    await bench.route.intake.choose(second, 0)
    told = await _refused(bench, third)
    assert (told.key, told.params["window"]) == (key, window_s)
    wait_s = float(str(told.params["wait"]))
    assert window_s - 660 < wait_s <= window_s - 600
    await _later(bench, wait_s - 60)
    await _refused(bench, third)
    await _later(bench, 60)
    assert (await bench.route.intake.choose(third, 0)).state is RequestState.WORKING


@pytest.mark.parametrize("limits", [{"minutes_per_hour": 1}])
async def test_of_a_film_only_the_part_counts_that_was_wanted(bench: Bench) -> None:
    first, second, third = await _links(bench, 3)  # a minute each
    await bench.route.intake.choose(first, 0, (Step(key="steps.cut", input="0-45", at=At.DOWNLOAD),))
    await bench.route.intake.choose(second, 0)
    assert (await _refused(bench, third)).key == "limit-minutes"


@pytest.mark.parametrize("limits", [{"jobs_per_hour": 1}])
async def test_what_failed_or_was_cancelled_does_not_count(bench: Bench) -> None:
    first, second = await _links(bench, 2)
    await bench.route.intake.choose(first, 0)
    await bench.route.intake.cancel(first)
    assert (await bench.route.intake.choose(second, 0)).state is RequestState.WORKING


@pytest.mark.parametrize("limits", [{"bytes_per_day": 1 * MB}])
async def test_a_file_counts_as_what_arrived_once_it_is_there(bench: Bench) -> None:
    first, second = await _links(bench, 2)
    await bench.route.intake.choose(first, 0)
    await _refused(bench, second)
    await bench.run_until_ended(first)  # 4 bytes, where 5 MB were expected
    assert (await bench.route.intake.choose(second, 0)).state is RequestState.WORKING


@pytest.mark.parametrize("limits", [{"jobs_per_hour": 1, "jobs_per_day": 1}])
async def test_of_two_limits_the_one_that_lasts_longer_is_told(bench: Bench) -> None:
    first, second = await _links(bench, 2)
    await bench.route.intake.choose(first, 0)
    assert (await _refused(bench, second)).params["window"] == 86_400


@pytest.mark.parametrize("limits", [{"bytes_per_day": 1}])
async def test_a_refusal_is_one_sentence_with_the_time_when_it_works_again(bench: Bench) -> None:
    bench.site.choices = (Choice(kind=ChoiceKind.VIDEO, height_px=720, size_bytes=20_000 * MB),)
    first, second = await _links(bench, 2)
    await bench.route.intake.choose(first, 0)
    told = Texts.load().render(await _refused(bench, second), "en")
    assert re.fullmatch("📦 You have used your 1 B for 1 day. The next download is possible in (1 day|24 hr).", told)


async def test_a_person_with_all_places_taken_does_not_hold_up_the_others(bench: Bench) -> None:
    theirs = await bench.wish("https://fake/another", key="another", person=OTHER)
    for request_id in [*(await _links(bench, 2)), theirs.id]:
        await bench.route.intake.choose(request_id, 0)
    async with bench.storage.write() as session:
        jobs = [await session.jobs.claim("w", 30, running_limit=1) for _ in range(3)]
    assert [job is not None for job in jobs] == [True, True, False]
    assert all(job.state is JobState.RUNNING for job in jobs if job)


@pytest.mark.parametrize("limits", [{"jobs_per_day": 1, "waiting": 9, "links_per_minute": 100}])
async def test_a_persons_own_limit_holds_in_place_of_everybodys(bench: Bench) -> None:
    async with bench.storage.write() as session:
        await session.people.seen(PERSON)
        await session.people.set_limits(BOT, PERSON.id, {"jobs_per_day": 2, "links_per_minute": 3})
    first, second, third = await _links(bench, 3)
    await bench.route.intake.choose(first, 0)
    await bench.route.intake.choose(second, 0)
    assert (await _refused(bench, third)).key == "limit-count"
    with pytest.raises(LimitReached):
        await bench.wish(key="more")
    mine, others = await _links(bench, 2, OTHER)
    await bench.route.intake.choose(mine, 0)
    assert (await _refused(bench, others)).key == "limit-count"


@pytest.mark.parametrize("limits", [{"jobs_per_day": 0, "waiting": 1}])
async def test_a_persons_own_line_is_as_long_as_an_admin_says(bench: Bench) -> None:
    async with bench.storage.write() as session:
        await session.people.set_limits(BOT, PERSON.id, {"waiting": 2})
    links = await _links(bench, 3)
    for link in links[:2]:
        await bench.route.intake.choose(link, 0)
    assert (await _refused(bench, links[2])).key == "limit-waiting"
