"""What events tell about a job, in numbers and short names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fetchgram.model import Choice, Delivery, Event, Job, Json, Receipt, Request, Route, Stage, Text

_ERROR = "error-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long a stage took, or one step of it."""

    stage: Stage
    seconds: float
    step: str | None = None


def chosen(choice: Choice) -> dict[str, Json]:
    """Say what was chosen."""
    return {"kind": str(choice.kind), "height_px": choice.height_px}


def reason(error: Text) -> str:
    """Name what a person was told, shorter than the sentence."""
    return error.key.removeprefix(_ERROR)[:64]


def ended(took: Took, size_bytes: int) -> dict[str, Json]:
    """Say what a stage took and left."""
    step = {"step": took.step[:64]} if took.step else {}
    return {"stage": str(took.stage), **step, "seconds": _rounded(took.seconds), "size_bytes": size_bytes}


def delivered(
    job: Job, delivery: Delivery, receipt: Receipt, route: Route, *, cached: bool, send_s: float, at: datetime
) -> dict[str, Json]:
    """Say what arrived, how, and how long it took."""
    seconds = (at - (delivery.queued_at or at)).total_seconds()
    return {
        "route": route.name,
        "cached": cached,
        "size_bytes": receipt.size_bytes,
        "seconds": _rounded(seconds),
        "send_s": _rounded(send_s),
        **chosen(job.recipe.choice),
    }


def of_job(name: str, job: Job, at: datetime, *, request: Request | None = None, **data: Json) -> Event:
    """Return an event of a job; with whose wish it is where it is about one person's."""
    return Event(
        name=name,
        at=at,
        bot_id=request.bot_id if request else 0,
        person=request.person if request else None,
        request_id=request.id if request else None,
        job_id=job.id,
        plugin=job.link.plugin,
        data=data,
    )


def of_request(name: str, request: Request, at: datetime, **data: Json) -> Event:
    """Return an event of a person's wish."""
    return Event(
        name=name,
        at=at,
        bot_id=request.bot_id,
        person=request.person,
        request_id=request.id,
        plugin=request.link.plugin if request.link else None,
        data=data,
    )


def _rounded(seconds: float) -> float:
    return round(max(0.0, seconds), 3)
