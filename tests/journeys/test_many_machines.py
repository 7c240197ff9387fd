"""One process talks to people, others work, PostgreSQL is between them: each its own process, as on many machines."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

import pytest
import pytest_asyncio

from fetchgram.model import JobState, RequestState
from fetchgram.storage import Storage, open_storage
from fetchgram_sandbox.bot_process import BotProcess, write_config
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.live_bot import UNHURRIED, LiveBot, ready
from fetchgram_sandbox.postgres import PostgresServer
from fetchgram_sandbox.silent_line import SilentLine
from fetchgram_sandbox.stage import Stage

from .conftest import Guest, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

LEASE_S = 8
WORK = f"""
{UNHURRIED}
[work]
lease_s = {LEASE_S}
jobs = 2
stop_s = 1
[limits]
links_per_minute = 1000
[plugins]
only = ["ytdlp"]
"""


class Cluster:
    """A stage, a database, the process that talks, and workers by name.

    Args:
        stage: Telegram and the web.
        folder: Of all processes.
        line: A worker that is named `far` reaches the database over it.
        url: Of the database.
        storage: A look at the database.
    """

    def __init__(self, stage: Stage, folder: Path, line: SilentLine, url: str, storage: Storage) -> None:
        self.stage, self.line, self.storage = stage, line, storage
        self.workers: dict[str, BotProcess] = {}
        self._folder, self._url = folder, url
        self._stack = AsyncExitStack()
        self.live: LiveBot | None = None

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        config = self._config("bot", self._url)
        process = BotProcess(config, log=self.log("bot"), part="bot")
        await self._stack.enter_async_context(process)
        self.live = LiveBot(self.stage, process, config=config, log=self.log("bot"))
        await ready(self.stage, process, log=self.log("bot"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(process.stop() for process in self.workers.values()))
        await self._stack.aclose()

    async def grow(self, *names: str) -> None:
        """Let these workers be at work beside those that are."""
        for name in names:
            if name not in self.workers:
                await self._start(name)

    async def _start(self, name: str) -> None:
        url = self.line.url(self._url) if name == "far" else self._url
        self.workers[name] = BotProcess(self._config(name, url), log=self.log(name), part="worker")
        seen = len(self.said(name, "process.started"))
        await self.workers[name].start()
        await until(lambda: len(self.said(name, "process.started")) > seen, lambda: self.tail(name))

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def tail(self, name: str) -> str:
        return self.log(name).read_text(encoding="utf-8")[-3000:]

    def said(self, name: str, event: str) -> list[dict[str, object]]:
        """Return the lines of this event in the log of a process."""
        if not self.log(name).exists():
            return []
        lines = self.log(name).read_text(encoding="utf-8").splitlines()
        parsed = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [line for line in parsed if line.get("event") == event]

    async def worker_of(self, request_id: int) -> str:
        """Return the name of the worker that runs the job of a request, as soon as one does."""
        async with asyncio.timeout(90):
            while True:
                job_id = await self.job_of(request_id)
                for name in self.workers:
                    if any(line.get("job") == job_id for line in self.said(name, "job.started")):
                        return name
                await asyncio.sleep(0.05)

    async def rests(self) -> None:
        """Wait until no job is left."""
        async with asyncio.timeout(90):
            while True:
                async with self.storage.read() as session:
                    if not await session.jobs.list([state for state in JobState if not state.ended], 9):
                        return
                await asyncio.sleep(0.05)

    async def job_of(self, request_id: int) -> int | None:
        async with self.storage.read() as session:
            return max([d.job_id for d in await session.deliveries.of_request(request_id)], default=None)

    async def request_of(self, guest: Guest) -> int:
        async with self.storage.read() as session:
            (request, *_) = await session.requests.list_for(guest.live.stage.world.bot.id, guest.person.id, 1)
        return request.id

    def _config(self, name: str, url: str) -> Path:
        more = f"{WORK}[database]\nurl = {json.dumps(url)}\n"
        return write_config(self.stage, self._folder / name, more=more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(
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


@pytest.fixture
def guest(cluster: Cluster) -> Callable[[], Guest]:
    def made() -> Guest:
        assert cluster.live is not None
        return Guest(cluster.live, cluster.live.newcomer())

    return made


async def _chosen(guest: Guest, link: str, label: str = "720p") -> int:
    card = await guest.asks_for(link)
    await guest.taps(card, label)
    return card.message_id


async def test_the_work_of_one_worker_is_seen_in_the_chat(cluster: Cluster, guest: Callable[[], Guest]) -> None:
    await cluster.grow("near")
    bob = guest()
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=2500&many=1")
    await bob.taps(card, "720p")
    await bob.gets("video")
    await bob.sees_vanish(card)
    assert any("%" in text for text in bob.history(card)), bob.history(card)
    assert len(bob.files("video")) == 1


async def test_a_job_is_cancelled_where_it_runs(cluster: Cluster, guest: Callable[[], Guest]) -> None:
    await cluster.grow("near")
    bob = guest()
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=60&many=2")
    await bob.taps(card, "720p")
    await until(lambda: any("%" in text for text in bob.history(card)), bob.story)
    request_id = await cluster.request_of(bob)
    job_id = await cluster.job_of(request_id)
    work = cluster.log("near").with_suffix("") / "data" / "work" / str(job_id)
    assert work.is_dir()
    await bob.taps(card, "Cancel")
    await until(lambda: "✖️ Cancelled" in bob.history(card)[-1], bob.story)
    await until(lambda: not work.exists(), lambda: cluster.tail("near"))
    assert bob.files("video") == []


async def test_the_command_line_lists_and_cancels_what_runs_elsewhere(
    cluster: Cluster, guest: Callable[[], Guest]
) -> None:
    await cluster.grow("near")
    bob = guest()
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=60&many=5")
    await bob.taps(card, "720p")
    await until(lambda: any("%" in text for text in bob.history(card)), bob.story)
    (job,) = [job for job in json.loads(await _fetchgram(cluster, "list")) if job["state"] == "running"]
    assert json.loads(await _fetchgram(cluster, "cancel", str(job["id"]))) == {
        "requests": [await cluster.request_of(bob)]
    }
    await until(lambda: "✖️ Cancelled" in bob.history(card)[-1], bob.story)


async def _fetchgram(cluster: Cluster, *words: str) -> str:
    assert cluster.live is not None
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fetchgram", "--config", str(cluster.live.config), "jobs", *words, "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    return (await process.communicate())[0].decode()


async def test_a_worker_that_dies_is_replaced_and_the_file_comes_once(
    cluster: Cluster, guest: Callable[[], Guest]
) -> None:
    await cluster.grow("near", "next")
    bob = guest()
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=400&many=3")
    await bob.taps(card, "720p")
    await until(lambda: any("%" in text for text in bob.history(card)), bob.story)
    request_id = await cluster.request_of(bob)
    dead = await cluster.worker_of(request_id)
    os.kill(cluster.workers[dead].pid, signal.SIGKILL)
    await cluster.workers.pop(dead).wait()
    await bob.gets("video")
    await bob.sees_vanish(card)
    assert len(bob.files("video")) == 1
    async with cluster.storage.read() as session:
        job_id = await cluster.job_of(request_id)
        deaths = await session.events.of_job(job_id or 0, "job.worker_died")
    assert len(deaths) == 1


async def test_a_worker_cut_off_from_the_database_stops_sending_and_another_one_delivers(
    cluster: Cluster, guest: Callable[[], Guest]
) -> None:
    await cluster.grow("far", "near" if "near" in cluster.workers else "next")
    (other,) = [process for name, process in cluster.workers.items() if name != "far"]
    os.kill(other.pid, signal.SIGSTOP)  # so that it is the far one that gets the job
    bob = guest()
    card = await bob.asks_for(f"{bob.site}/watch/colours?kbps=250&many=4")
    await bob.taps(card, "720p")
    await until(lambda: any("%" in text for text in bob.history(card)), bob.story)
    cluster.line.cut()
    try:
        os.kill(other.pid, signal.SIGCONT)
        await bob.gets("video")
        await bob.sees_vanish(card)
        await until(lambda: cluster.said("far", "job.lease_lost"), lambda: cluster.tail("far"))
        assert cluster.said("far", "job.delivered") == []
    finally:
        cluster.line.heal()
    await cluster.rests()
    assert len(bob.files("video")) == 1
    assert not any("broke while" in text for text in bob.history(card))


async def test_four_workers_share_the_work_of_many_people_and_nobody_gets_it_twice(
    cluster: Cluster, guest: Callable[[], Guest]
) -> None:
    await cluster.grow("far", "third", "fourth", "near" if "near" in cluster.workers else "next")
    names = tuple(cluster.workers)
    assert len(names) == 4
    before = {name: len(cluster.said(name, "job.started")) for name in names}
    alone = [guest() for _ in range(6)]
    together = [guest() for _ in range(4)]
    links = [f"{each.site}/watch/colours?kbps=2000&own={number}" for number, each in enumerate(alone)]
    links += [f"{each.site}/watch/colours?kbps=2000&shared=1" for each in together]
    await asyncio.gather(*(_chosen(each, link) for each, link in zip([*alone, *together], links, strict=True)))
    for each in [*alone, *together]:
        await each.gets("video")
    await cluster.rests()
    async with cluster.storage.read() as session:
        states = [
            (await session.requests.list_for(each.live.stage.world.bot.id, each.person.id, 1))[0].state
            for each in [*alone, *together]
        ]
    assert set(states) == {RequestState.DONE}
    assert [len(each.files("video")) for each in [*alone, *together]] == [1] * 10
    # One upload for all who asked for the same: the others got what Telegram keeps.
    assert len({each.files("video")[0].number for each in together}) == 1
    shares = {name: len(cluster.said(name, "job.started")) - before[name] for name in names}
    assert sum(share > 0 for share in shares.values()) >= 2, shares
