from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fetchgram_youtube.shelf import Shelf


def test_those_that_were_sent_come_before_the_operators_and_only_the_bot_reads_them(tmp_path: Path) -> None:
    own, sent = tmp_path / "own.txt", tmp_path / "cookies.txt"
    own.write_text("own")
    shelf = Shelf(tmp_path, own)
    assert (shelf.file, shelf.has_sent) == (own, False)
    shelf.put("first")
    shelf.put("second")
    assert (shelf.file, shelf.has_sent) == (sent, True)
    assert (stat.S_IMODE(sent.stat().st_mode), sent.read_text()) == (0o600, "second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cookies.txt", "own.txt"]
    shelf.drop()
    assert (shelf.file, shelf.has_sent) == (own, False)


def test_without_a_folder_nothing_is_kept() -> None:
    shelf = Shelf(None, None)
    assert (shelf.file, shelf.since, shelf.has_sent) == (None, None, False)
    with pytest.raises(ValueError, match="no folder"):
        shelf.put("x")
    shelf.drop()
