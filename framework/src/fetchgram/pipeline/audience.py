"""The one port through which people hear what happens while nobody is on the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from fetchgram.model import Receipt, Stage, Text, Word


class _News(Word):
    """Base of the news: it crosses to the process that talks to people."""

    TAGGED = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued(_News):
    """Waits in line: `place` from 1, behind `running` that are at work; `wait_s` is measured, `None` when unknown."""

    place: int
    running: int
    wait_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Working(_News):
    """A stage began; `step` names the option of a post-processing step."""

    stage: Stage
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(_News):
    """Bytes of the present stage; a percentage comes from bytes, never from time."""

    stage: Stage
    done_bytes: int
    total_bytes: int | None
    speed_bps: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying(_News):
    """Did not work now; tried again by itself."""

    after_s: float
    error: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoom(_News):
    """The disk has no room now; it goes on by itself when there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuAgain(_News):
    """The choice is gone; the request is back at its menu."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainDelivery(_News):
    """A send was cut in the middle; "send again" is up to the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(_News):
    """It arrived."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_News):
    """It will not arrive by itself; `retryable` says whether the same wish may go better next time."""

    error: Text
    number: str
    retryable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(_News):
    """The person stopped it."""


News: TypeAlias = (
    Queued | Working | Progress | Retrying | NoRoom | MenuAgain | UncertainDelivery | Done | Failed | Cancelled
)


class Audience(Protocol):
    """Who tells people; implemented by Telegram, the terminal and the tests.

    The state is in the database before it is told, so an implementation may drop what a later piece of news replaces,
    and rebuild everything after a restart.
    """

    async def tell(self, request_id: int, position: int, news: News) -> None:
        """Tell the person behind a request; never raises, never waits for long."""
        ...
