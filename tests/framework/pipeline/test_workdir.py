from __future__ import annotations

from pathlib import Path

import pytest

from fetchgram.pipeline.workdir import Workdirs

from .conftest import Bench


@pytest.fixture
def workdirs(tmp_path: Path) -> Workdirs:
    return Workdirs(tmp_path / "work")


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


async def test_a_sweep_takes_of_what_was_listed_what_no_job_needs_any_more(workdirs: Workdirs, tmp_path: Path) -> None:
    assert await workdirs.job_ids() == []
    for job_id in (1, 2, 3):
        await workdirs.open(job_id)
    (tmp_path / "work" / "not-ours").mkdir()
    assert sorted(await workdirs.job_ids()) == [1, 2, 3]
    assert await workdirs.sweep({2}, among=[1, 2]) == 1
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["2", "3", "not-ours"]


async def test_folders_of_ended_jobs_are_swept_when_the_work_begins(bench: Bench) -> None:
    stale = bench.folder / "work" / "99"
    stale.mkdir(parents=True)
    request = await bench.wish()
    await bench.route.intake.choose(request.id, 0)
    await bench.run_until_ended(request.id)
    assert not stale.exists()
