from __future__ import annotations

from pathlib import Path

from fetchgram.pipeline.identity import folder_of, worker_name


def test_two_processes_of_a_folder_have_names_of_their_own_that_begin_alike(tmp_path: Path) -> None:
    first, second = worker_name(tmp_path), worker_name(tmp_path)
    assert first != second
    assert folder_of(first) == folder_of(second)
    assert second.startswith(folder_of(first))


def test_processes_of_two_folders_begin_differently(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert folder_of(worker_name(tmp_path)) != folder_of(worker_name(other))


def test_a_folder_that_cannot_be_written_to_gives_a_name_all_the_same(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert folder_of(worker_name(missing)) != folder_of(worker_name(missing))
