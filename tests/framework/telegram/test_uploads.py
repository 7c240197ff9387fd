from __future__ import annotations

import pytest

from fetchgram.telegram.uploads import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("film.mp4", "film.mp4"),
        ('a"b.mp4', "a_b.mp4"),
        ("a\r\nContent-Type: x.mp4", "a__Content-Type: x.mp4"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\x.exe", "_x.exe"),
        ("\u202e4pm.exe", "_4pm.exe"),
        ("", "file"),
        (" . ", "file"),
        ("Ünïcode 🎬.mp4", "Ünïcode 🎬.mp4"),
        ("\ud800.mp4", "?.mp4"),
    ],
)
def test_a_name_cannot_break_the_form(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    shown = safe_name("é" * 300 + ".mp4")
    assert shown.endswith(".mp4")
    assert len(shown.encode()) <= 200
