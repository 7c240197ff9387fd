"""The audience of all bots of a process: whose people a request is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.pipeline.audience import Audience, News
from fetchgram.storage import Storage

if TYPE_CHECKING:
    from fetchgram.telegram.service import TelegramService

log = structlog.get_logger()


class Switchboard:
    """The audience of all bots: made before them, since the route needs it and they need the route."""

    def __init__(self) -> None:
        self._audiences: dict[int, Audience] = {}
        self._storage: Storage | None = None

    def attach(self, services: Mapping[int, TelegramService], storage: Storage) -> None:
        """Connect the bots, by bot id."""
        self._audiences = {bot_id: service.audience for bot_id, service in services.items()}
        self._storage = storage

    async def tell(self, request_id: int, position: int, news: News) -> None:
        """Tell the people of the request's bot; never raises."""
        if self._storage is None:
            return
        try:
            bot_id = await self._bot_of(request_id, self._storage)
        except FetchgramError as error:
            log.warning("audience.lost", request=request_id, error=repr(error))
            return
        if bot_id in self._audiences:
            await self._audiences[bot_id].tell(request_id, position, news)

    async def _bot_of(self, request_id: int, storage: Storage) -> int | None:
        if len(self._audiences) == 1:
            return next(iter(self._audiences))
        async with storage.read() as session:
            request = await session.requests.get(request_id)
        return request.bot_id if request else None
