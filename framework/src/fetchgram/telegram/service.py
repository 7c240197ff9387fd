"""One bot at work: polls, handles, tells, and takes up after a restart what was not finished."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TypedDict

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import SetMyCommands
from aiogram.types import BotCommand, Update, User

from fetchgram.control.controls import Controls
from fetchgram.errors import FetchgramError, TemporarilyUnavailable, first_failure
from fetchgram.model import Chat, Role
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.lists import Lists
from fetchgram.pipeline.reruns import Reruns
from fetchgram.pipeline.stories import Stories
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock, Network
from fetchgram.settings import Settings
from fetchgram.storage import Storage
from fetchgram.telegram.access import Access
from fetchgram.telegram.account import Account, mark_unreachable
from fetchgram.telegram.answers import Answers
from fetchgram.telegram.board import Board
from fetchgram.telegram.broadcast import Broadcaster
from fetchgram.telegram.bulletin import Bulletin
from fetchgram.telegram.cards import Cards
from fetchgram.telegram.failures import describe
from fetchgram.telegram.gate import Admitted, Gate, Refused
from fetchgram.telegram.inbox import Inbox
from fetchgram.telegram.menu import Presses
from fetchgram.telegram.messages import Messages
from fetchgram.telegram.picks import Picks
from fetchgram.telegram.polling import Polling
from fetchgram.telegram.progress import TelegramAudience
from fetchgram.telegram.resume import Resume
from fetchgram.telegram.screens import Screens
from fetchgram.telegram.wishes import Wishes
from fetchgram.texts import Texts

log = structlog.get_logger()

_PLACE_EVERY_S = 5.0
_GREETING_PATIENCE_S = 60.0


class _Talking(TypedDict):
    """What presses need to show what they did."""

    storage: Storage
    board: Board
    cards: Cards
    audience: TelegramAudience
    clock: Clock


class TelegramService:
    """Everything that one bot does besides delivering.

    Args:
        account: Which bot.
        settings: Of everything.
        storage: Where all state rests.
        intake: The route's way in.
        lists: To pick from.
        items: Of lists at work.
        hooks: The plugins.
        controls: What admins may do.
        stories: Of failures.
        texts: Catalogues.
        network: Fetches pictures, guarded.
        clock: Time.

    Attributes:
        audience: Tells the people of this bot.
        broadcaster: Sends the broadcasts of this bot.
    """

    def __init__(  # noqa: PLR0913  # the composition root hands everything in
        self,
        *,
        account: Account,
        settings: Settings,
        storage: Storage,
        intake: Intake,
        reruns: Reruns,
        lists: Lists,
        items: Items,
        hooks: Hooks,
        controls: Controls,
        stories: Stories,
        texts: Texts,
        network: Network,
        clock: Clock,
    ) -> None:
        self._account, self._storage, self._clock, self._texts = account, storage, clock, texts
        self._hooks, self._stories = hooks, stories
        account.on_unreachable = self._unreachable
        self._gate = _gate(account, settings, storage, clock)
        self._board = Board(
            line=account.line,
            storage=storage,
            intake=intake,
            texts=texts,
            clock=clock,
            menu_ttl_s=settings.work.menu_ttl_s,
            on_unreachable=self._unreachable,
        )
        self._cards = Cards(intake=intake, lists=lists, board=self._board, network=network)
        pace_s = settings.delivery.edit_interval_s
        self.audience = TelegramAudience(
            board=self._board,
            intake=intake,
            clock=clock,
            edit_interval_s=pace_s,
            show_card=self._cards.show,
            bulletin=Bulletin(board=self._board, items=items, clock=clock, interval_s=pace_s),
        )
        talking: _Talking = {
            "storage": storage,
            "board": self._board,
            "cards": self._cards,
            "audience": self.audience,
            "clock": clock,
        }
        picks = Picks(lists=lists, items=items, **talking)
        self._wishes = Wishes(intake=intake, reruns=reruns, picks=picks, **talking)
        self._listen(settings, intake, hooks, controls)

    def _listen(self, settings: Settings, intake: Intake, hooks: Hooks, controls: Controls) -> None:
        """Build what hears people, over what talks to them."""
        line, storage, clock, texts = self._account.line, self._storage, self._clock, self._texts
        self.broadcaster = Broadcaster(line=line, settings=settings, storage=storage, texts=texts, clock=clock)
        self._answers = Answers(line, settings.data_dir / "answers" / str(self._account.bot_id))
        self._screens = Screens(
            line=line,
            storage=storage,
            hooks=hooks,
            gate=self._gate,
            controls=dataclasses.replace(controls, mailer=self.broadcaster),
            answers=self._answers,
            stories=self._stories,
            texts=texts,
            clock=clock,
            menu_ttl_s=settings.work.menu_ttl_s,
        )
        self._presses = Presses(
            line=line, storage=storage, texts=texts, wishes=self._wishes, screens=self._screens, clock=clock
        )
        self._messages = Messages(
            line=line,
            storage=storage,
            intake=intake,
            board=self._board,
            cards=self._cards,
            screens=self._screens,
            wishes=self._wishes,
            texts=texts,
            clock=clock,
            links_per_message=settings.limits.links_per_message,
        )
        self._resume = Resume(
            bot_id=self._account.bot_id,
            storage=storage,
            cards=self._cards,
            wishes=self._wishes,
            audience=self.audience,
            clock=clock,
        )
        self._inbox = Inbox(bot=self._account.bot, storage=storage, clock=clock, handle=self.handle)
        self._polling = Polling(
            name=self._account.name, line=line, storage=storage, clock=clock, on_news=self._inbox.wake
        )

    async def check(self) -> User:
        """Ask Telegram who we are.

        Raises:
            ConfigError: If the token is refused.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        return await self._account.check()

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ConfigError: If the token is refused.
        """
        try:
            await self._answers.sweep()
            await self._know_ourselves()
            with first_failure():
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._cards.run())
                    group.create_task(self.audience.run())
                    group.create_task(self._resume.run())
                    group.create_task(self._inbox.run())
                    group.create_task(self._polling.run())
                    group.create_task(self._keep_places())
                    group.create_task(self._keep_commands())
                    group.create_task(self.broadcaster.run())
                    group.create_task(self._screens.run())
        finally:
            await self._account.close()

    async def handle(self, update: Update) -> None:
        """Handle one update; idempotent."""
        who = await self._gate.admit(update)
        if isinstance(who, Refused):
            await self._refuse(update, who)
        elif isinstance(who, Admitted):
            if update.callback_query is not None:
                await self._presses.handle(update.callback_query, who)
            elif update.message is not None:
                await self._messages.handle(update, update.message, who)

    async def _refuse(self, update: Update, refused: Refused) -> None:
        if update.callback_query is not None:
            await self._presses.answer(update.callback_query, refused.why, refused.locale)
        elif update.message is not None and refused.says:
            await self._messages.say(update.message, refused.why, refused.locale)

    async def _know_ourselves(self) -> None:
        """Learn the bot's name; Telegram may be away for a while at the start."""
        wait_s = 1.0
        while True:
            try:
                me = await self.check()
            except TemporarilyUnavailable as error:
                log.warning("bot.unreachable", bot=self._account.name, error=str(error), wait_s=wait_s)
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _GREETING_PATIENCE_S)
            else:
                self._messages.username = me.username or ""
                log.info("bot.started", bot=self._account.name, username=me.username)
                return

    async def _keep_commands(self) -> None:
        """Tell Telegram the commands, and again when the plugins are others."""
        generation = self._hooks.roster.generation
        while True:
            await self._publish_commands()
            generation = await self._hooks.roster.changed(generation)

    async def _publish_commands(self) -> None:
        found = {
            command.name: self._texts.render(command.help, "en")
            for _, command in await self._screens.commands()
            if command.minimum_role is Role.USER
        }
        # A description has 1-256 characters (core.telegram.org/bots/api#botcommand).
        commands = [BotCommand(command=name, description=told[:256]) for name, told in found.items()]
        try:
            await self._account.line(SetMyCommands(commands=commands))
        except (AiogramError, TemporarilyUnavailable) as error:
            told = describe(error) if isinstance(error, AiogramError) else str(error)
            log.warning("bot.commands_not_set", bot=self._account.name, error=told)

    async def _keep_places(self) -> None:
        while True:
            await self._clock.sleep(_PLACE_EVERY_S)
            for request_id in self.audience.waiting_in_line:
                try:
                    await self._wishes.show_place(request_id)
                except (FetchgramError, LookupError) as error:
                    log.warning("request.no_place", request=request_id, error=repr(error))

    async def _unreachable(self, chat: Chat) -> None:
        await mark_unreachable(self._storage, chat)


def _gate(account: Account, settings: Settings, storage: Storage, clock: Clock) -> Gate:
    access = Access(bot_id=account.bot_id, line=account.line, storage=storage, clock=clock)
    owners = frozenset(settings.owners)
    return Gate(bot_id=account.bot_id, owners=owners, storage=storage, access=access, clock=clock)
