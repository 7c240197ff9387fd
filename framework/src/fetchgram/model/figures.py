"""How much a bot is used, as admins see it at a glance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """People and wishes of one bot.

    Args:
        people: Who ever came.
        today: Who was here in the last 24 hours.
        week: In the last 7 days.
        month: In the last 30 days.
        done: Wishes that ended in files, in the last 24 hours.
        failed: That ended in a sentence instead.
        cancelled: That were taken back.
        under_way: That have not ended yet, whenever they began.
    """

    people: int
    today: int
    week: int
    month: int
    done: int
    failed: int
    cancelled: int
    under_way: int
