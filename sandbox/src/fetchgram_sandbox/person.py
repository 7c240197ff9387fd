"""A person in the chat, as tests and the chat page play one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fetchgram_sandbox.ear import Ear
from fetchgram_sandbox.files import FileFacts, Upload
from fetchgram_sandbox.happenings import (
    InlineAnswered,
    InlineAsked,
    InlineChosen,
    MessageEdited,
    MessagePosted,
    QueryAnswered,
    QueryAsked,
)
from fetchgram_sandbox.marks import find_entities
from fetchgram_sandbox.objects import (
    Button,
    CallbackQuery,
    Chat,
    Entity,
    InlineQuery,
    Keyboard,
    Message,
    Origin,
    Poll,
    User,
)
from fetchgram_sandbox.world import World

FILE_KINDS = ("video", "audio", "photo", "document", "voice", "animation", "video_note", "sticker")
_PATIENCE_S = 25.0


class Person:
    """Acts as one person; without a chat it is the private chat with the bot.

    Args:
        world: Where the person lives.
        user: Who it is.
    """

    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.user = user

    @property
    def id(self) -> int:
        """Return the person's id, which is the id of the private chat too."""
        return self.user.id

    def messages(self, chat: Chat | None = None) -> tuple[Message, ...]:
        """Return what is in a chat, oldest first."""
        return self.world.messages(self._chat_id(chat))

    def say(
        self,
        text: str,
        chat: Chat | None = None,
        *,
        entities: tuple[Entity, ...] = (),
        reply_to: Message | int | None = None,
        topic_id: int | None = None,
    ) -> Message:
        """Send a text; commands and links in it become entities."""
        draft = self._draft(chat, text, entities, reply_to)
        return self.world.post(replace(draft, topic_id=topic_id))

    async def send_file(
        self,
        path: Path,
        kind: str = "document",
        chat: Chat | None = None,
        *,
        caption: str = "",
        name: str = "",
        reply_to: Message | int | None = None,
        facts: FileFacts | None = None,
    ) -> Message:
        """Send a copy of a file as a video, audio, photo, document, voice, animation, video_note or sticker."""
        copy = self.world.files.new_path()
        await asyncio.to_thread(shutil.copyfile, path, copy)
        upload = Upload(copy, name or path.name)
        return self.send_upload(upload, kind, chat, caption=caption, reply_to=reply_to, facts=facts)

    def send_upload(
        self,
        upload: Upload,
        kind: str,
        chat: Chat | None = None,
        *,
        caption: str = "",
        reply_to: Message | int | None = None,
        facts: FileFacts | None = None,
    ) -> Message:
        """Send a file that already lies in the world's folder, with what a client tells of it.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in FILE_KINDS:
            raise ValueError(f"unknown kind {kind!r}; there are {', '.join(FILE_KINDS)}")
        file = self.world.files.adopt(upload, kind, dc_id=self.user.dc_id)
        file = self.world.files.describe(file, facts or FileFacts())
        return self.world.post(replace(self._draft(chat, caption, (), reply_to), file=file))

    def send_album(
        self, uploads: Sequence[Upload], kind: str = "photo", chat: Chat | None = None, *, caption: str = ""
    ) -> list[Message]:
        """Send files that already lie in the world's folder as one album; the caption is the first one's."""
        album = str(self.world.new_id())
        words = [caption, *("" for _ in uploads[1:])]
        drafts = [replace(self._draft(chat, text, (), None), album_id=album) for text in words]
        files = [self.world.files.adopt(upload, kind) for upload in uploads]
        return [self.world.post(replace(draft, file=file)) for draft, file in zip(drafts, files, strict=True)]

    def ask_all(
        self, question: str, options: Sequence[str], chat: Chat | None = None, *, right: int | None = None
    ) -> Message:
        """Send a poll; a quiz, if one of the answers is right."""
        poll = Poll(self.world.new_id(), question, tuple(options), is_quiz=right is not None, right=right)
        return self.world.post(replace(self._draft(chat, "", (), None), poll=poll))

    def edit(self, message: Message, text: str) -> Message:
        """Change an own message."""
        current = self.world.find_message(message.chat_id, message.message_id) or message
        return self.world.revise(replace(current, text=text, entities=find_entities(text)))

    def forward(self, message: Message, chat: Chat | None = None) -> Message:
        """Forward a message to a chat of the bot."""
        draft = self._draft(chat, message.text, message.entities, None)
        origin = message.origin or Origin(message.sender_id, message.date)
        # Of a quiz that was forwarded no bot learns the right answer (core.telegram.org/bots/api#poll).
        poll = None if message.poll is None else replace(message.poll, right=None)
        return self.world.post(replace(draft, file=message.file, poll=poll, origin=origin))

    def tap(self, message: Message, button: Button | str) -> CallbackQuery:
        """Tap an inline button: by its label, a part of the label, or its callback data.

        Raises:
            LookupError: The message has no such button with callback data.
        """
        current = self.world.find_message(message.chat_id, message.message_id) or message
        data = _data_of(current, button)
        now = self.world.clock()
        inline = next((key for key, place in self.world.inline_messages.items() if place == _place(current)), None)
        query = CallbackQuery(self.world.new_id(), self.id, data, now, message=current, inline_message_id=inline)
        self.world.emit(QueryAsked(query))
        return query

    async def tap_and_wait(
        self, message: Message, button: Button | str, timeout_s: float = _PATIENCE_S
    ) -> QueryAnswered:
        """Tap a button and wait for the bot's answer to the tap."""
        async with Ear(self.world) as ear:
            query = self.tap(message, button)
            return await ear.first(
                lambda item: item if isinstance(item, QueryAnswered) and item.query.id == query.id else None, timeout_s
            )

    def block(self) -> None:
        """Block the bot."""
        self.world.set_status(self.id, self.world.bot.id, "kicked", by_id=self.id)

    def unblock(self) -> None:
        """Unblock the bot."""
        self.world.set_status(self.id, self.world.bot.id, "member", by_id=self.id)

    def delete_account(self) -> None:
        """Leave Telegram for ever."""
        self.world.deactivated.add(self.id)

    def set_bot_status(self, chat: Chat, status: str) -> None:
        """Add the bot to a group, remove it, or make it an administrator."""
        self.world.set_status(chat.id, self.world.bot.id, status, by_id=self.id)

    async def ask_inline(self, text: str, timeout_s: float = _PATIENCE_S) -> InlineAnswered:
        """Type `@bot text` and wait for the bot's results."""
        query = InlineQuery(self.world.new_id(), self.id, text, self.world.clock())
        async with Ear(self.world) as ear:
            self.world.emit(InlineAsked(query))
            return await ear.first(
                lambda item: item if isinstance(item, InlineAnswered) and item.query.id == query.id else None, timeout_s
            )

    def choose_inline(self, answer: InlineAnswered, result_id: str, chat: Chat | None = None) -> Message:
        """Send an inline result, which the bot may edit from now on; only its text is shown."""
        result = next(result for result in answer.results if result.get("id") == result_id)
        content = result.get("input_message_content")
        text = str(content.get("message_text", "")) if isinstance(content, dict) else str(result.get("title", ""))
        keyboard = keyboard_of(result.get("reply_markup"))
        draft = replace(self._draft(chat, text, (), None), via_bot_id=self.world.bot.id, keyboard=keyboard)
        message = self.world.post(draft)
        inline_message_id = f"inline-{self.world.new_id()}"
        self.world.inline_messages[inline_message_id] = _place(message)
        self.world.emit(InlineChosen(self.id, answer.query.text, result_id, inline_message_id))
        return message

    async def wait_for(
        self, predicate: Callable[[Message], object], timeout_s: float = _PATIENCE_S, *, chat: Chat | None = None
    ) -> Message:
        """Wait until a message of the bot in a chat, as it is now, satisfies a predicate.

        Raises:
            TimeoutError: It did not; the text shows the chat.
        """
        chat_id = self._chat_id(chat)

        def find() -> Message | None:
            bot_id = self.world.bot.id
            messages = (message for message in self.world.messages(chat_id) if message.sender_id == bot_id)
            return next((message for message in messages if predicate(message)), None)

        async with Ear(self.world) as ear:
            if (found := find()) is not None:
                return found
            try:
                return await ear.first(
                    lambda item: find() if isinstance(item, MessagePosted | MessageEdited) else None, timeout_s
                )
            except TimeoutError as error:
                raise TimeoutError(f"waited {timeout_s} s in vain; the chat is\n{self.transcript(chat)}") from error

    async def wait_for_text(self, part: str, timeout_s: float = _PATIENCE_S, *, chat: Chat | None = None) -> Message:
        """Wait for a message of the bot with a piece of text in it."""
        return await self.wait_for(lambda message: part in message.text, timeout_s, chat=chat)

    async def wait_for_file(self, kind: str, timeout_s: float = _PATIENCE_S, *, chat: Chat | None = None) -> Message:
        """Wait for a message of the bot with a file of a kind."""
        return await self.wait_for(
            lambda message: message.file is not None and message.file.kind == kind, timeout_s, chat=chat
        )

    def transcript(self, chat: Chat | None = None) -> str:
        """Return a chat as text, for people who read a failed test."""
        return "\n".join(self._line(message) for message in self.messages(chat))

    def _line(self, message: Message) -> str:
        file = f"[{message.file.kind} {message.file.name} {message.file.size_bytes} bytes] " if message.file else ""
        buttons = " ".join(f"({button.label})" for button in message.buttons)
        return f"#{message.message_id} {self.world.user(message.sender_id).first_name}: {file}{message.text} {buttons}"

    def _draft(
        self, chat: Chat | None, text: str, entities: tuple[Entity, ...], reply_to: Message | int | None
    ) -> Message:
        reply_to_id = reply_to.message_id if isinstance(reply_to, Message) else reply_to
        found = find_entities(text, entities)
        return Message(self._chat_id(chat), 0, self.id, 0, text=text, entities=found, reply_to_id=reply_to_id)

    def _chat_id(self, chat: Chat | None) -> int:
        return self.id if chat is None else chat.id


def _data_of(message: Message, button: Button | str) -> str:
    if isinstance(button, Button):
        matches = [button] if button in message.buttons else []
    else:
        matches = [each for each in message.buttons if each.data == button or button in each.label]
    for match in matches:
        if match.data is not None:
            return match.data
    raise LookupError(f"no button {button!r} among {[each.label for each in message.buttons]}")


def keyboard_of(markup: object) -> Keyboard:
    """Return the keyboard in a markup that was not checked, as inline results bring it."""
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return tuple(
        tuple(Button(str(raw["text"]), raw.get("callback_data"), raw.get("url"), raw=raw) for raw in row)
        for row in rows
    )


def _place(message: Message) -> tuple[int, int]:
    return message.chat_id, message.message_id
