from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fetchgram_compress.plan import plan
from fetchgram_compress.speed import Speed
from fetchgram_compress.wishes import Form, Wish

from .conftest import FILM

FIT = plan(FILM, Wish(max_bytes=20_000_000))


def test_it_comes_closer_with_each_film(tmp_path: Path) -> None:
    speed = Speed(tmp_path / "speed.json")
    took_s = speed.time_s(FILM, FIT) * 3
    for _ in range(12):
        speed.learn(FILM, FIT, took_s)
    assert speed.time_s(FILM, FIT) == pytest.approx(took_s, rel=0.1)


def test_it_remembers_and_survives_a_spoilt_memory(tmp_path: Path) -> None:
    path = tmp_path / "speed.json"
    speed = Speed(path)
    speed.learn(FILM, FIT, 1000.0)
    assert Speed(path).time_s(FILM, FIT) == pytest.approx(speed.time_s(FILM, FIT), rel=0.01)
    for spoilt in ("", "[]", '{"h264-large-sized": "fast"}', '{"h264-large-sized": 0}'):
        path.write_text(spoilt)
        assert Speed(path).time_s(FILM, FIT) == Speed().time_s(FILM, FIT)


def test_what_one_codec_takes_says_less_about_another(tmp_path: Path) -> None:
    speed, other = Speed(tmp_path / "speed.json"), plan(FILM, Wish(codec="hevc"))
    speed.learn(FILM, other, 500.0)
    before_s = speed.time_s(FILM, other)
    for _ in range(12):
        speed.learn(FILM, FIT, 300.0)
    assert speed.time_s(FILM, other) == before_s
    assert speed.time_s(FILM, FIT) == pytest.approx(300.0, rel=0.1)


def test_copies_and_blinks_teach_nothing(tmp_path: Path) -> None:
    speed = Speed(tmp_path / "speed.json")
    speed.learn(FILM, plan(FILM, Wish(mute=True)), 500.0)
    speed.learn(FILM, FIT, 0.2)
    assert not (tmp_path / "speed.json").exists()


def test_more_work_takes_longer() -> None:
    speed = Speed()
    copy, sound = plan(FILM, Wish(mute=True)), plan(FILM, Wish(form=Form.SOUND, format="mp3"))
    slow = plan(FILM, Wish(codec="hevc"))
    times = [speed.time_s(FILM, each) for each in (copy, sound, FIT, slow)]
    assert times == sorted(times)
    assert speed.time_s(replace(FILM, duration_s=600.0), replace(FIT, duration_s=600.0)) > speed.time_s(FILM, FIT)


def test_what_is_left_takes_nothing_and_what_is_copied_a_blink() -> None:
    small = replace(FILM, size_bytes=80_000, duration_s=4.0)
    assert Speed().time_s(small, plan(small, Wish(max_bytes=100_000))) == 0.0
    assert 0 < Speed().time_s(small, plan(small, Wish(mute=True))) < 0.1


def test_a_song_takes_its_tags_and_the_drawing_of_its_cover_besides() -> None:
    small = replace(FILM, size_bytes=80_000, duration_s=4.0)
    silent_s, wav_s, song_s, bare_s = (
        Speed().time_s(source, plan(source, wish))
        for source, wish in (
            (small, Wish(mute=True)),
            (small, Wish(form=Form.SOUND, format="wav")),
            (small, Wish(form=Form.SOUND, format="mp3")),
            (replace(small, kind="audio", width_px=None), Wish(form=Form.SOUND, format="mp3")),
        )
    )
    assert silent_s < wav_s < song_s < 0.3
    assert bare_s == wav_s
