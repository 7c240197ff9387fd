from __future__ import annotations

import struct
from pathlib import Path

import pytest

from fetchgram_ytdlp.boxes import starts_fast


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def large(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4sQ", 1, name, 16 + len(body)) + body


@pytest.mark.parametrize(
    ("data", "is_fast"),
    [
        (box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat"), True),
        (box(b"ftyp", b"isom") + box(b"mdat", b"x" * 9) + box(b"moov"), False),
        (large(b"free", b"x" * 5) + box(b"moov"), True),
        (b"", False),
        (b"\0\0\0\0junkjunk", False),
        (b"<html>not a video at all</html>", False),
        (box(b"free") * 100 + box(b"moov"), False),
        (struct.pack(">I4s", 1, b"free"), False),
    ],
)
def test_a_file_starts_fast_when_its_index_comes_first(tmp_path: Path, data: bytes, *, is_fast: bool) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    assert starts_fast(path) is is_fast
