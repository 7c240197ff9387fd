"""What an operator can set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ByteSize, Field

from fetchgram.api import MB, Names, SettingsModel
from fetchgram_compress.wishes import Form, Wish


def _split(value: object) -> object:
    """Read `20 MB, 50 MB` or JSON from the environment as a list."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else [part for part in value.split(",") if part.strip()]


Sizes = Annotated[tuple[ByteSize, ...], BeforeValidator(_split)]


class Preset(SettingsModel):
    """`[plugin.compress.presets.<name>]`: several wishes under one button."""

    label: str = Field(min_length=1, max_length=40, description="On the button.")
    max_size: ByteSize | None = Field(default=None, description="Largest file.")
    height_px: int | None = Field(default=None, ge=64, description="Largest shorter side, as in 720p.")
    fps: int | None = Field(default=None, ge=1, description="Most frames a second.")
    codec: Literal["h264", "hevc", "av1"] | None = Field(default=None, description="Of the picture.")
    sound: Literal["mp3", "m4a", "opus", "flac", "wav", "voice"] | None = Field(default=None, description="Only that.")
    audio_kbps: int | None = Field(default=None, ge=8, le=320, description="Bitrate of the sound.")
    mute: bool = Field(default=False, description="Without sound.")
    everywhere: bool = Field(default=True, description="It must play on every phone.")

    @property
    def wish(self) -> Wish:
        """What it stands for."""
        return Wish(
            form=Form.SOUND if self.sound else Form.SAME,
            format=self.sound,
            codec=self.codec,
            everywhere=self.everywhere and self.codec in (None, "h264") and self.sound is None,
            max_bytes=int(self.max_size) if self.max_size is not None else None,
            height_px=self.height_px,
            fps=self.fps,
            audio_kbps=self.audio_kbps,
            mute=self.mute,
        )


class Settings(SettingsModel):
    """Section `[plugin.compress]`."""

    sizes: Sizes = Field(default=(ByteSize(20 * MB), ByteSize(50 * MB)), description="Sizes on the menu.")
    max_duration_s: float = Field(default=7200.0, gt=0, description="Longest film or song that is encoded.")
    max_input: ByteSize = Field(default=ByteSize(2_000 * MB), description="Largest file that is encoded.")
    cpu_s: int = Field(default=14_400, ge=1, description="Processor time of one run of ffmpeg, over all its threads.")
    hardware: Names = Field(default=(), description="Encoders of hardware to use where they work, as `h264_nvenc`.")
    presets: Mapping[str, Preset] = Field(default_factory=dict, description="`[plugin.compress.presets.<name>]`")
