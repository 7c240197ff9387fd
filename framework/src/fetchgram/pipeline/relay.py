"""News for people from a worker to the process that talks to them.

A worker has the same `Audience` as everybody; this one says the news on. Only the latest of each request is kept until
it is said, and requests that hear the same share one message. An end that gets lost on the way is told all the same:
the other side follows the events.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

import structlog

from fetchgram.errors import FetchgramError
from fetchgram.model import Json, decode, encode
from fetchgram.pipeline.audience import Audience, News

if TYPE_CHECKING:
    from fetchgram.storage.notifier import Notifier

log = structlog.get_logger()

NEWS = "fetchgram_news"

MOST_BYTES = 7_999
"""postgresql.org/docs/15/sql-notify.html: a message is shorter than 8000 bytes."""
_GATHER_S = 0.1
_REST_S = 1.0
_MOST_REQUESTS = 200
"""In one message; a number takes up to 25 bytes of it."""


class RemoteAudience:
    """Tells people who are talked to by another process.

    Args:
        notifier: The way there.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._latest: dict[tuple[int, int], News] = {}
        self._fresh = asyncio.Event()

    async def tell(self, request_id: int, position: int, news: News) -> None:
        """Note the news; it is said soon."""
        self._latest[request_id, position] = news
        self._fresh.set()

    async def run(self) -> None:
        """Say news until cancelled; what is left then, the events tell."""
        while True:
            await self._fresh.wait()
            await asyncio.sleep(_GATHER_S)
            self._fresh.clear()
            latest, self._latest = self._latest, {}
            try:
                for message in _messages(latest):
                    await self._notifier.say(NEWS, message)
            except FetchgramError as error:
                log.warning("audience.not_said", error=repr(error))
                self._latest = latest | self._latest
                self._fresh.set()
                await asyncio.sleep(_REST_S)


def hear_news(notifier: Notifier, audience: Audience) -> None:
    """Let an audience tell what workers say."""

    async def hear(payload: str) -> None:
        message = cast("dict[str, Json]", json.loads(payload))
        news = decode(cast("type[News]", News), cast("Mapping[str, Json]", message["news"]))
        for request_id, position in cast("list[list[int]]", message["to"]):
            await audience.tell(request_id, position, news)

    notifier.on(NEWS, hear)


def _messages(latest: Mapping[tuple[int, int], News]) -> Iterator[str]:
    """Put those together who hear the same; what is too long for a message is left to the events."""
    groups: dict[str, list[list[int]]] = {}
    for (request_id, position), news in latest.items():
        groups.setdefault(json.dumps(encode(news)), []).append([request_id, position])
    for told, people in groups.items():
        for start in range(0, len(people), _MOST_REQUESTS):
            message = f'{{"to": {json.dumps(people[start : start + _MOST_REQUESTS])}, "news": {told}}}'
            if len(message.encode()) <= MOST_BYTES:
                yield message
            else:
                log.info("audience.too_long", bytes=len(message))
