"""What listeners of the world are told about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from fetchgram_sandbox.objects import CallbackQuery, Chat, InlineQuery, Json, Message, User


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A new message is in a chat."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message was changed; `before` is what it was."""

    message: Message
    before: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message was deleted."""

    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class QueryAsked:
    """A person tapped a button."""

    query: CallbackQuery


@dataclass(frozen=True, slots=True)
class QueryAnswered:
    """The bot answered a tap: a toast, an alert or a link."""

    query: CallbackQuery
    text: str = ""
    alert: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class InlineAsked:
    """A person typed an inline query."""

    query: InlineQuery


@dataclass(frozen=True, slots=True)
class InlineAnswered:
    """The bot offered inline results."""

    query: InlineQuery
    results: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class InlineChosen:
    """A person sent one of the inline results."""

    person_id: int
    query_text: str
    result_id: str
    inline_message_id: str


@dataclass(frozen=True, slots=True)
class ActionShown:
    """The bot shows that it is typing or sending."""

    chat_id: int
    action: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """The bot changed its reactions to a message."""

    chat_id: int
    message_id: int
    reactions: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Somebody's status in a chat changed."""

    chat_id: int
    by_id: int
    user_id: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PersonAdded:
    """There is a new person."""

    user: User


@dataclass(frozen=True, slots=True)
class ChatAdded:
    """There is a new chat."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class LoginCodeSent:
    """Telegram told a person the code for a login of theirs."""

    user_id: int
    code: str


@dataclass(frozen=True, slots=True)
class CallMade:
    """A client called a method of the Bot API; tokens and file contents are never in here."""

    n: int
    at: float
    method: str
    params: Json = field(default_factory=dict)
    ok: bool = True
    error_code: int | None = None
    description: str | None = None
    ms: int = 0


Happening: TypeAlias = (
    MessagePosted
    | MessageEdited
    | MessageRemoved
    | QueryAsked
    | QueryAnswered
    | InlineAsked
    | InlineAnswered
    | InlineChosen
    | ActionShown
    | Reacted
    | StatusChanged
    | PersonAdded
    | ChatAdded
    | LoginCodeSent
    | CallMade
)
