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


@pytest.mark.parametrize("wrong", [{"label": ""}, {"label": "x", "codec": "vp9"}, {"label": "x", "max_size": "much"}])
def test_a_preset_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"presets": {"x": wrong}})
