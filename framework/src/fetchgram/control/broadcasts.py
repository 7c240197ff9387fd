"""Broadcasts, as far as an actor may make them: drafted, looked at, sent, watched, taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

from fetchgram.control.authority import Authority
from fetchgram.errors import FetchgramError, TemporarilyUnavailable
from fetchgram.model import (
    Broadcast,
    BroadcastState,
    Circle,
    Forecast,
    Json,
    LinkButton,
    Post,
    Recipients,
    Role,
    text,
)
from fetchgram.screens import MessageRef
from fetchgram.storage import Session

_EVERYBODY = Recipients(circle=Circle.ALL)
_MOST_GROUPS = 12
_MOST_ROWS = 8
_MOST_IN_A_ROW = 4
_LONGEST_LABEL = 64
_MOST_IN_AN_ALBUM = 10
"""core.telegram.org/bots/api#sendmediagroup."""
_SCHEMES = frozenset({"http", "https", "tg"})
"""See core.telegram.org/bots/api#inlinekeyboardbutton, `url`."""

_Step: TypeAlias = Callable[[Session, Broadcast], Awaitable[bool]]


class Mailer(Protocol):
    """What sends the broadcasts of a bot."""

    def per_s(self, post: Post) -> float:
        """Return how many people a second get a post at the most."""
        ...

    def wake(self) -> None:
        """Hear that there is something to do."""
        ...

    async def preview(self, post: Post, person: int, locale: str) -> None:
        """Send one person what everybody would get."""
        ...


class BroadcastControl:
    """Implements `ports.Broadcasts`.

    Args:
        authority: Of whoever acts.
        owners: Ids from the settings.
        mailer: Sends them; `None` in a process that does not talk to people.
    """

    def __init__(self, authority: Authority, owners: Collection[int], mailer: Mailer | None) -> None:
        self._authority = authority
        self._owners = owners
        self._mailer = mailer

    async def page(self, *, skip: int = 0, limit: int = 10) -> Sequence[Broadcast]:
        """Return broadcasts, the newest first."""
        async with self._authority.look("broadcast.read", minimum=Role.VIEWER) as session:
            return await session.broadcasts.newest(self._authority.actor.bot_id, limit, skip=skip)

    async def get(self, broadcast_id: int) -> Broadcast:
        """Return one of them."""
        async with self._authority.look("broadcast.read", minimum=Role.VIEWER) as session:
            return await self._mine(session, broadcast_id)

    async def draft(self, message: MessageRef) -> Broadcast:
        """Begin one with a message, for everybody."""
        actor = self._authority.actor
        post = Post(chat=message.chat, message_ids=(message.message_id,))
        async with self._authority.change("broadcast.draft", minimum=Role.ADMIN) as change:
            made = await change.session.broadcasts.add(actor.bot_id, actor.person or 0, post, _EVERYBODY)
            change.target = f"broadcast:{made.id}"
        return made

    async def revise(
        self,
        broadcast_id: int,
        *,
        buttons: Sequence[Sequence[LinkButton]] | None = None,
        recipients: Recipients | None = None,
    ) -> Broadcast:
        """Change the buttons or the recipients of a draft."""

        async def step(session: Session, before: Broadcast) -> bool:
            _check(buttons or ())
            post = None
            if buttons is not None:
                rows = tuple(tuple(row) for row in buttons)
                post = replace(before.post, buttons=rows)
                _check_album(post)
            return await session.broadcasts.revise(broadcast_id, post=post, recipients=recipients)

        return await self._change("broadcast.revise", broadcast_id, step)

    async def add(self, broadcast_id: int, message: MessageRef) -> Broadcast:
        """Add another message of the album that a draft was begun with."""

        async def step(session: Session, before: Broadcast) -> bool:
            ids = sorted({*before.post.message_ids, message.message_id})
            post = replace(before.post, message_ids=tuple(ids))
            _check_album(post)
            return message.chat == post.chat and await session.broadcasts.revise(broadcast_id, post=post)

        return await self._change("broadcast.add", broadcast_id, step)

    async def discard(self, broadcast_id: int) -> None:
        """Throw a draft away."""
        target = f"broadcast:{broadcast_id}"
        async with self._authority.change("broadcast.discard", target, minimum=Role.ADMIN) as change:
            await self._mine(change.session, broadcast_id)
            if not await change.session.broadcasts.discard(broadcast_id):
                raise _too_late()

    async def preview(self, broadcast_id: int, locale: str) -> None:
        """Send whoever asks what everybody would get."""
        async with self._authority.look("broadcast.preview", minimum=Role.ADMIN) as session:
            broadcast = await self._mine(session, broadcast_id)
        if self._mailer is None or self._authority.actor.person is None:
            raise TemporarilyUnavailable("nobody here talks to people")
        await self._mailer.preview(broadcast.post, self._authority.actor.person, locale)

    async def forecast(self, broadcast_id: int) -> Forecast:
        """Say how many people are still to get it, and how long that takes."""
        async with self._authority.look("broadcast.read", minimum=Role.VIEWER) as session:
            broadcast = await self._mine(session, broadcast_id)
            people = broadcast.left
            if broadcast.state is BroadcastState.DRAFT:
                people = await self._count(session, broadcast)
        return Forecast(people=people, seconds=people / self._mailer.per_s(broadcast.post) if self._mailer else 0.0)

    async def languages(self) -> Sequence[tuple[str, int]]:
        """Return what people read, most first, with how many they are."""
        async with self._authority.look("broadcast.read", minimum=Role.VIEWER) as session:
            found = await session.recipients.languages(self._authority.actor.bot_id, _MOST_GROUPS)
        return _by_language(found)

    async def platforms(self) -> Sequence[tuple[str, int]]:
        """Return whose links people sent lately, most first, with how many they are."""
        async with self._authority.look("broadcast.read", minimum=Role.VIEWER) as session:
            return await session.recipients.platforms(self._authority.actor.bot_id, _MOST_GROUPS)

    async def start(self, broadcast_id: int) -> Broadcast:
        """Let it go out."""

        async def step(session: Session, before: Broadcast) -> bool:
            return await session.broadcasts.start(broadcast_id, await self._count(session, before))

        return await self._change("broadcast.start", broadcast_id, step)

    async def pause(self, broadcast_id: int) -> Broadcast:
        """Let nothing more begin."""
        return await self._change("broadcast.pause", broadcast_id, lambda s, _: s.broadcasts.pause(broadcast_id))

    async def resume(self, broadcast_id: int) -> Broadcast:
        """Go on where it was paused."""
        return await self._change("broadcast.resume", broadcast_id, lambda s, _: s.broadcasts.resume(broadcast_id))

    async def stop(self, broadcast_id: int) -> Broadcast:
        """End it before everybody had their turn."""
        return await self._change("broadcast.stop", broadcast_id, lambda s, _: s.broadcasts.stop(broadcast_id))

    async def withdraw(self, broadcast_id: int) -> Broadcast:
        """Delete it for everyone again."""
        return await self._change("broadcast.withdraw", broadcast_id, lambda s, _: s.broadcasts.withdraw(broadcast_id))

    async def _change(self, action: str, broadcast_id: int, step: _Step) -> Broadcast:
        """Take a step; one that does not fit any more, because somebody was faster, changes nothing."""
        async with self._authority.change(action, f"broadcast:{broadcast_id}", minimum=Role.ADMIN) as change:
            before = await self._mine(change.session, broadcast_id)
            if not await step(change.session, before):
                raise _too_late()
            after = await self._mine(change.session, broadcast_id)
            change.before, change.after = _facts(before), _facts(after)
        if self._mailer is not None:
            self._mailer.wake()
        return after

    async def _mine(self, session: Session, broadcast_id: int) -> Broadcast:
        found = await session.broadcasts.get(broadcast_id)
        if found is None or found.bot_id != self._authority.actor.bot_id:
            raise FetchgramError(f"no broadcast {broadcast_id}", told=text("broadcast-gone"))
        return found

    async def _count(self, session: Session, broadcast: Broadcast) -> int:
        bot_id = self._authority.actor.bot_id
        return await session.recipients.count(bot_id, broadcast.recipients, broadcast.author, self._owners)


def _too_late() -> FetchgramError:
    return FetchgramError("the broadcast is not in this state any more", told=text("broadcast-too-late"))


def _facts(broadcast: Broadcast) -> dict[str, Json]:
    whom = broadcast.recipients
    narrowed = whom.value or (whom.days if whom.circle is Circle.ACTIVE else "")
    links = [button.url for row in broadcast.post.buttons for button in row]
    facts: dict[str, Json] = {
        "state": str(broadcast.state),
        "to": f"{whom.circle} {narrowed}".strip(),
        "links": [*links],
        "messages": len(broadcast.post.message_ids),
    }
    return facts | {"people": broadcast.total, "withdrawn": broadcast.is_withdrawn}


def _by_language(found: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Put the countries of one language together: `pt-br` is `pt`."""
    counts: Counter[str] = Counter()
    for locale, count in found:
        counts[locale.partition("-")[0]] += count
    return counts.most_common()


def _check_album(post: Post) -> None:
    """Refuse what Telegram would refuse: an album has no buttons, and at most ten messages.

    Raises:
        FetchgramError: If it is so.
    """
    if post.is_album and (post.buttons or len(post.message_ids) > _MOST_IN_AN_ALBUM):
        raise FetchgramError("no album of Telegram's", told=text("broadcast-album", most=_MOST_IN_AN_ALBUM))


def _check(buttons: Sequence[Sequence[LinkButton]]) -> None:
    """Refuse buttons that Telegram would refuse.

    Raises:
        FetchgramError: With the button that it is about.
    """
    if len(buttons) > _MOST_ROWS or any(len(row) > _MOST_IN_A_ROW for row in buttons):
        told = text("broadcast-too-many-buttons", rows=_MOST_ROWS, buttons=_MOST_IN_A_ROW)
        raise FetchgramError("too many buttons", told=told)
    for button in (button for row in buttons for button in row):
        url = urlsplit(button.url)
        is_whole = url.scheme in _SCHEMES and url.netloc and not any(map(str.isspace, button.url))
        if not is_whole or not 0 < len(button.label) <= _LONGEST_LABEL:
            raise FetchgramError(
                "a button that Telegram refuses", told=text("broadcast-no-button", button=button.label)
            )
