from __future__ import annotations

from sqlalchemy import TextClause
from sqlalchemy import text as sql

from fetchgram.pipeline.turns import Work, cost, flow

from .conftest import Bench


def test_a_single_link_costs_less_of_a_turn_than_a_second_try_or_one_of_a_list() -> None:
    costs = [cost(work, cached=False) for work in (Work.INTERACTIVE, Work.RERUN, Work.PLAYLIST)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 3


def test_what_the_cache_has_costs_next_to_nothing_of_any_kind() -> None:
    assert all(cost(work, cached=True) < cost(Work.INTERACTIVE, cached=False) / 5 for work in Work)


async def test_a_playlist_stands_in_a_line_of_its_own(bench: Bench) -> None:
    request = await bench.wish()
    assert flow(request, Work.PLAYLIST) != flow(request, Work.INTERACTIVE) == flow(request, Work.RERUN)


async def test_a_second_try_moves_the_next_link_of_its_person_further_back(bench: Bench) -> None:
    tags = []
    for number in range(2):
        request = await bench.wish(f"https://fake/{number}", key=str(number))
        request = await bench.route.intake.choose(request.id, 0)
        if number == 0:
            await bench.route.intake.cancel(request.id)
            await bench.route.reruns.retry(request.id)
        async with bench.storage.read() as session:
            rows = await session.execute(_tag_of_newest())
            tags.append(rows.scalar())
    assert tags == [0.0, 1.5]


def _tag_of_newest() -> TextClause:
    return sql("SELECT tag FROM jobs ORDER BY id DESC LIMIT 1")
