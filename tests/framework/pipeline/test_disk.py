from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from fetchgram.api import Checkpoint, Choice, ChoiceKind, DiskFull, Job, JobState, RequestState, Sink, TooLarge
from fetchgram.clock import SystemClock
from fetchgram.model import Link, LinkKind, Recipe
from fetchgram.pipeline.audience import NoRoom
from fetchgram.pipeline.disk import SLACK, Disk
from fetchgram.pipeline.workdir import Workdirs

from .conftest import MB, Bench
from .test_poison import due_now


class SmallDisk(Workdirs):
    """A disk of a known size; what the folders hold is real."""

    def __init__(self, root: Path, *, total_bytes: int) -> None:
        super().__init__(root)
        self.total_bytes = total_bytes
        self.taken_bytes = 0

    def disk(self) -> tuple[int, int]:
        return self.total_bytes - self.taken_bytes, self.total_bytes


def job_of(job_id: int, size_bytes: int | None) -> Job:
    return Job(
        id=job_id,
        fingerprint=str(job_id),
        link=Link(plugin="fake", kind=LinkKind.VIDEO, media_id="1", url="https://fake/1"),
        recipe=Recipe(choice=Choice(kind=ChoiceKind.VIDEO, size_bytes=size_bytes)),
        title="",
        state=JobState.RUNNING,
        created_at=SystemClock().now(),
    )


@pytest.fixture
def workdirs(tmp_path: Path) -> SmallDisk:
    return SmallDisk(tmp_path, total_bytes=1000 * MB)


@pytest.fixture
def disk(workdirs: SmallDisk) -> Disk:
    return Disk(workdirs, floor_bytes=100 * MB)


async def test_what_was_promised_to_one_is_not_promised_to_another_until_it_is_given_back(disk: Disk) -> None:
    async with disk.room(job_of(1, 250 * MB)):
        with pytest.raises(DiskFull):
            async with disk.room(job_of(2, 250 * MB)):
                pass
    async with disk.room(job_of(2, 250 * MB)):
        pass


async def test_what_is_written_already_is_not_counted_twice(disk: Disk, workdirs: SmallDisk) -> None:
    async with disk.room(job_of(1, 250 * MB)):
        _write(await workdirs.open(1), 50 * MB)
        workdirs.taken_bytes = 50 * MB
        async with disk.room(job_of(2, int(340 * MB / SLACK))):
            pass
        with pytest.raises(DiskFull):
            async with disk.room(job_of(2, int(360 * MB / SLACK))):
                pass


async def test_a_partial_download_needs_only_the_rest(disk: Disk, workdirs: SmallDisk) -> None:
    _write(await workdirs.open(1), 50 * MB)
    workdirs.taken_bytes = 840 * MB
    async with disk.room(job_of(1, int(100 * MB / SLACK))):
        pass


async def test_the_floor_is_nobodys_and_holds_for_an_unknown_size_too(disk: Disk, workdirs: SmallDisk) -> None:
    workdirs.taken_bytes = 901 * MB
    with pytest.raises(DiskFull):
        async with disk.room(job_of(1, None)):
            pass
    workdirs.taken_bytes = 899 * MB
    async with disk.room(job_of(1, None)):
        pass


async def test_what_can_never_fit_is_told_and_not_waited_for(disk: Disk) -> None:
    with pytest.raises(TooLarge) as refused:
        async with disk.room(job_of(1, 500 * MB)):
            pass
    assert (refused.value.size_bytes, refused.value.limit_bytes) == (500 * MB, int(900 * MB / SLACK))


async def test_a_file_that_only_has_to_be_sent_needs_no_room(disk: Disk, workdirs: SmallDisk) -> None:
    workdirs.taken_bytes = workdirs.total_bytes
    async with disk.room(dataclasses.replace(job_of(1, 250 * MB), checkpoint=Checkpoint(media=()))):
        pass


async def test_a_download_without_room_waits_uncounted_and_goes_on_when_there_is_some(
    bench: Bench, tmp_path: Path
) -> None:
    workdirs = SmallDisk(tmp_path / "work", total_bytes=20 * MB)
    bench.route.runner._stages._disk = Disk(workdirs, floor_bytes=0)
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_workdir: Path, _sink: Sink) -> None:
        began.set()
        await may_end.wait()

    bench.site.on_download = slow
    requests = [await bench.wish(f"https://fake/{n}", key=str(n)) for n in range(2)]  # 5 MB each: 11 MB with slack
    for request in requests:
        await bench.route.intake.choose(request.id, 0)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        runner = group.create_task(bench.route.runner.run())
        await began.wait()
        waits = await _told_no_room(bench)
        async with bench.storage.read() as session:
            job = await session.jobs.get(await bench.route.intake.job_of(await bench.route.intake.request(waits)))
        assert job is not None
        assert (job.state, job.attempt) == (JobState.WAITING, 0)
        may_end.set()
        await bench.ended(next(request.id for request in requests if request.id != waits))
        async with bench.storage.write() as session:
            await session.execute(due_now())
        bench.route.queue.announce()
        assert (await bench.ended(waits)).state is RequestState.DONE
        await bench.idle()
        runner.cancel()
    assert bench.site.downloads == 2


async def _told_no_room(bench: Bench) -> int:
    while not (told := [who for who, news in bench.audience.news if isinstance(news, NoRoom)]):
        await asyncio.sleep(0.01)
    return told[0]


def _write(folder: Path, size_bytes: int) -> None:
    with (folder / "part").open("wb") as file:
        file.truncate(size_bytes)


@pytest.fixture(autouse=True)
def _no_big_files_stay(tmp_path: Path) -> Iterator[None]:
    yield
    for path in tmp_path.rglob("part"):
        path.unlink()
