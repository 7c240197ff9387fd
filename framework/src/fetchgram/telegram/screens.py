"""Screens of plugins: shown, their buttons stored, their questions answered, the role read afresh each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import DeleteMessage
from aiogram.types import CallbackQuery, Chat, InlineKeyboardMarkup, LinkPreviewOptions, Message

from fetchgram.control.controls import Controls
from fetchgram.errors import FetchgramError, TemporarilyUnavailable
from fetchgram.model import Json, Role, Text, text
from fetchgram.pipeline.numbers import error_number
from fetchgram.pipeline.stories import Stories
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.screens import Action, Ask, AskKind, Command, Handler, Interaction, MessageRef, Screen, Show
from fetchgram.storage import Storage
from fetchgram.storage.menus import MenuButton, PendingAsk
from fetchgram.telegram.answers import Answers, is_passed_on, person_of
from fetchgram.telegram.appearance import appear, replace
from fetchgram.telegram.board import markup
from fetchgram.telegram.calls import Call
from fetchgram.telegram.entities import join
from fetchgram.telegram.failures import describe, is_gone, is_not_modified, is_unreachable
from fetchgram.telegram.flood import Lane, Line
from fetchgram.telegram.gate import Admitted, Gate
from fetchgram.telegram.live import LiveScreens, Shown
from fetchgram.texts import Rich, Texts

log = structlog.get_logger()

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_ASK_S = 3600.0
ALBUM, _SHOWN = "album", "shown"
"""What is remembered with a question about an album: which one, and the message that the screen is on."""
_TYPED = frozenset({AskKind.TEXT, AskKind.SECRET})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a screen appears; `message` is the one whose button was pressed."""

    chat: int
    topic: int | None = None
    message: int | None = None
    photo: bool = False


class Screens:
    """Runs commands, presses and answers of plugins and shows what they return.

    Args:
        line: The way to Telegram.
        storage: Buttons and open questions.
        hooks: The plugins.
        gate: Roles.
        controls: What people may do.
        answers: Fetches files that answer questions.
        stories: Of failures.
        texts: Catalogues.
        clock: Time.
        menu_ttl_s: Life of buttons.
    """

    def __init__(  # noqa: PLR0913  # the parts that a screen touches
        self,
        *,
        line: Line,
        storage: Storage,
        hooks: Hooks,
        gate: Gate,
        controls: Controls,
        answers: Answers,
        stories: Stories,
        texts: Texts,
        clock: Clock,
        menu_ttl_s: float,
    ) -> None:
        self._line = line
        self._storage = storage
        self._hooks = hooks
        self._gate = gate
        self._controls = controls
        self._answers = answers
        self._stories = stories
        self._texts = texts
        self._clock = clock
        self._ttl = timedelta(seconds=menu_ttl_s)
        self._live = LiveScreens(bot_id=line.bot.id, storage=storage, clock=clock, redraw=self._redraw)

    async def run(self) -> None:
        """Keep live screens up to date until cancelled."""
        await self._live.run()

    async def commands(self) -> tuple[tuple[str, Command], ...]:
        """Return all commands with their plugins; of two with one name the first is meant."""
        return (*await self._hooks.user_commands(), *await self._hooks.admin_commands())

    async def command(self, name: str, typed: str, message: Message, who: Admitted) -> bool:
        """Run a command; false when there is none of this name that the person may call."""
        with self._hooks.roster.hold():
            for plugin, command in await self.commands():
                if command.name != name:
                    continue
                role = Role.USER if who.faceless else who.person.role
                if not role.includes(command.minimum_role):
                    # Whoever may not call it does not learn that it exists.
                    log.warning("command.refused", command=name, person=who.person.id)
                    return False
                await self._forget_question(plugin, who)
                interaction = self._interaction(who, role, text=typed or None)
                place = _Place(message.chat.id, message.message_thread_id if message.is_topic_message else None)
                await self._run(plugin, command.handler, interaction, place, who)
                return True
            return False

    async def press(self, button: MenuButton, query: CallbackQuery, who: Admitted) -> Text | None:
        """Carry out a press on a plugin's button; returns the toast."""
        with self._hooks.roster.hold():
            action = await self._action(button.plugin, button.action)
            if action is None:
                return text("toast-expired")
            role = await self._gate.role(who.person.id)
            if not role.includes(action.minimum_role):
                log.warning("press.refused", person=who.person.id, plugin=button.plugin, action=button.action)
                return text("telegram-no-right")
            await self._forget_question(button.plugin, who)
            message = query.message
            topic = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
            photo = isinstance(message, Message) and bool(message.photo or message.document)
            place = _Place(who.chat.id, topic, message.message_id if message else None, photo)
            interaction = self._interaction(who, role, action=button.action, args=button.args)
            return await self._run(button.plugin, action.handler, interaction, place, who)

    async def answer(self, ask: PendingAsk, message: Message, who: Admitted) -> None:
        """Hand a message to the action whose question it answers."""
        with self._hooks.roster.hold():
            action = await self._action(ask.plugin, ask.action)
            role = Role.USER if is_passed_on(message) and ask.kind in _TYPED else await self._gate.role(who.person.id)
            place = _answered(ask, message)
            if action is None or not role.includes(action.minimum_role):
                log.warning("answer.refused", person=who.person.id, plugin=ask.plugin, action=ask.action)
                await self._show(ask.plugin, Screen(text=text("telegram-no-right")), place, who)
                return
            interaction = dataclasses.replace(
                self._interaction(who, role, action=ask.action, args=ask.args),
                text=None if is_passed_on(message) else message.text or message.caption,
                message=MessageRef(
                    chat=message.chat.id, message_id=message.message_id, album=message.media_group_id or ""
                ),
                about=person_of(message, who.person.bot_id),
            )
            if ask.kind == AskKind.SECRET:
                await self._take_out(message)
            if ask.kind != "file":
                await self._run(ask.plugin, action.handler, interaction, place, who)
                return
            await self._answer_with_file(ask, action.handler, interaction, message, who)

    async def _answer_with_file(
        self, ask: PendingAsk, handler: Handler, interaction: Interaction, message: Message, who: Admitted
    ) -> None:
        """Fetch the file, run the handler, remove the file; one that cannot be had leaves the question open."""
        place = _answered(ask, message)
        try:
            async with self._answers.file(message) as file:
                await self._run(ask.plugin, handler, dataclasses.replace(interaction, file=file), place, who)
        except FetchgramError as error:
            log.info("answer.no_file", plugin=ask.plugin, action=ask.action, error=repr(error))
            await self._ask_again(ask, message, who)
            await self._show(ask.plugin, Screen(text=error.text), place, who)

    async def _take_out(self, message: Message) -> None:
        """Take a secret out of the chat, before anything can go wrong with it."""
        try:
            await self._line(DeleteMessage(chat_id=message.chat.id, message_id=message.message_id))
        except (AiogramError, TemporarilyUnavailable) as error:
            log.warning("secret.not_removed", error=type(error).__name__)

    async def _ask_again(self, ask: PendingAsk, message: Message, who: Admitted) -> None:
        async with self._storage.write() as session:
            await session.menus.ask(
                who.person.bot_id,
                message.chat.id,
                who.person.id,
                ask.plugin,
                ask.action,
                ask.args,
                ask.expires_at,
                kind=ask.kind,
            )

    async def _forget_question(self, plugin: str, who: Admitted) -> None:
        """Close the question that a plugin asked: who presses on, or begins anew, does not answer it any more."""
        mine = (who.person.bot_id, who.chat.id, who.person.id, self._clock.now())
        async with self._storage.read() as session:
            ask = await session.menus.open_ask(*mine)
        if ask is not None and ask.plugin == plugin:
            async with self._storage.write() as session:
                await session.menus.take_ask(*mine)

    async def _action(self, plugin: str, name: str) -> Action | None:
        found = (command.actions.get(name) for owner, command in await self.commands() if owner == plugin)
        return next((action for action in found if action is not None), None)

    def _interaction(
        self,
        who: Admitted,
        role: Role,
        *,
        action: str = "",
        args: Mapping[str, Json] | None = None,
        text: str | None = None,
    ) -> Interaction:
        return Interaction(
            person=who.person,
            role=role,
            chat=who.chat.id,
            locale=who.person.locale,
            control=self._controls.of_person(who.person, role),
            action=action,
            args=args or {},
            text=text,
        )

    async def _run(
        self, plugin: str, handler: Handler, interaction: Interaction, place: _Place, who: Admitted
    ) -> Text | None:
        try:
            screen = await handler(interaction)
        except FetchgramError as error:
            log.info("screen.refused", plugin=plugin, action=interaction.action, error=repr(error))
            screen = Screen(text=error.text, show=Show.TOAST)
        except Exception as error:  # a plugin's mistake is told with a number, and logged with it
            number = error_number()
            log.error("screen.failed", plugin=plugin, action=interaction.action, number=number, exc_info=error)
            await self._stories.of_screen(number, error, plugin, who.person.bot_id, who.person.id)
            told = text("status-failed", error=text("error-plugin", plugin=plugin), number=number)
            screen = Screen(text=told, show=Show.NEW)
        if screen.remove is not None:
            await self._remove(screen.remove)
        if screen.show is Show.TOAST and place.message is not None:
            return screen.text
        await self._show(plugin, screen, place, who)
        return None

    async def _show(self, plugin: str, screen: Screen, place: _Place, who: Admitted) -> None:
        if screen.ask is not None and screen.ask.of is None:
            await self._remember(plugin, screen.ask, screen.ask.args, who)
        keyboard = await self._keyboard(plugin, screen, who)
        async with self._live.lock(place.chat, place.message):
            message_id = await self._put(screen, place, who, keyboard)
            if screen.ask is not None and screen.ask.of is not None:
                # Nothing comes between: the messages of a chat are handled one after the other.
                args = {**screen.ask.args, ALBUM: screen.ask.of.album, _SHOWN: message_id}
                await self._remember(plugin, screen.ask, args, who)
            await self._live.shown(screen, (place.chat, message_id), who.person.id, plugin, keyboard)

    async def _put(self, screen: Screen, place: _Place, who: Admitted, keyboard: InlineKeyboardMarkup | None) -> int:
        """Show a screen and return the message that it is on."""
        if screen.show is Show.EDIT and place.message is not None:
            try:
                await self._line(self._edit(screen, place, who, keyboard))
            except AiogramError as error:
                if is_not_modified(error):
                    return place.message
                if not is_gone(error):
                    raise
            else:
                return place.message
        sent: Message = await self._line(self._new(screen, place, who, keyboard))
        return sent.message_id

    async def _redraw(self, shown: Shown) -> bool:
        """Bring a live screen up to date; false when it needs it no more, or may not be seen any more."""
        row = shown.row
        action, role = await self._action(row.plugin, row.action), await self._gate.role(row.person)
        async with self._storage.read() as session:
            known = await session.people.get(row.bot_id, row.person)
        if action is None or known is None or not role.includes(action.minimum_role):
            return False
        chat = Chat(id=row.chat, type="private" if row.chat > 0 else "supergroup")
        who = Admitted(dataclasses.replace(known.person, role=role), chat, is_group=row.chat < 0)
        screen = await action.handler(self._interaction(who, role, action=row.action, args=row.args))
        if screen == shown.screen:
            return True
        is_same = shown.screen is not None and screen.rows == shown.screen.rows
        keyboard = shown.keyboard if is_same else await self._keyboard(row.plugin, screen, who)
        edit = self._edit(screen, _Place(row.chat, message=row.message_id), who, keyboard)
        try:
            await self._line(edit, lane=Lane.NEWS if screen.live else Lane.TALK)
        except AiogramError as error:
            if not is_not_modified(error):
                log.info("screen.not_updated", plugin=row.plugin, action=row.action, error=describe(error))
                return not is_gone(error) and not is_unreachable(error)
        shown.screen, shown.keyboard = screen, keyboard
        return screen.live is not None

    async def _remove(self, message: MessageRef) -> None:
        """Delete a message of the person, before anybody else reads it; in groups that may not be allowed."""
        try:
            await self._line(DeleteMessage(chat_id=message.chat, message_id=message.message_id))
        except AiogramError as error:
            log.info("screen.not_removed", error=describe(error))

    async def _remember(self, plugin: str, ask: Ask, args: Mapping[str, Json], who: Admitted) -> None:
        until = self._clock.now() + timedelta(seconds=_ASK_S)
        bot_id, person = who.person.bot_id, who.person.id
        async with self._storage.write() as session:
            await session.menus.ask(bot_id, who.chat.id, person, plugin, ask.action, args, until, kind=ask.kind.value)

    async def _keyboard(self, plugin: str, screen: Screen, who: Admitted) -> InlineKeyboardMarkup | None:
        if not screen.rows:
            return None
        buttons = [MenuButton(plugin=plugin, action=b.action, args=b.args) for row in screen.rows for b in row]
        async with self._storage.write() as session:
            token = await session.menus.add(
                who.person.bot_id, who.person.id, buttons, self._clock.now() + self._ttl, who.chat.id
            )
        return markup(token, [[self._texts.render(b.label, who.person.locale) for b in row] for row in screen.rows])

    def _rich(self, screen: Screen, who: Admitted) -> Rich:
        return join(self._texts.render_rich(line, who.person.locale) for line in (screen.text, *screen.lines))

    def _edit(self, screen: Screen, place: _Place, who: Admitted, keyboard: InlineKeyboardMarkup | None) -> Call:
        where = {"chat_id": place.chat, "message_id": place.message, "reply_markup": keyboard}
        return replace(where, self._rich(screen, who), screen.media, had_media=place.photo)

    def _new(self, screen: Screen, place: _Place, who: Admitted, keyboard: InlineKeyboardMarkup | None) -> Call:
        where = {"chat_id": place.chat, "message_thread_id": place.topic, "reply_markup": keyboard}
        return appear(where, self._rich(screen, who), screen.media)


def _answered(ask: PendingAsk, message: Message) -> _Place:
    """Return where the screen after an answer appears."""
    topic, shown = message.message_thread_id if message.is_topic_message else None, ask.args.get(_SHOWN)
    is_album = ask.kind == AskKind.ALBUM and isinstance(shown, int)
    return _Place(message.chat.id, topic, int(str(shown)) if is_album else None)
