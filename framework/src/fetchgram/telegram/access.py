"""The door of a bot: who is let in while it is private, by which code, and who must be in a channel."""

from __future__ import annotations

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import GetChatMember
from aiogram.types import CallbackQuery, ChatMemberRestricted, Message

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Json, Person, Role, Text, text
from fetchgram.model.access import Door
from fetchgram.model.people import PersonRow
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.telegram.failures import describe
from fetchgram.telegram.flood import Line

log = structlog.get_logger()

_MEMBERS = frozenset({"creator", "administrator", "member"})
_MEMBER_S, _STRANGER_S = 600.0, 5.0
"""So long an answer of Telegram's holds: who has just joined shall not wait, who has left may stay for minutes."""
_TOLD_S = 60.0
_MOST_REMEMBERED = 10_000
_PATIENCE_S = 5.0
_START = "/start "


class Access:
    """Keeps the door; staff always pass.

    Args:
        bot_id: Of the bot.
        line: Asks Telegram who is a member.
        storage: The door, the invited, the codes.
        clock: Time.
    """

    def __init__(self, *, bot_id: int, line: Line, storage: Storage, clock: Clock) -> None:
        self._bot_id = bot_id
        self._line = line
        self._storage = storage
        self._clock = clock
        self._members: dict[tuple[int, int], tuple[bool, float]] = {}
        self._told: dict[int, float] = {}

    async def refusal(
        self, event: Message | CallbackQuery, person: Person, row: PersonRow | None, door: Door
    ) -> Text | None:
        """Say why somebody is not let in; `None` when they are."""
        if person.role.includes(Role.VIEWER):
            return None
        if door.private and not (row and row.invited) and not await self._comes_by_code(event, person):
            log.info("access.refused", person=person.id, reason="private")
            return text("access-private")
        if door.channel and not await self._is_member(door.channel, person.id):
            log.info("access.refused", person=person.id, reason="channel")
            return text("access-channel", channel=door.channel_name)
        return None

    def tells(self, person: int) -> bool:
        """Whether a refusal is said now: not again and again to who writes again and again."""
        now = self._clock.monotonic()
        if now - self._told.get(person, -_TOLD_S) < _TOLD_S:
            return False
        if len(self._told) > _MOST_REMEMBERED:
            self._told.clear()
        self._told[person] = now
        return True

    async def _comes_by_code(self, event: Message | CallbackQuery, person: Person) -> bool:
        said = event.text or "" if isinstance(event, Message) and event.chat.type == "private" else ""
        code = said.removeprefix(_START).strip()
        if not said.startswith(_START) or not code.isalnum():
            return False
        async with self._storage.write() as session:
            if not await session.access.redeem(self._bot_id, code):
                log.warning("access.wrong_code", person=person.id)
                return False
            await session.people.set_invited(self._bot_id, person.id, invited=True)
            target = f"person:{person.id}"
            after: dict[str, Json] = {"invited": True, "code": f"{code[:4]}…"}
            await session.audit.add(self._bot_id, str(person.id), "access.enter", target, {"invited": False}, after)
        return True

    async def _is_member(self, channel: int, person: int) -> bool:
        now = self._clock.monotonic()
        known = self._members.get((channel, person))
        if known is not None and now - known[1] < (_MEMBER_S if known[0] else _STRANGER_S):
            return known[0]
        try:
            member = await self._line(GetChatMember(chat_id=channel, user_id=person), patience_s=_PATIENCE_S)
        except (AiogramError, TemporarilyUnavailable) as error:
            # A channel that we cannot look into must not lock everybody out.
            told = describe(error) if isinstance(error, AiogramError) else str(error)
            log.warning("access.channel_unknown", channel=channel, error=told)
            return True
        inside = member.status in _MEMBERS or (isinstance(member, ChatMemberRestricted) and member.is_member)
        if len(self._members) > _MOST_REMEMBERED:
            self._members.clear()
        self._members[channel, person] = (inside, now)
        return inside
