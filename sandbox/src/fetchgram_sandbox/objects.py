"""What the emulated Telegram is made of: people, chats, messages and files as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from fetchgram_sandbox.fileids import DC_ID

Json: TypeAlias = dict[str, object]
"""An object of the Bot API as it travels: string keys, JSON values."""


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot, with the data centre where the account lives."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    is_bot: bool = False
    dc_id: int = DC_ID


@dataclass(frozen=True, slots=True)
class Chat:
    """A place where messages are: `private`, `group` or `supergroup`.

    A private chat has the id of its person; the ids of groups are negative.
    """

    id: int
    type: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    is_protected: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the world's folder; `kind` is the field of a message that it fills.

    For clients it lies in the data centre of who sent it.
    """

    number: int
    kind: str
    path: Path
    size_bytes: int
    mime: str
    name: str = ""
    width_px: int = 0
    height_px: int = 0
    duration_s: int = 0
    title: str = ""
    performer: str = ""
    thumbnail: StoredFile | None = None
    dc_id: int = DC_ID


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted piece of a text; offset and length count UTF-16 units, as everywhere in Telegram."""

    type: str
    offset: int
    length: int
    extra: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button: `data` is its callback data; `raw` is the object that the bot sent."""

    label: str
    data: str | None = None
    url: str | None = None
    raw: Json = field(default_factory=dict)


Keyboard: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message was written first."""

    sender_id: int
    date: int


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers to choose from; `right` is the number of a quiz's right one, as far as the bot knows."""

    id: str
    question: str
    options: tuple[str, ...]
    is_quiz: bool = False
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is now; `text` is the caption when there is a file."""

    chat_id: int
    message_id: int
    sender_id: int
    date: int
    text: str = ""
    entities: tuple[Entity, ...] = ()
    file: StoredFile | None = None
    poll: Poll | None = None
    keyboard: Keyboard = ()
    reply_to_id: int | None = None
    topic_id: int | None = None
    album_id: str | None = None
    origin: Origin | None = None
    via_bot_id: int | None = None
    edit_date: int | None = None
    has_spoiler: bool = False
    caption_above: bool = False
    is_protected: bool = False
    link_preview: Json | None = None

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return the inline buttons in reading order."""
        return tuple(button for row in self.keyboard for button in row)

    def button(self, label: str) -> Button:
        """Return the first button whose label contains a text.

        Raises:
            LookupError: No button has it.
        """
        for button in self.buttons:
            if label in button.label:
                return button
        raise LookupError(f"no button {label!r} among {[button.label for button in self.buttons]}")


@dataclass(frozen=True, slots=True)
class CallbackQuery:
    """A tap of a person on an inline button."""

    id: str
    person_id: int
    data: str
    asked_at: float
    message: Message | None = None
    inline_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """A person typed `@bot something` in a chat."""

    id: str
    person_id: int
    text: str
    asked_at: float
    chat_type: str = "private"
