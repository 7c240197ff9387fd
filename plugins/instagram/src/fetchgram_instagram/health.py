"""What is known of each account: how much it asked, how long it rests, and whether its session has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fetchgram_instagram.finds import Refusal, Verdict

VISITOR = ""
"""The name of nobody: requests without a session have a rate and a rest too."""
_HOUR_S = 3600.0
_LONGEST_REST_S = 6 * _HOUR_S
_BLOCKED_S = 6 * _HOUR_S
"""After `feedback_required` Instagram refuses an account for hours, whatever it does."""
_ENDS: Mapping[Verdict, str] = {Verdict.LOGGED_OUT: "logged-out", Verdict.CHECKPOINT: "checkpoint"}
_RESTS = frozenset({Verdict.RATE, Verdict.WALL, Verdict.FEEDBACK})


@dataclass(frozen=True, slots=True)
class Health:
    """One account; times in seconds since 1970.

    Args:
        used: When it sent requests, in the last hour.
        rests_until: Not to be used before.
        strikes: How often in a row it was told to ask less.
        ended: Why its session ended (`logged-out`, `checkpoint`); empty while it lives.
    """

    used: tuple[float, ...] = ()
    rests_until: float = 0.0
    strikes: int = 0
    ended: str = ""

    def left(self, per_hour: int, now: float) -> int:
        """Return how many requests it may send now."""
        return per_hour - sum(at > now - _HOUR_S for at in self.used)

    def ready_at(self, per_hour: int, now: float) -> float:
        """Return when it may be used."""
        recent = sorted(at for at in self.used if at > now - _HOUR_S)
        full_until = recent[-per_hour] + _HOUR_S if len(recent) >= per_hour > 0 else 0.0
        return max(self.rests_until, full_until)

    def may_ask(self, per_hour: int, now: float) -> bool:
        """Whether it may be used now."""
        return not self.ended and per_hour > 0 and self.ready_at(per_hour, now) <= now

    def after(self, asked: int, refusal: Refusal | None, *, now: float, first_rest_s: float, chance: float) -> Health:
        """Return what is known after a visit.

        Args:
            asked: Requests that it sent.
            refusal: What it was told instead of an answer.
            now: When.
            first_rest_s: Of the first time that it is told to ask less; doubled each time.
            chance: A part that is added to the rest: accounts that stopped together do not come back together.
        """
        used = (*(at for at in self.used if at > now - _HOUR_S), *[now] * asked)
        verdict = refusal.verdict if refusal else None
        if refusal is not None and verdict in _ENDS:
            return replace(self, used=used, ended=_ENDS[refusal.verdict])
        if refusal is None or verdict not in _RESTS:
            return replace(self, used=used, strikes=0)
        usual_s = min(first_rest_s * 2.0**self.strikes, _LONGEST_REST_S)
        rest_s = _BLOCKED_S if verdict is Verdict.FEEDBACK else refusal.wait_s or usual_s
        return replace(self, used=used, strikes=self.strikes + 1, rests_until=now + rest_s * (1 + chance))
