"""Two workers, then four, each its own process: what one of them does, or fails to do, and what is the same for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.model import JobState, RequestState
from fetchgram.storage import open_storage
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.silent_line import SilentLine
from fetchgram_sandbox.stage import Stage

from .cluster import FAR, Cluster
from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

CROWDS = {2: 40, 4: 200}
"""People by the number of workers."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(
    postgres: PostgresServer, clips_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    url = postgres.create("cluster")
    storage = await open_storage(url, folder)
    async with (
        SilentLine(postgres.socket) as line,
        Stage(clips_folder, limits=Limits.unhurried()) as stage,
        Cluster(stage, folder, line, url, storage) as cluster,
    ):
        yield cluster
        assert stage.api.problems == []
    await storage.close()
    postgres.drop("cluster")


@pytest.fixture(scope="module", params=[2, 4], ids=["two", "four"])
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(whole: Cluster, size: int) -> Cluster:
    await whole.grow(size)
    assert len(whole.workers) == size
    return whole


async def chosen(guest: Guest, link: str, label: str = "720p") -> Message:
    card = await guest.asks_for(f"{guest.site}{link}")
    await guest.taps(card, label)
    return card


async def at_work(guest: Guest, link: str) -> Message:
    card = await chosen(guest, link)
    await until(lambda: any("%" in text for text in guest.history(card)), guest.story)
    return card


async def test_the_work_of_one_is_seen_in_the_chat_and_cancelled_where_it_runs(cluster: Cluster, size: int) -> None:
    bob = cluster.guest()
    card = await at_work(bob, f"/watch/colours?kbps=60&cancelled={size}")
    job_id = await cluster.job_of(bob)
    name = await cluster.worker_of(job_id)
    work = cluster.work_folder(name, job_id)
    assert work.is_dir()
    await bob.taps(card, "Cancel")
    await until(lambda: "✖️ Cancelled" in bob.history(card)[-1], bob.story)
    await until(lambda: not work.exists(), lambda: cluster.tail(name))
    assert bob.files("video") == []


async def test_one_that_dies_is_replaced_and_the_file_comes_once(cluster: Cluster, size: int) -> None:
    bob = cluster.guest()
    card = await at_work(bob, f"/watch/colours?kbps=600&replaced={size}")
    job_id = await cluster.job_of(bob)
    await cluster.kill(await cluster.worker_of(job_id))
    await bob.gets("video")
    await bob.sees_vanish(card)
    assert len(bob.files("video")) == 1
    async with cluster.storage.read() as session:
        deaths = await session.events.of_job(job_id, "job.worker_died")
    assert len(deaths) == 1


async def test_one_that_is_cut_off_from_the_database_stops_sending_and_another_one_delivers(
    cluster: Cluster, size: int
) -> None:
    await cluster.rests()
    bob = cluster.guest()
    with cluster.paused(FAR):  # so that it is the far one that gets the job
        card = await at_work(bob, f"/watch/colours?kbps=400&cut={size}")
        job_id = await cluster.job_of(bob)
        cluster.line.fall_silent()
    try:
        await bob.gets("video")
        await bob.sees_vanish(card)
        lost = lambda: [line for line in cluster.said(FAR, "job.lease_lost") if line["job"] == job_id]  # noqa: E731
        await until(lost, lambda: cluster.tail(FAR))
        assert job_id not in {line["job"] for line in cluster.said(FAR, "job.delivered")}
    finally:
        cluster.line.heal()
    await cluster.rests()
    assert len(bob.files("video")) == 1
    assert not any("broke while" in text for text in bob.history(card))


async def test_they_share_the_work_of_many_people_and_nobody_gets_it_twice(cluster: Cluster, size: int) -> None:
    before = {name: len(cluster.said(name, "job.started")) for name in cluster.workers}
    alone = {cluster.guest(): f"/watch/colours?kbps=2000&size={size}&own={number}" for number in range(6)}
    together = {cluster.guest(): f"/watch/colours?kbps=2000&shared={size}" for _ in range(4)}
    everybody = {**alone, **together}
    await asyncio.gather(*(chosen(each, link) for each, link in everybody.items()))
    for each in everybody:
        await each.gets("video")
    await cluster.rests()
    assert await states_of(cluster, [*everybody]) == {RequestState.DONE}
    assert [len(each.files("video")) for each in everybody] == [1] * len(everybody)
    assert len({each.files("video")[0].number for each in together}) == 1
    shares = {name: len(cluster.said(name, "job.started")) - before[name] for name in cluster.workers}
    assert sum(share > 0 for share in shares.values()) >= 2, shares


async def test_people_with_one_link_do_not_wait_behind_those_with_many_whoever_works(
    cluster: Cluster, size: int
) -> None:
    await cluster.rests()
    greedy, modest, other = cluster.guest(), cluster.guest(), cluster.guest()
    with cluster.paused():
        for number in range(8):
            await chosen(greedy, f"/media/picture.jpg?size={size}&greedy={number}", "🖼")
        for each in (modest, other):
            await chosen(each, f"/media/picture.jpg?size={size}&modest={each.person.id}", "🖼")
        waiting = {job.id for job in await cluster.jobs(JobState.QUEUED)}
        theirs = {await cluster.job_of(modest), await cluster.job_of(other)}
        assert len(waiting) == 10
    await cluster.rests()
    order = [job_id for job_id in cluster.started() if job_id in waiting]
    # Two before each of them in the fair order, and as many as the other workers take in the same moment.
    assert max(order.index(job_id) for job_id in theirs) <= 2 + size - 1, (order, theirs)


async def test_a_crowd_on_one_link_is_one_download_one_upload_and_a_delivery_for_each(
    cluster: Cluster, size: int
) -> None:
    await cluster.rests()
    crowd = [cluster.guest() for _ in range(CROWDS[size])]
    seen = len(cluster.stage.site.requests)
    await asyncio.gather(*(chosen(each, f"/watch/colours?kbps=1000&crowd={size}") for each in crowd))
    for each in crowd:
        await each.gets("video")
    await cluster.rests()
    files = [request for request in cluster.stage.site.requests[seen:] if request.path == "/media/clip-720.mp4"]
    assert len(files) == 1
    assert len({each.files("video")[0].number for each in crowd}) == 1
    assert [len(each.files("video")) for each in crowd] == [1] * len(crowd)
    assert await states_of(cluster, crowd) == {RequestState.DONE}


async def test_the_command_line_lists_and_cancels_what_runs_elsewhere(whole: Cluster) -> None:
    await whole.grow(1)
    bob = whole.guest()
    card = await at_work(bob, "/watch/colours?kbps=60&listed=1")
    listed = await whole.fetchgram("jobs", "list", "--state", "running")
    assert isinstance(listed, list)
    job_id = await whole.job_of(bob)
    assert [job["id"] for job in listed] == [job_id]
    assert await whole.fetchgram("jobs", "cancel", str(job_id)) == {"requests": [await request_of(whole, bob)]}
    await until(lambda: "✖️ Cancelled" in bob.history(card)[-1], bob.story)


async def request_of(cluster: Cluster, guest: Guest) -> int:
    async with cluster.storage.read() as session:
        return (await session.requests.list_for(cluster.stage.world.bot.id, guest.person.id, 1))[0].id


async def states_of(cluster: Cluster, guests: list[Guest]) -> set[RequestState]:
    bot_id = cluster.stage.world.bot.id
    async with cluster.storage.read() as session:
        return {(await session.requests.list_for(bot_id, each.person.id, 1))[0].state for each in guests}
