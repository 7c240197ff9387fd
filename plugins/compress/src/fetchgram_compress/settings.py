"""What an operator can set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ByteSize, Field, model_validator

from fetchgram.api import MB, ChoiceKind, Names, SettingsModel
from fetchgram_compress.formats import SOUNDS
from fetchgram_compress.wishes import Form, Wish


def _split(value: object) -> object:
    """Read `20 MB, 50 MB` or JSON from the environment as a list."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else [part for part in value.split(",") if part.strip()]


_NEW_CODECS = ("hevc", "av1")
_LOSSLESS = tuple(name for name, sound in SOUNDS.items() if not sound.kbps)

Sizes = Annotated[tuple[ByteSize, ...], BeforeValidator(_split)]


_CONTRADICTIONS: Mapping[str, frozenset[str]] = {
    "sound": frozenset({"picture", "form", "codec", "height_px", "fps", "turn_deg", "mute"}),
    "picture": frozenset({"form", "codec", "fps", "audio_kbps", "mute"}),
    "form": frozenset({"codec"}),
    "mute": frozenset({"audio_kbps"}),
}
"""What of a preset excludes what else."""
_ABOUT: Mapping[str, frozenset[ChoiceKind]] = {
    **dict.fromkeys(("form", "codec", "fps", "mute"), frozenset({ChoiceKind.VIDEO})),
    **dict.fromkeys(("sound", "audio_kbps"), frozenset({ChoiceKind.VIDEO, ChoiceKind.AUDIO})),
    **dict.fromkeys(("height_px", "turn_deg"), frozenset({ChoiceKind.VIDEO, ChoiceKind.IMAGE})),
    "picture": frozenset({ChoiceKind.IMAGE}),
    "max_size": frozenset({ChoiceKind.VIDEO, ChoiceKind.AUDIO, ChoiceKind.IMAGE}),
}
"""What each field makes sense for."""


class Preset(SettingsModel):
    """`[plugin.compress.presets.<name>]`: several wishes under one button."""

    label: str = Field(min_length=1, max_length=40, description="On the button.")
    max_size: ByteSize | None = Field(default=None, gt=0, description="Largest file.")
    height_px: int | None = Field(default=None, ge=64, description="Largest shorter side, as in 720p.")
    fps: int | None = Field(default=None, ge=1, description="Most frames a second.")
    codec: Literal["h264", "hevc", "av1"] | None = Field(default=None, description="Of the picture.")
    form: Literal["note", "animation"] | None = Field(default=None, description="A round message, or a GIF.")
    sound: Literal["mp3", "m4a", "opus", "flac", "wav", "voice"] | None = Field(default=None, description="Only that.")
    audio_kbps: int | None = Field(default=None, ge=8, le=320, description="Bitrate of the sound.")
    mute: bool = Field(default=False, description="Without sound.")
    picture: Literal["jpeg", "png", "webp"] | None = Field(default=None, description="Of pictures: their format.")
    turn_deg: Literal[90, 180, 270] | None = Field(default=None, description="Turned clockwise.")
    everywhere: bool = Field(default=True, description="It must play on every phone.")

    @model_validator(mode="after")
    def _is_one_wish(self) -> Self:
        given = self._given
        if not given and not (self.everywhere and "everywhere" in self.model_fields_set):
            raise ValueError("a preset wants something beside its label, as max_size or height_px")
        pairs = [(one, other) for one in given for other in given if other in _CONTRADICTIONS.get(one, ())]
        if self.audio_kbps and (self.form == "animation" or self.sound in _LOSSLESS):
            pairs.append(("audio_kbps", f"{self.form or self.sound}"))
        if "everywhere" in self.model_fields_set and self.everywhere and self.codec in _NEW_CODECS:
            pairs.append(("everywhere", f"{self.codec}"))
        if pairs:
            raise ValueError("; ".join(f"{one} and {other} exclude each other" for one, other in pairs))
        return self

    @property
    def _given(self) -> list[str]:
        """Name the fields that want something."""
        return [name for name in _ABOUT if getattr(self, name)]

    @property
    def kinds(self) -> frozenset[ChoiceKind]:
        """What it makes sense for: films, songs, pictures."""
        about = [_ABOUT[name] for name in self._given]
        return frozenset.intersection(*about) if about else frozenset({ChoiceKind.VIDEO})

    @property
    def wish(self) -> Wish:
        """What it stands for."""
        form = Form.SOUND if self.sound else Form.PICTURE if self.picture else Form(self.form or Form.SAME)
        return Wish(
            form=form,
            format=self.sound or self.picture,
            codec=self.codec,
            everywhere=self.everywhere and self.codec not in _NEW_CODECS and form is Form.SAME,
            max_bytes=int(self.max_size) if self.max_size is not None else None,
            height_px=self.height_px,
            fps=self.fps,
            audio_kbps=self.audio_kbps,
            mute=self.mute,
            turn_deg=self.turn_deg or 0,
        )


class Settings(SettingsModel):
    """Section `[plugin.compress]`."""

    sizes: Sizes = Field(default=(ByteSize(20 * MB), ByteSize(50 * MB)), description="Sizes on the menu.")
    max_duration_s: float = Field(default=7200.0, gt=0, description="Longest film or song that is encoded.")
    max_input: ByteSize = Field(default=ByteSize(2_000 * MB), description="Largest file that is encoded.")
    cpu_s: int = Field(default=14_400, ge=1, description="Processor time of one run of ffmpeg, over all its threads.")
    hardware: Names = Field(default=(), description="Encoders of hardware to use where they work, as `h264_nvenc`.")
    presets: Mapping[str, Preset] = Field(default_factory=dict, description="`[plugin.compress.presets.<name>]`")
