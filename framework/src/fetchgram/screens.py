"""How plugins talk with people without Telegram (`Command`, `Interaction`, `Screen`); what else hooks return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from fetchgram.model import Json, Media, Person, Role, Text

if TYPE_CHECKING:
    import typer

    from fetchgram.control.ports import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message of the person, opaque; can be copied by the core.

    Args:
        chat: Where it is.
        message_id: Which one.
        album: The same for all messages of an album; empty for a message of its own.
    """

    chat: int
    message_id: int
    album: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A person did something: called a command, pressed a button, typed an answer.

    Args:
        person: Who.
        role: Read afresh for this press.
        chat: Where, as an opaque number.
        action: Name of the action; empty for the command itself.
        args: What the button carried.
        text: What was typed after the command, or in the answer; never words that are passed on.
        file: A file that was sent as the answer; it is there until the handler returns.
        message: The message that was sent as the answer.
        about: Whom the answer points to, by Telegram's word and never by a name: whose message was passed on or
            answered with it, or whose contact it is.
        locale: Language of the person.
        control: What the person may do: bound to them, checked and written down inside.
    """

    person: Person
    role: Role
    chat: int
    locale: str
    control: Control
    action: str = ""
    args: Mapping[str, Json] = field(default_factory=dict)
    text: str | None = None
    file: Media | None = None
    message: MessageRef | None = None
    about: Person | None = None


class AskKind(StrEnum):
    """What a person is asked to send.

    A typed answer (`text`) is the person's own word: one that they pass on from somebody else has no role. A file or a
    message is what the question is about, whoever made it.
    """

    TEXT = "text"
    FILE = "file"
    MESSAGE = "message"
    SECRET = "secret"  # noqa: S105  # the name of a kind
    """A text that is removed from the chat as soon as it was read."""
    ALBUM = "album"
    """The next message of the album that `Ask.of` is a part of, no other; its screen takes the place of the one that
    asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The next message of the person is an answer and goes to this action; `of` names the album that is awaited."""

    kind: AskKind
    action: str
    args: Mapping[str, Json] = field(default_factory=dict)
    of: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button; the core stores what it carries and checks who presses it."""

    label: Text
    action: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A screen that keeps itself up to date: every few seconds the message shows what the action returns.

    It ends with a screen that is not live, when something else is shown on the message, and after a day; a restart
    does not end it.
    """

    action: str
    args: Mapping[str, Json] = field(default_factory=dict)


class Show(StrEnum):
    """How a screen appears."""

    EDIT = "edit"
    NEW = "new"
    TOAST = "toast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the person sees next.

    Args:
        text: The message.
        lines: More lines under it.
        rows: Buttons under it; they survive a restart.
        media: A picture or file with it.
        show: In place of the message whose button was pressed, as a new one, or as a passing notice.
        ask: What the next message of the person answers.
        live: How it is kept up to date.
        remove: A message of the person that is deleted, where the bot may: a secret was in it.
    """

    text: Text
    lines: tuple[Text, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    media: Media | None = None
    show: Show = Show.EDIT
    ask: Ask | None = None
    live: Live | None = None
    remove: MessageRef | None = None


Handler: TypeAlias = Callable[[Interaction], Awaitable[Screen]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a button does and who may press it; the role is read afresh on every press."""

    handler: Handler
    minimum_role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command, as `/stats`.

    Args:
        name: Without the slash; lower-case letters, digits, underscores (Telegram: 1-32).
        help: One line for the command list.
        handler: Answers it.
        minimum_role: Who may call it.
        actions: What its buttons do, by name.
    """

    name: str
    help: Text
    handler: Handler
    minimum_role: Role
    actions: Mapping[str, Action] = field(default_factory=dict)


class Health(StrEnum):
    """Outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What a check found; `detail` is for operators, in English."""

    health: Health
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """A named check.

    Args:
        name: For people, unique.
        check: Looks; may take seconds.
        every_s: How often it is worth looking while nobody asks.
        patience_s: How long a warning must last before admins hear of it; a failure is told at once.
    """

    name: str
    check: Callable[[], Awaitable[HealthReport]]
    every_s: float = 600.0
    patience_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A check and what it found."""

    name: str
    report: HealthReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Periodic work.

    Args:
        name: Unique in the plugin.
        every_s: Seconds between two runs.
        work: What to do.
    """

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CliCommand:
    """A command of the command line: a typer app (a group), or a plain function of typer's shape."""

    name: str
    help: str
    app: typer.Typer | Callable[..., None]
