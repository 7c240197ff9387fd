"""A call that must be carried out once, made until it is answered: what has a random id may be asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, NoAnswer, Refused
from fetchgram.telegram.mtproto.pool import Pool

log = structlog.get_logger()

_SEND_S = 60.0
"""Telegram looks through a large file before it answers."""
_TRIES = 5
_LONGEST_PAUSE_S = 300
_REPLY_GONE = frozenset({"REPLY_MESSAGE_ID_INVALID", "REPLY_TO_INVALID", "MESSAGE_ID_INVALID"})


async def insist(pool: Pool, query: Callable[[bool], TL], *, has_reply: bool = False) -> TL:
    """Make a call until it is answered.

    Args:
        pool: The connections.
        query: Builds the call; takes whether the message that it answers is still there.
        has_reply: Whether it answers one.

    Raises:
        Refused: It is refused for good.
        TemporarilyUnavailable: There is no answer, or the wait is too long.
        KeyLost: The login is void.
    """
    reply, tries = True, _TRIES
    while True:
        try:
            return await pool.call_once(query(reply), timeout_s=_SEND_S)
        except KeyLost:
            raise
        except (Lost, NoAnswer) as error:
            log.info("mtproto.send_again", error=repr(error))
            tries -= 1
            if not tries:
                raise TemporarilyUnavailable(f"no answer to a send: {error}") from error
        except Refused as refused:
            if refused.message in _REPLY_GONE and reply and has_reply:
                reply = False
                continue
            tries -= 1
            await asyncio.sleep(_pause_s(refused, tries))


def _pause_s(refused: Refused, tries: int) -> float:
    """Return how long to wait before the call is made again.

    Raises:
        Refused: It is not worth it.
        TemporarilyUnavailable: The wait is too long for here.
    """
    wait_s = refused.wait_s
    if wait_s is None:
        if refused.is_transient and tries > 0:
            return 1.0
        raise refused
    if wait_s > _LONGEST_PAUSE_S or tries <= 0:
        raise TemporarilyUnavailable(f"Telegram asks to wait {wait_s} s", retry_after_s=wait_s) from refused
    return float(wait_s)
