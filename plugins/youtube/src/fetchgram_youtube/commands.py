"""`/youtube_cookies`: an admin sends the cookies of an account in a private chat; they are used at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from fetchgram.api import (
    Action,
    Ask,
    AskKind,
    Button,
    Clock,
    Command,
    Interaction,
    Media,
    Role,
    Screen,
    Show,
    Text,
    text,
)
from fetchgram_youtube.cookies import MOST_BYTES, BadCookies, Login, read
from fetchgram_youtube.shelf import Shelf

log = structlog.get_logger()

_ASK = Ask(kind=AskKind.FILE, action="cookies-take")


class CookieCommands:
    """The screens about cookies.

    Args:
        shelf: Where they are kept.
        clock: Tells which have ended.
    """

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    def commands(self) -> Sequence[Command]:
        """Name the command."""
        actions = {
            "cookies-send": Action(handler=self._ask, minimum_role=Role.ADMIN),
            "cookies-take": Action(handler=self._take, minimum_role=Role.ADMIN),
            "cookies-drop": Action(handler=self._drop, minimum_role=Role.ADMIN),
        }
        return (
            Command(
                name="youtube_cookies",
                help=text("youtube-cookies-help"),
                handler=self._open,
                minimum_role=Role.ADMIN,
                actions=actions,
            ),
        )

    async def _open(self, interaction: Interaction) -> Screen:
        if _is_shared(interaction):
            return Screen(text=text("youtube-cookies-private"))
        return await asyncio.to_thread(self._state)

    def _state(self) -> Screen:
        send = Button(label=text("youtube-cookies-send"), action="cookies-send")
        drop = Button(label=text("youtube-cookies-drop"), action="cookies-drop")
        since = self._shelf.since
        if since is None:
            return Screen(text=text("youtube-cookies-none"), rows=((send,),))
        who = "sent" if self._shelf.has_sent else "own"
        rows = ((send,), (drop,)) if self._shelf.has_sent else ((send,),)
        return Screen(text=text(f"youtube-cookies-{who}", since=since.timestamp()), rows=rows)

    async def _ask(self, interaction: Interaction) -> Screen:
        if _is_shared(interaction):
            return Screen(text=text("youtube-cookies-private"))
        return Screen(text=text("youtube-cookies-how"), ask=_ASK)

    async def _take(self, interaction: Interaction) -> Screen:
        """Keep what was sent; the message with it is removed, whatever is in it."""
        if _is_shared(interaction) or interaction.file is None:
            told = text("youtube-cookies-how" if interaction.file is None else "youtube-cookies-private")
            return Screen(text=told, show=Show.NEW, remove=interaction.message)
        try:
            login = await asyncio.to_thread(self._kept, interaction.file)
        except BadCookies as error:
            again = (text("youtube-cookies-again"),)
            return Screen(text=error.told, lines=again, show=Show.NEW, ask=_ASK, remove=interaction.message)
        log.info("youtube.cookies_replaced", by=interaction.person.id, cookies=len(login.cookies))
        return Screen(text=_understood(login), show=Show.NEW, remove=interaction.message)

    def _kept(self, file: Media) -> Login:
        if file.size_bytes > MOST_BYTES:
            raise BadCookies(text("youtube-cookies-large", limit=MOST_BYTES))
        login = read(file.path.read_bytes(), self._clock.now())
        self._shelf.put(login.content)
        return login

    async def _drop(self, interaction: Interaction) -> Screen:
        await asyncio.to_thread(self._shelf.drop)
        log.info("youtube.cookies_dropped", by=interaction.person.id)
        return await asyncio.to_thread(self._state)


def _is_shared(interaction: Interaction) -> bool:
    """Whether others read along: a private chat has the id of its person (core.telegram.org/bots/api#chat)."""
    return interaction.chat != interaction.person.id


def _understood(login: Login) -> Text:
    if login.ends_at is None:
        return text("youtube-cookies-taken", count=len(login.cookies), left_out=login.left_out)
    return text(
        "youtube-cookies-taken-until",
        count=len(login.cookies),
        left_out=login.left_out,
        until=login.ends_at.timestamp(),
    )
