"""When a request ends: all that it waited for is answered."""

from __future__ import annotations

from fetchgram.model import DeliveryState, Request, RequestState
from fetchgram.pipeline.audience import Failed
from fetchgram.storage import Session

_UNANSWERED = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)


async def settle(session: Session, request_id: int, *, error: Failed | None = None) -> Request | None:
    """End the request when all of its positions are answered; of each, only the latest delivery counts.

    Args:
        session: The transaction of the last answer.
        request_id: Whose.
        error: What the person is told, if it was not the file.

    Returns:
        The request, as it was before.
    """
    # Two jobs of one request that end at the same moment: the second one here sees what the first one wrote.
    request = await session.requests.get(request_id, hold=True)
    latest: dict[int, DeliveryState] = {}
    for delivery in sorted(await session.deliveries.of_request(request_id), key=lambda d: d.id):
        latest[delivery.position] = delivery.state
    if not all(state.ended for state in latest.values()):
        return request
    failed = any(state in _UNANSWERED for state in latest.values())
    await session.requests.update(
        request_id,
        state=RequestState.FAILED if failed else RequestState.DONE,
        error=error.error if error else None,
        error_number=error.number if error else None,
    )
    return request
