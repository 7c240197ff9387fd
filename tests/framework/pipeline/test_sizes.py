"""Limits of one person's own, where they are felt: at the claim, the download, the delivery and the list."""

from __future__ import annotations

from fetchgram.api import JobState, Person, RequestState, text

from .conftest import BOT, PERSON, Bench
from .test_lists import opened

OTHER = Person(bot_id=BOT, id=8)


async def gives(bench: Bench, person: Person, **limits: int) -> None:
    async with bench.storage.write() as session:
        await session.people.seen(person)
        await session.people.set_limits(BOT, person.id, limits)


async def test_who_may_have_less_is_refused_what_another_gets_of_the_same_job(bench: Bench) -> None:
    await gives(bench, PERSON, file_max=3)
    mine, theirs = await bench.wish(), await bench.wish(key="theirs", person=OTHER)
    for request in (mine, theirs):
        await bench.route.intake.choose(request.id, 0)
    ended = {request.id: request for request in await bench.run_until_ended(mine.id, theirs.id)}
    assert ended[mine.id].error == text("error-too-large", size=4, limit=3)
    assert ended[theirs.id].state is RequestState.DONE
    assert bench.site.downloads == 1


async def test_who_may_have_more_gets_what_others_do_not(bench: Bench) -> None:
    bench.route.runner._stages._sizes._general = 3
    await gives(bench, PERSON, file_max=4)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE


async def test_who_may_have_fewer_at_once_waits_while_others_go_on(bench: Bench) -> None:
    await gives(bench, PERSON, running=1)
    for number, person in enumerate((PERSON, PERSON, OTHER, OTHER)):
        request = await bench.wish(f"https://fake/{number}", key=str(number), person=person)
        await bench.route.intake.choose(request.id, 0)
    async with bench.storage.write() as session:
        claimed = [await session.jobs.claim("w", 30, running_limit=3) for _ in range(4)]
    running = [job for job in claimed if job is not None]
    assert (len(running), {job.state for job in running}) == (3, {JobState.RUNNING})
    async with bench.storage.read() as session:
        counts = [await session.line.counts_of(f"{BOT}:{person.id}") for person in (PERSON, OTHER)]
    assert counts == [(1, 1), (2, 0)]


async def test_who_may_pick_less_of_a_list_reads_so(bench: Bench) -> None:
    await gives(bench, PERSON, list_items=2)
    request = await opened(bench)
    assert await bench.route.lists.limit(request.id) == 2
    assert not await bench.route.lists.pick_first(request.id, 5)
