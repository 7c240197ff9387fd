from __future__ import annotations

from datetime import timedelta

from fetchgram.model import FileId, MediaKind, Receipt
from fetchgram.storage import Session

RECEIPT = Receipt(route="botapi", file_ids=(FileId(kind=MediaKind.VIDEO, file_id="a", unique_id="b"),), size_bytes=3)


async def test_a_receipt_comes_back_until_it_expires_and_for_its_bot_only(session: Session) -> None:
    now = session.now
    await session.cache.put(1, "f", "site", RECEIPT, now + timedelta(hours=1))
    assert await session.cache.get(1, "f", now) == RECEIPT
    assert await session.cache.get(1, "f", now + timedelta(hours=1)) is None
    assert await session.cache.get(2, "f", now) is None
    assert await session.cache.get(1, "g", now) is None


async def test_a_later_receipt_takes_the_place_of_an_earlier_one(session: Session) -> None:
    later = Receipt(route="mtproto")
    await session.cache.put(1, "f", "site", RECEIPT, session.now - timedelta(hours=1))
    await session.cache.put(1, "f", "site", later, session.now + timedelta(hours=1))
    assert await session.cache.get(1, "f", session.now) == later


async def test_a_dropped_receipt_is_gone(session: Session) -> None:
    await session.cache.put(1, "f", "site", RECEIPT, session.now + timedelta(hours=1))
    await session.cache.drop(1, "f")
    assert await session.cache.get(1, "f", session.now) is None


async def test_prune_deletes_what_has_expired(session: Session) -> None:
    await session.cache.put(1, "old", "site", RECEIPT, session.now)
    await session.cache.put(1, "new", "site", RECEIPT, session.now + timedelta(hours=1))
    assert await session.cache.prune(session.now, 10) == 1
    assert await session.cache.get(1, "new", session.now) == RECEIPT
