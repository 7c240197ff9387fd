"""What admins see of the whole bot's upkeep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepState:
    """What is set now.

    Args:
        closed: Whether nothing new is taken from people.
        why: What they read besides; foreign text.
        level: Of the log.
        levels: Those that there are.
        tables: What may be exported.
        most_bytes: Largest file that can be sent into the chat.
    """

    closed: bool
    why: str
    level: str
    levels: tuple[str, ...]
    tables: tuple[str, ...]
    most_bytes: int
