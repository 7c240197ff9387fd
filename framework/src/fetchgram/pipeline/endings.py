"""How single deliveries end without a file, in the transaction of whoever found out."""

from __future__ import annotations

from datetime import datetime

from fetchgram.model import Delivery, DeliveryState, Job, text
from fetchgram.pipeline import facts
from fetchgram.pipeline.audience import Failed
from fetchgram.pipeline.cache import LEDGER_KEY
from fetchgram.pipeline.settlement import settle
from fetchgram.storage import Session


async def open_deliveries(session: Session, job: Job) -> list[Delivery]:
    """Return what still waits for a job."""
    return [delivery for delivery in await session.deliveries.of_job(job.id) if not delivery.state.ended]


async def leave_uncertain(session: Session, job: Job, delivery: Delivery, number: str, at: datetime) -> None:
    """End a delivery that may have arrived."""
    told = Failed(error=text("error-uncertain"), number=number)
    await session.deliveries.set_state(delivery.id, DeliveryState.UNCERTAIN, error=told.error, error_number=number)
    request = await settle(session, delivery.request_id, error=told)
    await session.events.add(facts.of_job("delivery.uncertain", job, at, request=request))


async def fail_delivery(session: Session, job: Job, delivery: Delivery, news: Failed, at: datetime) -> None:
    """End a delivery that did not arrive."""
    await session.deliveries.set_state(delivery.id, DeliveryState.FAILED, error=news.error, error_number=news.number)
    request = await settle(session, delivery.request_id, error=news)
    reason = facts.reason(news.error)
    await session.events.add(facts.of_job("delivery.failed", job, at, request=request, reason=reason))


async def may_have_arrived(session: Session, delivery: Delivery) -> bool:
    """Whether a send was announced in the ledger and not taken back: nothing is sent without that."""
    if delivery.state is not DeliveryState.SENDING:
        return False
    written = await session.deliveries.ledger_all(delivery.id)
    sends = [value for key, value in written.items() if key != LEDGER_KEY]
    return any(not (isinstance(value, dict) and value.get("state") == "unsent") for value in sends)
