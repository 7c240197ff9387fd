from __future__ import annotations

import pytest

from fetchgram.api import PluginError, Step
from fetchgram_compress.wishes import Form, Wish, of_steps


def step(key: str, value: str | None = None) -> Step:
    return Step(key=f"compress.{key}", input=value)


def test_steps_add_up_to_one_wish() -> None:
    steps = [
        step("cut", "1-2.5"),
        step("mute"),
        step("turn", "90"),
        step("height.480"),
        step("fps", "24"),
        step("fit.9"),
    ]
    assert of_steps(steps, {}) == Wish(cut_s=(1.0, 2.5), mute=True, turn_deg=90, height_px=480, fps=24.0, max_bytes=9)


@pytest.mark.parametrize(
    ("key", "value", "wish"),
    [
        ("fit", "25000000", Wish(max_bytes=25_000_000)),
        ("phone", None, Wish(everywhere=True)),
        ("smaller.av1", None, Wish(codec="av1")),
        ("sound.voice", None, Wish(form=Form.SOUND, format="voice")),
        ("picture.webp", None, Wish(form=Form.PICTURE, format="webp")),
        ("animation", None, Wish(form=Form.ANIMATION)),
        ("note", None, Wish(form=Form.NOTE)),
        ("kbps", "64", Wish(audio_kbps=64)),
        ("preset.small", None, Wish(height_px=360)),
    ],
)
def test_each_step_is_read(key: str, value: str | None, wish: Wish) -> None:
    assert of_steps([step(key, value)], {"small": Wish(height_px=360)}) == wish


def test_a_preset_adds_to_what_was_wished_before() -> None:
    small = Wish(height_px=360, everywhere=True)
    steps = [step("cut", "1-2"), step("turn", "90"), step("height.720"), step("preset.small")]
    assert of_steps(steps, {"small": small}) == Wish(cut_s=(1.0, 2.0), turn_deg=90, height_px=360, everywhere=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("fit", "0"), ("fit", "much"), ("fit", None), ("smaller.vp9", None), ("sound.midi", None), ("turn", "45")),
        *(("cut", "5-1"), ("cut", "x"), ("height", "-2"), ("unknown", None), ("preset.gone", None)),
    ],
)
def test_what_makes_no_sense_is_refused(key: str, value: str | None) -> None:
    with pytest.raises(PluginError, match="makes no sense"):
        of_steps([step(key, value)], {})
