"""One small Telegram: people, chats, messages, files, a clock, failures and those who listen; no protocol in here."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fetchgram_sandbox.faults import Faults
from fetchgram_sandbox.fileids import DC_ID
from fetchgram_sandbox.files import FileStore
from fetchgram_sandbox.happenings import (
    ChatAdded,
    Happening,
    MessageEdited,
    MessagePosted,
    MessageRemoved,
    PersonAdded,
    StatusChanged,
)
from fetchgram_sandbox.objects import Chat, Message, User

DEFAULT_BOT = User(id=4_200_000_001, first_name="Fetchgram", username="fetchgram_bot", is_bot=True)
_FIRST_PERSON_ID = 1001
_PRIVATE_AND_GROUPS = 0
_PRESENT = ("creator", "administrator", "member")


class World:
    """The state behind every emulated server.

    Args:
        bot: The bot account that talks here.
        folder: Where files are kept; a temporary folder by default.
        clock: Seconds since 1970; a test puts its own here.
    """

    def __init__(
        self, *, bot: User = DEFAULT_BOT, folder: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.bot = bot
        self.clock = clock
        self.files = FileStore(folder)
        self.faults = Faults()
        self.people: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.topics: dict[int, dict[int, str]] = defaultdict(dict)
        self.upgrades: dict[int, int] = {}
        self.deactivated: set[int] = set()
        self.pins: dict[int, list[int]] = defaultdict(list)
        self.inline_messages: dict[str, tuple[int, int]] = {}
        self._messages: dict[int, dict[int, Message]] = defaultdict(dict)
        self._history: dict[tuple[int, int], list[Message]] = defaultdict(list)
        self._statuses: dict[tuple[int, int], str] = {}
        self._message_ids: dict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._person_ids = itertools.count(_FIRST_PERSON_ID)
        self._chat_numbers = itertools.count(1)
        self._ids = itertools.count(7_000_001)
        self._listeners: list[Callable[[Happening], None]] = []

    def close(self) -> None:
        """Delete the files."""
        self.files.close()

    # People and chats

    def new_person(
        self,
        first_name: str = "Alice",
        *,
        last_name: str = "",
        username: str = "",
        language_code: str = "en",
        dc_id: int = DC_ID,
    ) -> User:
        """Add a person, who lives in a data centre, and the private chat with the bot."""
        user = User(next(self._person_ids), first_name, last_name, username, language_code, dc_id=dc_id)
        self.people[user.id] = user
        self.chats[user.id] = Chat(user.id, "private", username=username)
        for member_id in (user.id, self.bot.id):
            self._statuses[user.id, member_id] = "member"
        self.emit(PersonAdded(user))
        return user

    def new_chat(
        self,
        title: str,
        members: Sequence[User],
        *,
        kind: str = "supergroup",
        is_forum: bool = False,
        is_protected: bool = False,
    ) -> Chat:
        """Add a group with the bot in it; the first member owns it. From a protected one nothing can be copied."""
        number = next(self._chat_numbers)
        # Supergroups have ids below -10^12, basic groups small negative ones (core.telegram.org/api/bots/ids).
        chat_id = -(1_000_000_000_000 + number) if kind == "supergroup" else -number
        chat = Chat(chat_id, kind, title=title, is_forum=is_forum, is_protected=is_protected)
        self.chats[chat.id] = chat
        for index, user in enumerate(members):
            self._statuses[chat.id, user.id] = "member" if index else "creator"
        self._statuses[chat.id, self.bot.id] = "member"
        self.emit(ChatAdded(chat))
        return chat

    def upgrade(self, group: Chat) -> Chat:
        """Make a supergroup of a basic group, as Telegram does when it grows; the old id answers with the new one."""
        members = [self.user(user_id) for user_id in self.members(group.id) if user_id != self.bot.id]
        supergroup = self.new_chat(group.title, members)
        self.upgrades[group.id] = supergroup.id
        return supergroup

    def new_topic(self, chat: Chat, name: str) -> int:
        """Add a topic to a forum and return its id."""
        topic_id = next(self._message_ids[self._counter_of(chat.id)])
        self.topics[chat.id][topic_id] = name
        return topic_id

    def user(self, user_id: int) -> User:
        """Return a person or the bot.

        Raises:
            LookupError: Nobody has this id.
        """
        if user_id == self.bot.id:
            return self.bot
        if user_id not in self.people:
            raise LookupError(f"no person {user_id!r}")
        return self.people[user_id]

    def chat(self, chat_id: int | str) -> Chat:
        """Return a chat by its id or by the `@username` of a group.

        Raises:
            LookupError: There is none.
        """
        if isinstance(chat_id, int) and chat_id in self.chats:
            return self.chats[chat_id]
        for chat in self.chats.values():
            if chat.type != "private" and chat.username and f"@{chat.username}" == chat_id:
                return chat
        raise LookupError(f"no chat {chat_id!r}")

    def members(self, chat_id: int) -> tuple[int, ...]:
        """Return the ids of those who are in a chat."""
        return tuple(user for (chat, user), status in self._statuses.items() if chat == chat_id and status in _PRESENT)

    def status(self, chat_id: int, user_id: int) -> str:
        """Return somebody's status in a chat: creator, administrator, member, left or kicked."""
        return self._statuses.get((chat_id, user_id), "left")

    def set_status(self, chat_id: int, user_id: int, status: str, *, by_id: int) -> None:
        """Change somebody's status in a chat."""
        old = self.status(chat_id, user_id)
        self._statuses[chat_id, user_id] = status
        if old != status:
            self.emit(StatusChanged(chat_id, by_id, user_id, old, status))

    # Messages

    def post(self, draft: Message) -> Message:
        """Put a message into its chat; it gets the chat's next id."""
        message_id = next(self._message_ids[self._counter_of(draft.chat_id)])
        message = replace(draft, message_id=message_id, date=int(self.clock()))
        self._messages[message.chat_id][message_id] = message
        self._history[message.chat_id, message_id].append(message)
        self.emit(MessagePosted(message))
        return message

    def revise(self, message: Message) -> Message:
        """Replace a message by its changed form."""
        before = self._messages[message.chat_id][message.message_id]
        changed = replace(message, edit_date=int(self.clock()))
        self._messages[changed.chat_id][changed.message_id] = changed
        self._history[changed.chat_id, changed.message_id].append(changed)
        self.emit(MessageEdited(changed, before))
        return changed

    def remove(self, chat_id: int, message_id: int) -> None:
        """Delete a message; its history stays for tests."""
        del self._messages[chat_id][message_id]
        self.emit(MessageRemoved(chat_id, message_id))

    def find_message(self, chat_id: int, message_id: int | None) -> Message | None:
        """Return a message, or `None` when it is not or no longer there."""
        return None if message_id is None else self._messages[chat_id].get(message_id)

    def messages(self, chat_id: int) -> tuple[Message, ...]:
        """Return the messages of a chat, oldest first."""
        return tuple(self._messages[chat_id].values())

    def history(self, chat_id: int, message_id: int) -> tuple[Message, ...]:
        """Return every form that a message has had, also of a deleted one."""
        return tuple(self._history[chat_id, message_id])

    def new_id(self) -> str:
        """Return a fresh number for a query, an album or an inline message."""
        return str(next(self._ids))

    # Listeners

    def listen(self, listener: Callable[[Happening], None]) -> Callable[[], None]:
        """Call a function at each happening; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, happening: Happening) -> None:
        """Tell all listeners."""
        for listener in tuple(self._listeners):
            listener(happening)

    def _counter_of(self, chat_id: int) -> int:
        # An account counts its private chats and basic groups together, each supergroup for itself.
        return chat_id if self.chats[chat_id].type == "supergroup" else _PRIVATE_AND_GROUPS
