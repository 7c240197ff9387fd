from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fetchgram.api import DiskFull, RequestState
from fetchgram.pipeline.workdir import Workdirs

from .conftest import Bench


@pytest.fixture
def workdirs(tmp_path: Path) -> Workdirs:
    return Workdirs(tmp_path / "work", floor_bytes=0)


async def test_a_folder_keeps_what_an_earlier_attempt_left(workdirs: Workdirs, tmp_path: Path) -> None:
    path = await workdirs.open(7)
    assert path == workdirs.path(7) == tmp_path / "work" / "7"
    (path / "part").touch()
    assert [found.name for found in (await workdirs.open(7)).iterdir()] == ["part"]


async def test_a_folder_is_removed_with_all_that_is_in_it_and_twice_does_no_harm(workdirs: Workdirs) -> None:
    path = await workdirs.open(7)
    (path / "a" / "b").mkdir(parents=True)
    await workdirs.remove(7)
    await workdirs.remove(7)
    assert not path.exists()


async def test_a_sweep_takes_what_no_job_needs_any_more(workdirs: Workdirs, tmp_path: Path) -> None:
    assert await workdirs.sweep([]) == 0
    for job_id in (1, 2, 3):
        await workdirs.open(job_id)
    assert await workdirs.sweep([2]) == 2
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["2"]


async def test_below_the_floor_nothing_is_begun(tmp_path: Path) -> None:
    total = shutil.disk_usage(tmp_path).total
    workdirs = Workdirs(tmp_path / "work", floor_bytes=total * 2)
    with pytest.raises(DiskFull, match=f"the floor is {total * 2}"):
        await workdirs.open(1)
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_full_disk_is_told_and_tried_again_until_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetchgram.pipeline.run._BACKOFF_S", 0.01)
    workdirs = bench.route.runner._workdirs
    free = iter([10, 10, 10**12])
    monkeypatch.setattr(workdirs, "free_bytes", lambda: next(free))
    monkeypatch.setattr(workdirs, "_floor_bytes", 100)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    (ended,) = await bench.run_until_ended(request.id)
    assert ended.state is RequestState.DONE
    assert bench.audience.kinds(request.id)[0] == "Retrying"
    assert bench.site.downloads == 1


async def test_folders_of_ended_jobs_are_swept_when_the_work_begins(bench: Bench) -> None:
    stale = bench.folder / "work" / "99"
    stale.mkdir(parents=True)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert not stale.exists()
