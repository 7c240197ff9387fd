"""The door: private or open, which channel one must be in, and who is invited."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

from fetchgram.control.authority import Authority
from fetchgram.control.courier import Courier
from fetchgram.errors import FetchgramError
from fetchgram.model import Role, text
from fetchgram.model.access import Door, Invite

_MOST_PEOPLE = 10_000
_LONGEST = timedelta(days=365)


class AccessControl:
    """Implements `ports.Access`.

    Args:
        authority: Of whoever acts.
        courier: Asks Telegram for the channel.
    """

    def __init__(self, authority: Authority, courier: Courier) -> None:
        self._authority = authority
        self._courier = courier

    async def door(self) -> Door:
        """Return who is let in."""
        async with self._authority.look("access.read", minimum=Role.VIEWER) as session:
            return await session.access.door(self._bot)

    async def set_private(self, *, private: bool) -> None:
        """Let in only staff and who is invited, or everybody again."""
        async with self._authority.change("access.private", minimum=Role.ADMIN) as change:
            door = await change.session.access.door(self._bot)
            change.before, change.after = {"private": door.private}, {"private": private}
            await change.session.access.set_door(self._bot, dataclasses.replace(door, private=private))

    async def set_channel(self, name: str | None) -> None:
        """Let in only members of a channel or group, or no longer."""
        channel, title = (0, "") if name is None else await self._checked(name)
        shown = name if name is not None and name.startswith("@") else title
        async with self._authority.change("access.channel", minimum=Role.ADMIN) as change:
            door = await change.session.access.door(self._bot)
            change.before, change.after = {"channel": door.channel_name}, {"channel": shown}
            new = dataclasses.replace(door, channel=channel, channel_name=shown)
            await change.session.access.set_door(self._bot, new)

    async def invites(self) -> Sequence[Invite]:
        """Return the codes that still let somebody in, the newest first."""
        async with self._authority.look("access.invites", minimum=Role.MODERATOR) as session:
            return await session.access.invites(self._bot)

    async def invite(self, *, people: int, lasts: timedelta) -> Invite:
        """Make a code that lets so many people in."""
        async with self._authority.change("access.invite", minimum=Role.MODERATOR) as change:
            if not 0 < people <= _MOST_PEOPLE or not timedelta() < lasts <= _LONGEST:
                raise FetchgramError(f"{people} people for {lasts}", told=text("control-no-such-invite"))
            until, maker = change.session.now + lasts, self._authority.actor.name
            made = await change.session.access.invite(self._bot, people, until, maker)
            change.target = f"invite:{made.code[:4]}…"
            change.after = {"people": people, "until": until.strftime("%Y-%m-%d %H:%M UTC")}
        return dataclasses.replace(made, link=await self._courier.link(self._bot, made.code))

    async def revoke(self, code: str) -> None:
        """Take a code back; who came in by it stays."""
        async with self._authority.change("access.revoke", f"invite:{code[:4]}…", minimum=Role.MODERATOR) as change:
            await change.session.access.revoke(self._bot, code)

    async def _checked(self, name: str) -> tuple[int, str]:
        async with self._authority.look("access.channel", minimum=Role.ADMIN):
            pass  # nobody else makes us ask Telegram
        return await self._courier.channel(self._bot, name)

    @property
    def _bot(self) -> int:
        return self._authority.actor.bot_id
