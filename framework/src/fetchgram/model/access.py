"""Who may use a bot at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fetchgram.model.codec import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Word):
    """Who is let in.

    Args:
        private: Only staff and whoever is invited.
        channel: Id of a channel or group of which people must be members; 0 is none.
        channel_name: How people find it: `@name`, else its title.
    """

    private: bool = False
    channel: int = 0
    channel_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A code that lets people in: `t.me/<bot>?start=<code>`.

    Args:
        code: What the link carries.
        left: How many people it still lets in.
        until: When it ends.
        made_by: Id of the admin.
        link: What is passed on, once it is known with which bot.
    """

    code: str
    left: int
    until: datetime
    made_by: str
    link: str = ""
