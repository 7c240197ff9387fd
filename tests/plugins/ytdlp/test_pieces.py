from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from yt_dlp.downloader.hls import HlsFD

from fetchgram_ytdlp import EngineOptions
from fetchgram_ytdlp.options import build
from fetchgram_ytdlp.pieces import Progress, append, resume

PIECE = "media.mp4.part-Frag2"


@pytest.fixture
def downloader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HlsFD:
    monkeypatch.chdir(tmp_path)
    owner = build({"options": EngineOptions().to_json(), "proxy": "http://127.0.0.1:9", "ca_file": None})
    return HlsFD(owner, owner.params)


@pytest.fixture
def progress(downloader: HlsFD) -> Iterator[Progress]:
    """Give a stream whose second piece has come, after the fourth."""
    Path(PIECE).write_bytes(b"second")
    with Path("media.mp4.part").open("ab") as stream:
        stream.write(b"first.")
        yield {
            "filename": "media.mp4",
            "tmpfilename": "media.mp4.part",
            "dest_stream": stream,
            "fragment_filename_sanitized": PIECE,
            "fragment_index": 4,
        }


def noted() -> tuple[int, int]:
    note = json.loads(Path("media.mp4.ytdl").read_text())["downloader"]
    return note["current_fragment"]["index"], note["extra_state"]["good_bytes"]


def test_a_piece_is_noted_under_its_own_number(downloader: HlsFD, progress: Progress) -> None:
    append(downloader, progress, b"second")
    assert noted() == (2, 12)
    assert Path("media.mp4.part").read_bytes() == b"first.second"
    assert not Path(PIECE).exists()


def test_a_piece_that_was_not_written_is_not_noted_and_stays(downloader: HlsFD, progress: Progress) -> None:
    cast("Iterator[bytes]", progress["dest_stream"]).close()  # type: ignore[attr-defined]  # as a later piece does
    append(downloader, progress, b"second")
    assert not Path("media.mp4.ytdl").exists()
    assert Path(PIECE).exists()


def test_a_full_disk_is_not_noted_as_a_piece(downloader: HlsFD, progress: Progress) -> None:
    class Full:
        closed = False

        def write(self, _content: bytes) -> None:
            raise OSError(errno.ENOSPC, "no space left")

    progress["dest_stream"] = Full()
    with pytest.raises(OSError, match="no space left"):
        append(downloader, progress, b"second")
    assert not Path("media.mp4.ytdl").exists()


@pytest.mark.parametrize(
    ("written", "note", "index", "left"),
    [
        (b"first.sec", '{"current_fragment": {"index": 1}, "extra_state": {"good_bytes": 6}}', 1, b"first."),
        (b"fir", '{"current_fragment": {"index": 1}, "extra_state": {"good_bytes": 6}}', 0, b""),
        (b"first.", '{"current_fragment": {"index": 0}}', 0, b""),
        (b"first.", '{"current_fragment": {"index": 1}}', 0, b""),
        (b"first.", "", 0, b""),
    ],
    ids=["more than noted", "less than noted", "before the first note", "a note without length", "no whole note"],
)
def test_going_on_takes_what_is_surely_good(
    downloader: HlsFD, written: bytes, note: str, index: int, left: bytes
) -> None:
    Path("media.mp4.part").write_bytes(written)
    Path("media.mp4.ytdl").write_text(f'{{"downloader": {note}}}')
    progress: Progress = {"filename": "media.mp4", "tmpfilename": "media.mp4.part", "fragment_index": 0}
    resume(downloader, progress)
    assert progress["fragment_index"] == index
    assert Path("media.mp4.part").read_bytes() == left
    assert "ytdl_corrupt" not in progress
