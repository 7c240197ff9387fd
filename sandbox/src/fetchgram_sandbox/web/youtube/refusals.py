"""What YouTube's player says when it does not play a video; wordings as yt-dlp's own tests and source have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The player's words.

    Args:
        status: `playabilityStatus.status`.
        reason: The headline.
        subreason: The line below it.
        http_status: Of the answer; 429 refuses before there is anything to play.
        opens_to_login: Whether somebody who is logged in is not refused.
    """

    status: str = "UNPLAYABLE"
    reason: str = ""
    subreason: str = ""
    http_status: int = 200
    opens_to_login: bool = False


REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "privateone1": Refusal(
            status="LOGIN_REQUIRED",
            reason="Private video",
            subreason="Sign in if you've been granted access to this video",
        ),
        "membersonl1": Refusal(
            reason="Join this channel to get access to members-only content like this video, and other exclusive perks."
        ),
        "agegated001": Refusal(
            status="LOGIN_REQUIRED",
            reason="Sign in to confirm your age",
            subreason="This video may be inappropriate for some users.",
            opens_to_login=True,
        ),
        "geoblocked1": Refusal(
            reason="Video unavailable",
            subreason="The uploader has not made this video available in your country",
        ),
        "removed0001": Refusal(status="ERROR", reason="This video has been removed by the uploader"),
        "terminated1": Refusal(
            status="ERROR",
            reason="Video unavailable",
            subreason="This video is no longer available because the YouTube account associated with this video has "
            "been terminated.",
        ),
        "paidvideo01": Refusal(reason="This video requires payment to watch"),
        "botcheck001": Refusal(
            status="LOGIN_REQUIRED", reason="Sign in to confirm you’re not a bot", opens_to_login=True
        ),
        "ratelimit01": Refusal(http_status=429),
        "tryagain001": Refusal(reason="This content isn't available, try again later."),
        "upcoming001": Refusal(status="LIVE_STREAM_OFFLINE", reason="Premieres in 5 hours"),
    }
)
"""By the id of the video that is refused so; any id that is not known is simply unavailable."""
