"""What is known of each account: how much it asked, how long it rests, and whether its session has ended.

It is kept in a file, so that all processes of this machine, and the next start, know it too.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

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


class HealthFile:
    """Keeps the health of all accounts.

    Args:
        path: Of the file; made when there is something to keep.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Health]:
        """Return what is known; nothing if the file is not there or cannot be read."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: Health(**{**each, "used": tuple(each["used"])}) for name, each in data.items()}
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return {}

    @contextmanager
    def change(self) -> Iterator[dict[str, Health]]:
        """Give what is known, to be changed; nobody else changes it meanwhile."""
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.read()
            yield known
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps({name: asdict(each) for name, each in known.items()}), encoding="utf-8")
            part.replace(self.path)
        finally:
            os.close(lock)
