"""The gate before every handler: who is it, what may they do, are they welcome."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog
from aiogram.types import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User

from fetchgram.model import Event, Person, Role, Text, text
from fetchgram.model.people import PersonRow
from fetchgram.ports import Clock
from fetchgram.storage import Session, Storage
from fetchgram.telegram.access import Access

log = structlog.get_logger()

# github.com/tdlib/telegram-bot-api/issues/667: anonymous admins, posts in the name of a channel, linked channels.
_NOBODY = frozenset({1087968824, 136817688, 777000})
_SEEN_EVERY_S = 60.0
_LANGUAGE = 35
"""Characters of a language tag, as the table of people has them."""
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody who passed the gate.

    Args:
        person: With the role that holds for this update.
        chat: Where.
        is_group: Whether others read along.
        faceless: Whether it is no person: an anonymous admin or a channel.
    """

    person: Person
    chat: Chat
    is_group: bool
    faceless: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who is not let in.

    Args:
        why: In one sentence.
        says: Whether that is said now: of a ban once, of a closed door now and then.
        locale: Language of the person.
    """

    why: Text
    says: bool
    locale: str


class Gate:
    """Records people and chats, and refuses those who are banned.

    Args:
        bot_id: Of the bot.
        owners: Ids of the owners.
        storage: People, chats, roles and bans.
        access: The door of a bot that is not for everybody.
        clock: Time.
    """

    def __init__(self, *, bot_id: int, owners: frozenset[int], storage: Storage, access: Access, clock: Clock) -> None:
        self._bot_id = bot_id
        self._access = access
        self._owners = owners
        self._storage = storage
        self._clock = clock
        self._seen: dict[int, tuple[Person, int, float]] = {}

    async def admit(self, update: Update) -> Admitted | Refused | None:
        """Say who it is; `None` for what nobody handles."""
        if update.my_chat_member is not None:
            await self._membership(update.my_chat_member)
            return None
        event: Message | CallbackQuery | None = update.message or update.callback_query
        if event is None or event.from_user is None:
            _note_ignored(update, None)
            return None
        chat = event.chat if isinstance(event, Message) else event.message.chat if event.message else None
        if chat is None or chat.type == "channel":
            _note_ignored(update, event.from_user.id)
            return None
        person = person_of_user(event.from_user, self._bot_id)
        faceless = event.from_user.id in _NOBODY or (isinstance(event, Message) and event.sender_chat is not None)
        if not faceless:
            await self._record(person, chat)
        return await self._judge(event, person, chat, faceless=faceless)

    async def role(self, person: int) -> Role:
        """Return a person's role as it is now."""
        if person in self._owners:
            return Role.OWNER
        if person in _NOBODY:
            return Role.USER
        async with self._storage.read() as session:
            row = await session.people.get(self._bot_id, person)
        return row.role if row else Role.USER

    async def _judge(
        self, event: Message | CallbackQuery, person: Person, chat: Chat, *, faceless: bool
    ) -> Admitted | Refused:
        group = chat.type != "private"
        if faceless:
            return Admitted(person, chat, group, faceless=True)
        async with self._storage.read() as session:
            row = await session.people.get(self._bot_id, person.id)
            door = await session.access.door(self._bot_id)
        if row is not None and row.is_banned(self._clock.now()) and person.id not in self._owners:
            return await self._banned(row, group=group)
        role = Role.OWNER if person.id in self._owners else row.role if row else Role.USER
        known = replace(person, locale=row.person.locale if row else person.locale, role=role)
        why = await self._access.refusal(event, known, row, door)
        if why is not None:
            return Refused(why, not group and self._access.tells(person.id), known.locale)
        # What somebody else wrote gives nobody's orders, whoever passes it on.
        return Admitted(replace(known, role=Role.USER) if _is_foreign(event) else known, chat, group)

    async def _banned(self, row: PersonRow, *, group: bool) -> Refused:
        """Tell of a ban once, between the two of us, and remember that over restarts."""
        log.info("gate.banned", person=row.person.id)
        says = not row.ban_told and not group
        if says:
            async with self._storage.write() as session:
                await session.people.set_ban_told(self._bot_id, row.person.id)
        until = row.banned_until.timestamp() if row.banned_until else 0
        why = text("banned", until=until, reason=row.ban_reason or "")
        return Refused(why, says, row.person.locale)

    async def _record(self, person: Person, chat: Chat) -> None:
        now = self._clock.monotonic()
        before = self._seen.get(person.id)
        if before is not None and before[:2] == (person, chat.id) and now - before[2] < _SEEN_EVERY_S:
            return
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.clear()
        async with self._storage.write() as session:
            await self._greet(session, person)
            await session.people.seen(person)
            await session.people.chat_seen(self._bot_id, chat.id, chat.type, chat.title)
        self._seen[person.id] = (person, chat.id, now)

    async def _greet(self, session: Session, person: Person) -> None:
        """Write down that somebody is new, or here on another day than before."""
        known, event = (
            await session.people.get(self._bot_id, person.id),
            Event(name="person.new", at=session.now, bot_id=self._bot_id, person=person.id),
        )
        if known is None:
            await session.events.add(replace(event, data={"language": person.locale[:_LANGUAGE]}))
        elif days := (session.now.date() - known.last_seen.date()).days:
            await session.events.add(replace(event, name="person.back", data={"days": days}))

    async def _membership(self, change: ChatMemberUpdated) -> None:
        status = str(change.new_chat_member.status)
        async with self._storage.write() as session:
            if change.chat.type == "private":
                await session.people.seen(person_of_user(change.from_user, self._bot_id))
            await session.people.chat_seen(self._bot_id, change.chat.id, change.chat.type, change.chat.title)
            await session.people.set_chat_state(self._bot_id, change.chat.id, status)
            if change.chat.type == "private":
                blocked = status == "kicked"
                await session.people.set_blocked(self._bot_id, change.from_user.id, blocked=blocked)
                name = "person.blocked" if blocked else "person.unblocked"
                event = Event(name=name, at=session.now, bot_id=self._bot_id, person=change.from_user.id)
                await session.events.add(event)


def person_of_user(user: User, bot_id: int) -> Person:
    """Return who somebody is to a bot, without any role."""
    return Person(
        bot_id=bot_id,
        id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        username=user.username,
        locale=user.language_code or "en",
    )


def is_faceless(person: int) -> bool:
    """Whether an id stands for whoever writes in the name of a group or channel."""
    return person in _NOBODY


def _note_ignored(update: Update, person: int | None) -> None:
    """Log what nobody handles: other kinds than we ask for, channels, presses on what is nobody's chat."""
    if update.edited_message is None:
        log.info("gate.ignored", kind=update.event_type, person=person)


def _is_foreign(event: Message | CallbackQuery) -> bool:
    return isinstance(event, Message) and (event.forward_origin is not None or event.via_bot is not None)
