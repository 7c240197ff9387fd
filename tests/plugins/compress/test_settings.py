from __future__ import annotations

import pytest
from pydantic import ValidationError

from fetchgram_compress.settings import Preset, Settings
from fetchgram_compress.wishes import Form, Wish


@pytest.mark.parametrize("value", ["8MB, 100MB", '["8MB", "100MB"]', ["8MB", "100MB"], (8_000_000, 100_000_000)])
def test_sizes_come_from_a_file_or_the_environment(value: object) -> None:
    assert list(Settings.model_validate({"sizes": value}).sizes) == [8_000_000, 100_000_000]


def test_a_preset_stands_for_a_wish() -> None:
    chat = Preset.model_validate({"label": "Chat", "max_size": "16MB", "height_px": 480, "audio_kbps": 64})
    assert chat.wish == Wish(everywhere=True, max_bytes=16_000_000, height_px=480, audio_kbps=64)
    song = Preset.model_validate({"label": "Song", "sound": "opus"})
    assert song.wish == Wish(form=Form.SOUND, format="opus")
    assert Preset.model_validate({"label": "New", "codec": "av1"}).wish == Wish(codec="av1")


def test_a_preset_is_a_round_message_a_gif_or_a_picture_too() -> None:
    note = Preset.model_validate({"label": "Round", "form": "note", "max_size": "8MB"})
    assert note.wish == Wish(form=Form.NOTE, max_bytes=8_000_000)
    icon = Preset.model_validate({"label": "Icon", "picture": "webp", "height_px": 128, "turn_deg": 90})
    assert icon.wish == Wish(form=Form.PICTURE, format="webp", height_px=128, turn_deg=90)
    assert Preset.model_validate({"label": "Any phone", "everywhere": True}).wish == Wish(everywhere=True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "wants something beside its label"),
        ({"everywhere": False}, "wants something beside its label"),
        ({"sound": "mp3", "codec": "h264"}, "sound and codec exclude each other"),
        ({"sound": "mp3", "mute": True}, "sound and mute exclude each other"),
        ({"picture": "png", "sound": "mp3"}, "sound and picture exclude each other"),
        ({"picture": "png", "fps": 10}, "picture and fps exclude each other"),
        ({"sound": "mp3", "form": "note"}, "sound and form exclude each other"),
        ({"sound": "mp3", "turn_deg": 90}, "sound and turn_deg exclude each other"),
        ({"picture": "png", "form": "note"}, "picture and form exclude each other"),
        ({"picture": "png", "codec": "h264"}, "picture and codec exclude each other"),
        ({"picture": "png", "audio_kbps": 64}, "picture and audio_kbps exclude each other"),
        ({"picture": "png", "mute": True}, "picture and mute exclude each other"),
        ({"form": "note", "codec": "av1"}, "form and codec exclude each other"),
        ({"mute": True, "audio_kbps": 64}, "mute and audio_kbps exclude each other"),
        ({"form": "animation", "audio_kbps": 64}, "audio_kbps and animation exclude each other"),
        ({"sound": "flac", "audio_kbps": 64}, "audio_kbps and flac exclude each other"),
        ({"codec": "hevc", "everywhere": True}, "everywhere and hevc exclude each other"),
        ({"sound": "mp3", "height_px": 480, "fps": 5}, "sound and fps exclude each other; sound and height_px"),
    ],
)
def test_a_preset_that_contradicts_itself_is_refused_in_words(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Preset.model_validate({"label": "x", **fields})


@pytest.mark.parametrize("wrong", [{"label": ""}, {"label": "x", "codec": "vp9"}, {"label": "x", "max_size": "much"}])
def test_a_preset_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"presets": {"x": wrong}})
