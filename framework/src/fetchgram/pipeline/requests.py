"""What is read of a request, and must be there: itself, what is behind its link, its list."""

from __future__ import annotations

from fetchgram.errors import ChoiceGone, LinkError
from fetchgram.model import Listing, Probe, Request, text
from fetchgram.storage import Session


async def known(session: Session, request_id: int, *, hold: bool = False) -> Request:
    """Return a request; with `hold` nobody else changes it until the transaction ends: it is decided about once.

    Raises:
        LinkError: If there is no such request.
    """
    request = await session.requests.get(request_id, hold=hold)
    if request is None:
        raise LinkError(f"request {request_id} is gone", told=text("toast-expired"))
    return request


def probe_of(request: Request) -> Probe:
    """Return what is behind a request's link.

    Raises:
        ChoiceGone: If nobody has looked yet.
    """
    if request.probe is None:
        raise ChoiceGone(message=f"request {request.id} has no menu")
    return request.probe


def listing_of(request: Request) -> Listing:
    """Return the list that a request shows.

    Raises:
        ChoiceGone: If it shows none.
    """
    if request.listing is None:
        raise ChoiceGone(message=f"request {request.id} is no list")
    return request.listing
