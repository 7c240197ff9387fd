"""What a person wants of a file: the chosen options, read into one `Wish`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from fetchgram.api import PluginError, Step
from fetchgram_compress.formats import PICTURES, SOUNDS, VIDEOS

NAME = "compress"
TURNS = (90, 180, 270)


class Form(StrEnum):
    """What the result is to be."""

    SAME = "same"
    SOUND = "sound"
    NOTE = "note"
    ANIMATION = "animation"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """All that is wanted of one file; the default wants nothing.

    Args:
        form: What it is to be.
        format: Name in `formats.SOUNDS` or `formats.PICTURES`, by form.
        codec: Name in `formats.VIDEOS`, when the picture is to be encoded anew whatever it is.
        everywhere: It must play on every phone.
        max_bytes: Largest result.
        height_px: Largest shorter side of the picture, as in "720p".
        fps: Most frames a second.
        audio_kbps: Bitrate of the sound.
        mute: Without sound.
        cut_s: The stretch that is kept.
        turn_deg: Clockwise.
    """

    form: Form = Form.SAME
    format: str | None = None
    codec: str | None = None
    everywhere: bool = False
    max_bytes: int | None = None
    height_px: int | None = None
    fps: float | None = None
    audio_kbps: int | None = None
    mute: bool = False
    cut_s: tuple[float, float] | None = None
    turn_deg: int = 0


def of_steps(steps: Sequence[Step], presets: Mapping[str, Wish]) -> Wish:
    """Return what the steps want together; of two that contradict each other the later one counts.

    Args:
        steps: `compress.<name>`, `compress.<name>.<value>`, or with a typed value as their input.
        presets: By name.

    Raises:
        PluginError: If one of them is none of ours, or its value makes no sense.
    """
    wish = Wish()
    for step in steps:
        _, name, *values = step.key.split(".", 2)
        value = values[0] if values else step.input
        try:
            wish = _with(wish, presets[value or ""]) if name == "preset" else _READERS[name](wish, value or "")
        except (KeyError, ValueError) as error:
            raise PluginError(f"the step {step.key!r} with {value!r} makes no sense", plugin=NAME) from error
    return wish


def _with(wish: Wish, more: Wish) -> Wish:
    """Return a wish with what another one wants besides: a stretch that was cut stays cut."""
    plain, wanted = Wish(), {field.name: getattr(more, field.name) for field in fields(more)}
    return replace(wish, **{name: value for name, value in wanted.items() if value != getattr(plain, name)})


def read_cut(value: str) -> tuple[float, float]:
    """Read `90-165.5`.

    Raises:
        ValueError: If it is none, or ends before it begins.
    """
    start, _, end = value.partition("-")
    cut = float(start), float(end)
    if not 0 <= cut[0] < cut[1]:
        raise ValueError(value)
    return cut


def _fit(wish: Wish, value: str) -> Wish:
    return replace(wish, max_bytes=_positive(value))


def _positive(value: str) -> int:
    if (number := int(value)) <= 0:
        raise ValueError(value)
    return number


def _known(value: str, names: Mapping[str, object]) -> str:
    if value not in names:
        raise ValueError(value)
    return value


def _turn(wish: Wish, value: str) -> Wish:
    if (turn := int(value)) not in TURNS:
        raise ValueError(value)
    return replace(wish, turn_deg=turn)


_READERS: Mapping[str, Callable[[Wish, str], Wish]] = {
    "fit": _fit,
    "phone": lambda wish, _: replace(wish, everywhere=True),
    "smaller": lambda wish, value: replace(wish, codec=_known(value, VIDEOS)),
    "height": lambda wish, value: replace(wish, height_px=_positive(value)),
    "fps": lambda wish, value: replace(wish, fps=float(_positive(value))),
    "sound": lambda wish, value: replace(wish, form=Form.SOUND, format=_known(value, SOUNDS)),
    "note": lambda wish, _: replace(wish, form=Form.NOTE),
    "animation": lambda wish, _: replace(wish, form=Form.ANIMATION),
    "picture": lambda wish, value: replace(wish, form=Form.PICTURE, format=_known(value, PICTURES)),
    "kbps": lambda wish, value: replace(wish, audio_kbps=_positive(value)),
    "mute": lambda wish, _: replace(wish, mute=True),
    "cut": lambda wish, value: replace(wish, cut_s=read_cut(value)),
    "turn": _turn,
}
