from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetchgram_ytdlp.names import file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A title", "A title.mp4"),
        ("../../etc/passwd", "etcpasswd.mp4"),
        ("a\u202egpj.exe", "agpj.exe.mp4"),
        ("line\nbreak\tand  spaces", "line break and spaces.mp4"),
        ("..", "media.mp4"),
        ("", "media.mp4"),
        ("CON", "CON_.mp4"),
        ("né\u0301e ✨ 你好", "né\u0301e ✨ 你好.mp4"),
    ],
)
def test_a_title_becomes_a_harmless_name(title: str, name: str) -> None:
    assert file_name(title, "mp4") == name


@given(st.text(max_size=400))
def test_any_title_gives_one_plain_part_of_a_path(title: str) -> None:
    name = file_name(title, "mp4")
    assert len(name.encode()) <= 255
    assert name.endswith(".mp4")
    assert len(name) > len(".mp4")
    assert not set("/\\\0\n\u202e\u2066") & set(name)
    assert name not in (".", "..")
