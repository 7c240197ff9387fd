"""Messages of people: commands, answers to open questions, links."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import SendChatAction, SendMessage
from aiogram.types import LinkPreviewOptions, Message, Update

from fetchgram.errors import LimitReached, TemporarilyUnavailable
from fetchgram.model import Chat, Destination, InputKind, Link, Request, RequestState, Text, text
from fetchgram.pipeline.intake import Intake
from fetchgram.ports import Clock
from fetchgram.storage import Storage
from fetchgram.storage.menus import PendingAsk
from fetchgram.telegram import views
from fetchgram.telegram.board import Board
from fetchgram.telegram.calls import place
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.entities import telegram_text
from fetchgram.telegram.failures import describe
from fetchgram.telegram.files import file_of, link_of
from fetchgram.telegram.flood import Line
from fetchgram.telegram.gate import Admitted
from fetchgram.telegram.links import command_of, is_addressed, links_of
from fetchgram.telegram.plugin import GET
from fetchgram.telegram.screens import ALBUM, Screens
from fetchgram.telegram.wishes import Wishes
from fetchgram.texts import Texts

log = structlog.get_logger()

_ALL = 4096
"""More links than a message can hold."""


class Messages:
    """Finds out what a message wants and begins it.

    Args:
        line: The way to Telegram.
        storage: Open questions.
        intake: Takes links.
        board: The status messages.
        cards: Looks at links.
        screens: Commands and answers of plugins.
        wishes: Answers for options.
        texts: Catalogues.
        clock: Time.
        links_per_message: Most links taken from one message, of who has no such limit of their own.
    """

    def __init__(  # noqa: PLR0913  # every way that a message can take begins here
        self,
        *,
        line: Line,
        storage: Storage,
        intake: Intake,
        board: Board,
        cards: Cards,
        screens: Screens,
        wishes: Wishes,
        texts: Texts,
        clock: Clock,
        links_per_message: int,
    ) -> None:
        self._line = line
        self._storage = storage
        self._intake = intake
        self._board = board
        self._cards = cards
        self._screens = screens
        self._wishes = wishes
        self._texts = texts
        self._clock = clock
        self._limit = links_per_message
        self.username = ""

    async def handle(self, update: Update, message: Message, who: Admitted) -> None:
        """Handle a message; called again for one whose end a crash kept from being written down."""
        command = command_of(message, username=self.username)
        if command is not None and command[0] != GET:
            known = await self._screens.command(*command, message, who)
            if known or who.is_group:
                return
        ask = await self._open_ask(message, who) if command is None else None
        if ask is not None and not self._is_new_wish(ask, message):
            await self._answer(ask, message, who)
            return
        await self._links(update, message, who, commanded=command is not None)
        if ask is not None:
            await self._wishes.let_go(ask.args)

    async def say(self, message: Message, what: Text, locale: str) -> None:
        """Answer a message with a sentence."""
        words, entities = telegram_text(self._texts.render_rich(what, locale))
        call = SendMessage(
            **place(_destination(message, 0)),
            text=words,
            entities=entities,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        try:
            await self._line(call)
        except AiogramError as error:
            log.warning("message.not_answered", error=describe(error))

    async def _links(self, update: Update, message: Message, who: Admitted, *, commanded: bool) -> None:
        addressed = commanded or is_addressed(message, username=self.username, bot_id=who.person.bot_id)
        urls, left_out = await self._links_in(message, who, addressed=addressed)
        quiet = who.is_group and not addressed
        if not urls and not quiet and (sent := link_of(message, who.person.bot_id)) is not None:
            await self._accept_all(update, [(sent.url, sent)], message, who, quiet=False)
            return
        if not urls and not quiet and (not who.is_group or commanded):
            await self.say(message, text("telegram-nothing-here"), who.person.locale)
        accepted = await self._accept_all(update, [(url, None) for url in urls], message, who, quiet=quiet)
        if left_out and not quiet and accepted:
            await self.say(message, text("too-many-links", limit=len(urls)), who.person.locale)

    async def _links_in(self, message: Message, who: Admitted, *, addressed: bool) -> tuple[tuple[str, ...], int]:
        """Return the links that are taken, and how many are left out."""
        urls, _ = links_of(message, username=self.username, limit=_ALL, addressed=addressed)
        if len(urls) <= 1:
            return urls, 0
        async with self._storage.read() as session:
            row = await session.people.get(who.person.bot_id, who.person.id)
        limit = row.limits.get("links_per_message", self._limit) if row else self._limit
        return urls[:limit], max(0, len(urls) - limit)

    async def _accept_all(
        self, update: Update, wishes: Sequence[tuple[str, Link | None]], message: Message, who: Admitted, *, quiet: bool
    ) -> bool:
        """Accept each; returns whether the person's limits allowed all of them."""
        for number, (url, link) in enumerate(wishes):
            key = f"update:{update.update_id}:{number}"
            try:
                request, _ = await self._intake.accept(
                    key=key, person=who.person, destination=_destination(message, who.person.bot_id), url=url, link=link
                )
            except LimitReached as error:
                await self.say(message, error.text, who.person.locale)
                return False
            await self._begin(request, quiet=quiet)
        return True

    async def _begin(self, request: Request, *, quiet: bool) -> None:
        if request.state is not RequestState.PROBING:
            return
        if not quiet and request.status_message is None:
            await self._board.show(request.id, views.looking(request))
            await self._typing(request.destination)
        self._cards.look(request, group=quiet)

    async def _typing(self, chat: Destination) -> None:
        if not isinstance(chat, Chat):
            return
        try:
            await self._line(SendChatAction(chat_id=chat.chat, message_thread_id=chat.topic, action="typing"))
        except (AiogramError, TemporarilyUnavailable) as error:
            log.debug("message.no_typing", error=type(error).__name__)

    async def _open_ask(self, message: Message, who: Admitted) -> PendingAsk | None:
        if who.faceless:
            return None
        at = self._clock.now()
        bot_id, person = who.person.bot_id, who.person.id
        async with self._storage.read() as session:
            ask = await session.menus.open_ask(bot_id, message.chat.id, person, at)
        if ask is None or not _fits(ask, message):
            return None
        async with self._storage.write() as session:
            return await session.menus.take_ask(bot_id, message.chat.id, person, at)

    def _is_new_wish(self, ask: PendingAsk, message: Message) -> bool:
        """Whether a link came where a menu waits for a typed value; only a free text may be one itself."""
        if ask.plugin != views.REQUESTS or ask.args["input"] == InputKind.TEXT.value:
            return False
        urls, _ = links_of(message, username=self.username, limit=1, addressed=False)
        return bool(urls)

    async def _answer(self, ask: PendingAsk, message: Message, who: Admitted) -> None:
        if ask.plugin != views.REQUESTS:
            await self._screens.answer(ask, message, who)
            return
        wrong = await self._wishes.answer(ask.args, message.text or "")
        if wrong is not None:
            await self.say(message, wrong, who.person.locale)


def _fits(ask: PendingAsk, message: Message) -> bool:
    match ask.kind:
        case "text" | "secret":
            return message.text is not None
        case "file":
            return file_of(message) is not None
        case "album":
            return message.media_group_id is not None and message.media_group_id == ask.args.get(ALBUM)
        case _:
            return True


def _destination(message: Message, bot_id: int) -> Chat:
    topic = message.message_thread_id if message.is_topic_message else None
    return Chat(
        bot_id=bot_id,
        chat=message.chat.id,
        topic=topic,
        reply_to=message.message_id,
        business=message.business_connection_id,
    )
