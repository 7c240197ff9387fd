"""People and chats: who was seen, who blocked us, who may do what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select, update

from fetchgram.model import Person, Role
from fetchgram.model.people import PersonRow
from fetchgram.storage.database import insert_into
from fetchgram.storage.tables import chats, people
from fetchgram.storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRow:
    """What is known of a chat; `status` is the bot's own membership there."""

    bot_id: int
    id: int
    kind: str
    title: str | None
    status: str
    first_seen: datetime
    last_seen: datetime


class PeopleStore:
    """People and chats in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    async def seen(self, person: Person) -> None:
        """Record that somebody is here; role, bans, chosen language and first sight stay."""
        told = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "username": person.username,
            "locale": person.locale,
            "username_key": (person.username or "").casefold(),
            "name_key": f"{person.first_name} {person.last_name or ''}".strip().casefold(),
            "surname_key": (person.last_name or "").casefold(),
        }
        await self._put(person.bot_id, person.id, told | {"last_seen": self._tx.now})

    async def get(self, bot_id: int, person_id: int) -> PersonRow | None:
        """Return what is known, or `None`."""
        statement = select(people).where(people.c.bot_id == bot_id, people.c.id == person_id)
        row = await self._tx.row(statement)
        return None if row is None else person_row(row)

    async def named(self, bot_id: int, ids: Collection[int]) -> dict[int, Person]:
        """Return those of these people who are known, by id."""
        rows = await self._tx.rows(select(people).where(people.c.bot_id == bot_id, people.c.id.in_(ids)))
        return {row["id"]: person_row(row).person for row in rows}

    async def set_blocked(
        self,
        bot_id: int,
        person_id: int,
        blocked: bool,  # noqa: FBT001  # the contract: the thing that is set comes last
    ) -> None:
        """Record that the person blocked the bot, or came back."""
        await self._put(bot_id, person_id, {"blocked": blocked})

    async def set_quiet(
        self,
        bot_id: int,
        person_id: int,
        quiet: bool,  # noqa: FBT001  # as above
    ) -> None:
        """Record that the person wants no broadcasts, or wants them again."""
        await self._put(bot_id, person_id, {"quiet": quiet})

    async def set_role(self, bot_id: int, person_id: int, role: Role) -> None:
        """Give a role, to somebody who was never seen too."""
        await self._put(bot_id, person_id, {"role": str(role)})

    async def set_language(self, bot_id: int, person_id: int, language: str | None) -> None:
        """Record which language the person chose; `None` goes back to Telegram's."""
        await self._put(bot_id, person_id, {"language": language})

    async def ban(self, bot_id: int, person_id: int, until: datetime | None, reason: str | None) -> None:
        """Ban until then; `None` for ever."""
        await self._put(
            bot_id, person_id, {"banned": True, "banned_until": until, "ban_reason": reason, "ban_told": False}
        )

    async def unban(self, bot_id: int, person_id: int) -> None:
        """Lift a ban."""
        await self._put(bot_id, person_id, {"banned": False, "banned_until": None, "ban_reason": None})

    async def set_ban_told(self, bot_id: int, person_id: int) -> None:
        """Record that the person has been told of their ban."""
        await self._put(bot_id, person_id, {"ban_told": True})

    async def set_invited(self, bot_id: int, person_id: int, *, invited: bool) -> None:
        """Record whether a private bot lets the person in."""
        await self._put(bot_id, person_id, {"invited": invited})

    async def set_limits(self, bot_id: int, person_id: int, limits: Mapping[str, int]) -> None:
        """Set a person's own limits, in place of all that there were."""
        await self._put(bot_id, person_id, {"limits": dict(limits) or None})

    async def with_role(self, bot_id: int, *roles: Role) -> list[PersonRow]:
        """Return the people who have one of these roles."""
        statement = select(people).where(people.c.bot_id == bot_id, people.c.role.in_([str(role) for role in roles]))
        return [person_row(row) for row in await self._tx.rows(statement)]

    async def chat_seen(self, bot_id: int, chat_id: int, kind: str, title: str | None) -> None:
        """Record a chat, of a person who was seen before it; its status stays."""
        now = self._tx.now
        told = {"kind": kind, "title": title, "last_seen": now}
        statement = insert_into(chats).values(bot_id=bot_id, id=chat_id, first_seen=now, **told)
        await self._tx.run(statement.on_conflict_do_update(index_elements=[chats.c.bot_id, chats.c.id], set_=told))
        if kind == "private":
            theirs = (people.c.bot_id == bot_id, people.c.id == chat_id, ~people.c.has_chat)
            await self._tx.run(update(people).where(*theirs).values(has_chat=True))

    async def chat(self, bot_id: int, chat_id: int) -> ChatRow | None:
        """Return what is known of a chat, or `None`."""
        row = await self._tx.row(select(chats).where(chats.c.bot_id == bot_id, chats.c.id == chat_id))
        return None if row is None else ChatRow(**row)

    async def set_chat_state(self, bot_id: int, chat_id: int, status: str) -> None:
        """Record the bot's membership in a chat that was seen (`member`, `left`, `kicked`, …)."""
        where = (chats.c.bot_id == bot_id, chats.c.id == chat_id)
        await self._tx.run(update(chats).where(*where).values(status=status, last_seen=self._tx.now))

    async def _put(self, bot_id: int, person_id: int, values: dict[str, object]) -> None:
        new = {"first_seen": self._tx.now, "last_seen": self._tx.now} | values
        statement = insert_into(people).values(bot_id=bot_id, id=person_id, **new)
        await self._tx.run(statement.on_conflict_do_update(index_elements=[people.c.bot_id, people.c.id], set_=values))


def person_row(row: RowMapping) -> PersonRow:
    """Build what is known of a person from a whole row."""
    role = Role(row["role"])
    person = Person(
        bot_id=row["bot_id"],
        id=row["id"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        username=row["username"],
        locale=row["language"] or row["locale"],
        role=role,
    )
    return PersonRow(
        person=person,
        role=role,
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        blocked=row["blocked"],
        quiet=row["quiet"],
        banned=row["banned"],
        banned_until=row["banned_until"],
        ban_reason=row["ban_reason"],
        ban_told=row["ban_told"],
        language=row["language"],
        invited=row["invited"],
        limits=row["limits"] or {},
    )
