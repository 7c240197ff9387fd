"""Messages of admins to many people: what is sent, to whom, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fetchgram.model.codec import Word


class Circle(StrEnum):
    """To whom a broadcast goes; never to those who are banned, have no chat with the bot, or want no broadcasts."""

    ALL = "all"
    ACTIVE = "active"
    """Who was here in the last `days`."""
    LANGUAGE = "language"
    """Who reads `value`, as in `pt`."""
    PLATFORM = "platform"
    """Who sent a link of the plugin `value` lately."""
    ADMINS = "admins"
    MYSELF = "myself"
    """The author, in any case: a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients(Word):
    """Whom a broadcast goes to; `days` and `value` narrow some circles."""

    circle: Circle
    days: int = 30
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkButton(Word):
    """A button that opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Word):
    """What is sent: a copy of a message in a chat with the bot, or of an album.

    Args:
        chat: Where it is.
        message_ids: The message, or all of an album's, in their order.
        buttons: Row by row; Telegram puts none under albums (core.telegram.org/bots/api#copymessages).
    """

    chat: int
    message_ids: tuple[int, ...]
    buttons: tuple[tuple[LinkButton, ...], ...] = ()

    @property
    def is_album(self) -> bool:
        """Whether several messages go out as one."""
        return len(self.message_ids) > 1


class BroadcastState(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"

    @property
    def is_open(self) -> bool:
        """Whether more messages may go out."""
        return self in {BroadcastState.RUNNING, BroadcastState.PAUSED}

    @property
    def ended(self) -> bool:
        """Whether it was begun and nothing more goes out."""
        return self in {BroadcastState.STOPPED, BroadcastState.DONE}


class Sent(StrEnum):
    """What became of one message of a broadcast."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"
    """The person has blocked the bot."""
    GONE = "gone"
    """There is no such account any more."""
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """The answer was lost, or the process died under way: it may have arrived, and is not sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Word):
    """How many messages ended how.

    Args:
        deleted: Of those delivered, so many were deleted again.
        kept: Of those delivered, so many could not be deleted any more.
    """

    delivered: int = 0
    blocked: int = 0
    gone: int = 0
    failed: int = 0
    uncertain: int = 0
    deleted: int = 0
    kept: int = 0

    @property
    def handled(self) -> int:
        """How many people had their turn."""
        return self.delivered + self.blocked + self.gone + self.failed + self.uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast(Word):
    """A message of an admin to many people.

    Args:
        id: Given by the database.
        bot_id: Whose people.
        author: Who wrote it.
        post: What is sent.
        recipients: To whom.
        state: Where it stands.
        tally: How many messages ended how.
        total: How many people there were at the start.
        reason: Why it was paused, when nobody asked for it; for operators, in English.
        is_withdrawn: Whether it is, or was, deleted for everyone again.
        started_at: When the first message could go; later people are not meant.
        ended_at: When the last one had gone.
    """

    id: int
    bot_id: int
    author: int
    post: Post
    recipients: Recipients
    state: BroadcastState
    created_at: datetime
    tally: Tally = Tally()
    total: int = 0
    reason: str | None = None
    is_withdrawn: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def left(self) -> int:
        """How many people have not had their turn."""
        return max(0, self.total - self.tally.handled)

    @property
    def is_withdrawing(self) -> bool:
        """Whether messages are still being deleted."""
        return self.is_withdrawn and self.tally.deleted + self.tally.kept < self.tally.delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How many people are still to get a broadcast, and how long that takes at the most a second."""

    people: int
    seconds: float
