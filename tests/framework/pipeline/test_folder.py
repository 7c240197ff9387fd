from __future__ import annotations

import dataclasses
import errno
import shutil
from pathlib import Path

import pytest

from fetchgram.api import CannotDeliver, Chat, Delivery, DiskFull, Folder, Media, MediaKind, SettingsModel
from fetchgram.pipeline.folder import FolderPlugin
from fetchgram.testing.fakes import FakeLedger, FakeSink


@pytest.fixture
def plugin() -> FolderPlugin:
    return FolderPlugin(SettingsModel(), None)


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(id=1, job_id=1, request_id=1, destination=Folder(path=tmp_path / "out" / "deep"))


def _media(folder: Path, name: str, content: bytes) -> Media:
    path = folder / f"source-{name}"
    path.write_bytes(content)
    return Media(path=path, kind=MediaKind.DOCUMENT, mime="video/mp4", size_bytes=len(content), file_name=name)


def test_it_is_a_route_to_folders_only(plugin: FolderPlugin, delivery: Delivery) -> None:
    (route,) = plugin.routes(delivery.destination)
    assert all(route.takes(kind, 2**50) for kind in MediaKind)
    assert plugin.routes(Chat(bot_id=1, chat=1)) == ()


async def test_files_arrive_under_their_names_and_progress_is_in_bytes(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    sink = FakeSink()
    media = [_media(tmp_path, "a.mp4", b"aaaa"), _media(tmp_path, "b.srt", b"bb")]
    receipt = await plugin.deliver(delivery, media, FakeLedger(), sink)
    assert [(path.name, path.read_bytes()) for path in receipt.paths] == [("a.mp4", b"aaaa"), ("b.srt", b"bb")]
    assert receipt.size_bytes == 6
    assert sink.reports[-1] == (6, 6)


async def test_a_text_arrives_as_a_file_beside_the_others(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    words = _media(tmp_path, "a.txt", "The rest 🐢".encode())
    text = dataclasses.replace(words, kind=MediaKind.TEXT, caption="The rest 🐢")
    receipt = await plugin.deliver(delivery, [_media(tmp_path, "a.jpg", b"a"), text], FakeLedger(), FakeSink())
    assert [(path.name, path.read_text()) for path in receipt.paths] == [("a.jpg", "a"), ("a.txt", "The rest 🐢")]


async def test_a_name_that_is_taken_is_counted_up_and_nothing_is_overwritten(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    media = [_media(tmp_path, "a.b.mp4", b"one")]
    for _ in range(3):
        await plugin.deliver(delivery, media, FakeLedger(), FakeSink())
    found = sorted(path.name for path in (tmp_path / "out" / "deep").iterdir())
    assert found == ["a.b (2).mp4", "a.b (3).mp4", "a.b.mp4"]


async def test_an_interrupted_delivery_goes_on_under_the_same_name(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    ledger, media = FakeLedger(), [_media(tmp_path, "a.mp4", b"whole")]
    (path,) = (await plugin.deliver(delivery, media, ledger, FakeSink())).paths
    path.write_bytes(b"ha")
    again = await plugin.deliver(delivery, media, ledger, FakeSink())
    assert again.paths == (path,)
    assert path.read_bytes() == b"whole"
    assert len(list(path.parent.iterdir())) == 1


async def test_a_folder_that_cannot_be_made_is_refused(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(CannotDeliver, match="cannot be written to: Not a directory"):
        await plugin.deliver(delivery, [_media(tmp_path, "a.mp4", b"a")], FakeLedger(), FakeSink())


async def test_a_disk_that_runs_full_is_said_so(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DiskFull):
        await plugin.deliver(delivery, [_media(tmp_path, "a.mp4", b"a")], FakeLedger(), FakeSink())


async def test_another_destination_is_refused(plugin: FolderPlugin, delivery: Delivery) -> None:
    elsewhere = dataclasses.replace(delivery, destination=Chat(bot_id=1, chat=1))
    with pytest.raises(CannotDeliver):
        await plugin.deliver(elsewhere, [], FakeLedger(), FakeSink())


async def test_a_file_name_with_a_path_in_it_stays_in_the_folder(
    plugin: FolderPlugin, delivery: Delivery, tmp_path: Path
) -> None:
    media = dataclasses.replace(_media(tmp_path, "x", b"a"), file_name="../../../escaped.mp4")
    (path,) = (await plugin.deliver(delivery, [media], FakeLedger(), FakeSink())).paths
    assert path.parent == tmp_path / "out" / "deep"
