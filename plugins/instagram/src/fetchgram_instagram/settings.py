"""What an operator can set for Instagram."""

from __future__ import annotations

from pydantic import ByteSize, Field

from fetchgram.api import Names, SettingsModel


class Settings(SettingsModel):
    """Section `[plugin.instagram]`."""

    mirrors: Names = Field(
        default=(), description="Hosts besides instagram.com whose addresses are Instagram's with another host."
    )
    requests_per_hour: int = Field(default=120, ge=1, description="Most requests of one account in an hour.")
    visitor_requests_per_hour: int = Field(
        default=60, ge=0, description="Most requests without an account in an hour; 0: accounts only."
    )
    cool_down_s: float = Field(
        default=900.0, gt=0, description="First pause of an account that was told to ask less; doubled each time."
    )
    look_timeout_s: float = Field(
        default=25.0,
        gt=0,
        description="Time to look up a link or one page of a profile, whoever asks and however often; below"
        " `plugins.hook_timeout_s`.",
    )
    download_timeout_s: float = Field(default=1800.0, gt=0, description="Time for all files of one post.")
    socket_timeout_s: float = Field(default=15.0, gt=0, description="Silence after which a server is given up.")
    max_size: ByteSize = Field(default=ByteSize(4_000_000_000), description="Largest download, all files together.")
