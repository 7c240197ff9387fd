"""A broadcast that is deleted for everyone again, as long as Telegram allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from aiogram.exceptions import AiogramError, TelegramRetryAfter
from aiogram.methods import DeleteMessage, DeleteMessages

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Broadcast
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.broadcast_sends import Delivered
from fetchgram.telegram.failures import NotReached, is_gone, may_have_happened
from fetchgram.telegram.flood import Line, Places

log = structlog.get_logger()

DELETABLE = timedelta(hours=48)
"""core.telegram.org/bots/api#deletemessage: a message can be deleted if it was sent less than 48 hours ago."""
_AT_ONCE = 60


class Withdrawal:
    """Deletes the messages of one broadcast; one that is deleted twice does no harm, so nothing is recorded before.

    Args:
        broadcast: Which.
        line: The way to Telegram.
        storage: Which messages there are.
        clock: Time.
    """

    def __init__(self, broadcast: Broadcast, line: Line, storage: Storage, clock: Clock) -> None:
        self._broadcast = broadcast
        self._line = line
        self._storage = storage
        self._clock = clock

    async def run(self) -> None:
        """Delete until nothing is left.

        Raises:
            TemporarilyUnavailable: Telegram cannot be reached now; it goes on later.
        """
        log.info("broadcast.withdrawing", broadcast=self._broadcast.id)
        after = 0
        while messages := await self._next(after):
            after = messages[-1].person
            await self._delete_all(messages)
        async with self._storage.write() as session:
            await session.broadcasts.all_deleted(self._broadcast.id)

    async def _next(self, after: int) -> Sequence[Delivered]:
        async with self._storage.read() as session:
            return await session.sends.delivered(self._broadcast.id, after, _AT_ONCE)

    async def _delete_all(self, messages: Sequence[Delivered]) -> None:
        too_old = self._clock.now() - DELETABLE
        left = [message for message in messages if message.at > too_old]
        kept = [message.person for message in messages if message.at <= too_old]
        deleting: list[tuple[Delivered, asyncio.Task[bool | None]]] = []
        async with asyncio.TaskGroup() as group:
            while left:
                places = await self._line.places(len(left))
                now, left = left[: places.count], left[places.count :]
                deleting += [(message, group.create_task(self._delete(message, places))) for message in now]
        ends = [(message.person, task.result()) for message, task in deleting]
        kept += [person for person, is_deleted in ends if is_deleted is False]
        async with self._storage.write() as session:
            deleted = [person for person, is_deleted in ends if is_deleted]
            await session.sends.deleted(self._broadcast, deleted=deleted, kept=kept)
        if any(is_deleted is None for _, is_deleted in ends):
            raise TemporarilyUnavailable("some messages are to be deleted later")

    async def _delete(self, message: Delivered, places: Places) -> bool | None:
        """Delete a message: `False` when it stays, `None` when nobody knows."""
        try:
            await self._line.mail(_deletion(message), places)
        except TelegramRetryAfter:
            return None
        except AiogramError as error:
            if may_have_happened(error) or isinstance(error, NotReached):
                return None
            return is_gone(error)
        return True


def _deletion(message: Delivered) -> DeleteMessage | DeleteMessages:
    if len(message.message_ids) > 1:
        return DeleteMessages(chat_id=message.person, message_ids=list(message.message_ids))
    return DeleteMessage(chat_id=message.person, message_id=message.message_ids[0])
