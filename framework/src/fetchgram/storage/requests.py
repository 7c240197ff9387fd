"""Wishes: accepted once, told about until they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import JSON, RowMapping, func, select, type_coerce, update

from fetchgram.model import Destination, Link, Listing, Probe, Recipe, Request, RequestState, Text
from fetchgram.storage.database import insert_into
from fetchgram.storage.recipients import note_interest
from fetchgram.storage.tables import UNFINISHED, requests
from fetchgram.storage.transaction import Transaction


class RequestChanges(TypedDict, total=False):
    """What of a request may change; what is not named stays."""

    state: RequestState
    link: Link | None
    probe: Probe | None
    recipe: Recipe | None
    listing: Listing | None
    status_message: int | None
    status_photo: bool
    error: Text | None
    error_number: str | None


class RequestStore:
    """Requests in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def accept(  # a request is born with all of these
        self,
        key: str,
        bot_id: int,
        person: int,
        destination: Destination,
        locale: str,
        url: str,
        *,
        link: Link | None = None,
    ) -> tuple[Request, bool]:
        """Store a wish once.

        Args:
            key: What makes a repeated update the same wish.
            bot_id: The bot that was asked.
            person: Who asked.
            destination: Where it goes.
            locale: Language of everything said about it.
            url: What was sent.
            link: What it is, where that is known already.

        Returns:
            The request, and whether it is new.
        """
        statement = insert_into(requests).values(
            key=key,
            bot_id=bot_id,
            person=person,
            destination=destination,
            locale=locale,
            url=url,
            link=link,
            state=str(RequestState.PROBING),
            created_at=self._tx.now,
            updated_at=self._tx.now,
        )
        row = await self._tx.row(statement.on_conflict_do_nothing().returning(requests))
        if row is not None:
            await self._note_interest(row)
            return _request(row), True
        there = select(requests).where(requests.c.bot_id == bot_id, requests.c.key == key)
        return _request(await self._tx.one(there)), False

    async def get(self, request_id: int, *, hold: bool = False) -> Request | None:
        """Return a request, or `None`; with `hold` nobody else changes it until the transaction ends."""
        statement = select(requests).where(requests.c.id == request_id)
        row = await self._tx.row(statement.with_for_update() if hold else statement)
        return None if row is None else _request(row)

    async def update(self, request_id: int, **changes: Unpack[RequestChanges]) -> Request:
        """Change what is named and return the whole.

        Raises:
            LookupError: If there is no such request.
        """
        values = {name: str(value) if name == "state" else value for name, value in changes.items()}
        statement = update(requests).where(requests.c.id == request_id).values(updated_at=self._tx.now, **values)
        row = await self._tx.one(statement.returning(requests))
        if "link" in changes:
            await self._note_interest(row)
        return _request(row)

    async def unfinished(self, bot_id: int) -> list[Request]:
        """Return the requests of a bot in which something will still happen, oldest first."""
        statement = select(requests).where(UNFINISHED, requests.c.bot_id == bot_id).order_by(requests.c.id)
        return _requests(await self._tx.rows(statement))

    async def failed(self, limit: int) -> list[int]:
        """Return the newest wishes that were chosen and failed, the oldest of them first."""
        chosen = (requests.c.state == str(RequestState.FAILED), requests.c.recipe.is_not(None))
        newest = select(requests.c.id).where(*chosen).order_by(requests.c.id.desc()).limit(limit)
        return sorted(row["id"] for row in await self._tx.rows(newest))

    async def expire(self, before: datetime, limit: int) -> int:
        """End some of the menus that nobody has touched since then; their buttons are gone."""
        old = (requests.c.state == str(RequestState.CHOOSING), requests.c.updated_at < before)
        some = select(requests.c.id).where(UNFINISHED, *old).limit(limit)
        ended = {"state": str(RequestState.EXPIRED), "updated_at": self._tx.now}
        return await self._tx.run(update(requests).where(requests.c.id.in_(some)).values(**ended))

    async def rates(self, since: datetime) -> dict[str, tuple[int, int]]:
        """Return for each plugin how many wishes were fulfilled since then, and how many failed."""
        plugin = type_coerce(requests.c.link, JSON)["plugin"].as_string().label("plugin")
        ended = requests.c.state.in_([str(RequestState.DONE), str(RequestState.FAILED)])
        statement = (
            select(plugin, requests.c.state, func.count().label("count"))
            .where(requests.c.updated_at >= since, ended, requests.c.link.is_not(None))
            .group_by(plugin, requests.c.state)
        )
        found = {(row["plugin"], row["state"]): row["count"] for row in await self._tx.rows(statement)}
        return {
            name: (found.get((name, str(RequestState.DONE)), 0), found.get((name, str(RequestState.FAILED)), 0))
            for name, _ in found
        }

    async def prune(self, before: datetime, limit: int) -> int:
        """Delete some of the wishes that ended before this, with their deliveries; returns how many."""
        ended = [str(state) for state in RequestState if state.ended]
        return await self._tx.delete_some(
            requests, requests.c.updated_at < before, requests.c.state.in_(ended), limit=limit
        )

    async def _note_interest(self, row: RowMapping) -> None:
        if row["link"] is not None:
            await note_interest(self._tx, row["bot_id"], row["person"], row["link"].plugin)

    async def count_since(self, bot_id: int, person: int, since: datetime) -> int:
        """Count what a person asked for since then."""
        mine = (requests.c.bot_id == bot_id, requests.c.person == person)
        return await self._tx.integer(select(func.count()).where(*mine, requests.c.created_at >= since))

    async def list_for(self, bot_id: int, person: int, limit: int) -> list[Request]:
        """Return a person's requests, newest first."""
        statement = (
            select(requests)
            .where(requests.c.bot_id == bot_id, requests.c.person == person)
            .order_by(requests.c.created_at.desc(), requests.c.id.desc())
            .limit(limit)
        )
        return _requests(await self._tx.rows(statement))


def _requests(rows: Sequence[RowMapping]) -> list[Request]:
    return [_request(row) for row in rows]


def _request(row: RowMapping) -> Request:
    return Request(
        id=row["id"],
        key=row["key"],
        bot_id=row["bot_id"],
        person=row["person"],
        destination=row["destination"],
        locale=row["locale"],
        url=row["url"],
        state=RequestState(row["state"]),
        created_at=row["created_at"],
        link=row["link"],
        probe=row["probe"],
        recipe=row["recipe"],
        listing=row["listing"],
        status_message=row["status_message"],
        status_photo=row["status_photo"],
        error=row["error"],
        error_number=row["error_number"],
    )
