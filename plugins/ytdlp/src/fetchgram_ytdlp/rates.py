"""Being told by a site to ask less: how that is marked, so that a plugin can say it in its own words."""

from __future__ import annotations

from fetchgram.api import TemporarilyUnavailable

TURNED_AWAY = "the site asks for fewer requests"
"""How the message of such an error begins; the mark survives the way from the child."""


def is_turned_away(error: TemporarilyUnavailable) -> bool:
    """Whether a site asked for fewer requests, as against any other passing trouble."""
    return str(error).startswith(TURNED_AWAY)
