"""What an operator can set."""

from __future__ import annotations

from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from fetchgram.api import SettingsModel


class Every(StrEnum):
    """How often admins get a report unasked."""

    OFF = "off"
    DAY = "day"
    WEEK = "week"


class Theme(StrEnum):
    """Of the pictures."""

    LIGHT = "light"
    DARK = "dark"


class Settings(SettingsModel):
    """Section `[plugin.analytics]`."""

    timezone: str = Field(default="UTC", description="Days and hours are those of this place, as `Europe/Berlin`.")
    theme: Theme = Field(default=Theme.LIGHT, description="Of the pictures: `light` or `dark`.")
    report: Every = Field(default=Every.WEEK, description="How often admins get the dashboard: `off`, `day`, `week`.")
    report_hour: int = Field(default=9, ge=0, le=23, description="At which hour of theirs; weekly on Mondays.")
    keep_events_days: int = Field(default=60, ge=2, description="Days that single events are kept.")
    keep_hours_days: int = Field(default=61, ge=2, description="Days that sums by hour are kept.")
    keep_people_days: int = Field(
        default=400, ge=120, description="Days that is kept on which days somebody was active."
    )
    hash_ids: bool = Field(
        default=False, description="Keep people's ids only as hashes with a secret of this database."
    )

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone {name!r}: names are as `Europe/Berlin`") from error
        return name
