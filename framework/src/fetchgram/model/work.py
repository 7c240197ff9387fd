"""Wishes and the work for them: `Request`, `Job`, `Delivery`, `Event`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fetchgram.model.codec import Json, Word
from fetchgram.model.links import Link, Listing, Probe
from fetchgram.model.media import Destination, Media, Receipt
from fetchgram.model.recipes import Recipe
from fetchgram.model.text import Text


class Role(StrEnum):
    """What a person may do; each includes the ones before it."""

    USER = "user"
    VIEWER = "viewer"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Word):
    """Someone who talks to one bot."""

    bot_id: int
    id: int
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    locale: str = "en"
    role: Role = Role.USER

    @property
    def name(self) -> str:
        """How others call the person; foreign text."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.username or str(self.id)


class RequestState(StrEnum):
    """Where a wish stands."""

    PROBING = "probing"
    CHOOSING = "choosing"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in {RequestState.PROBING, RequestState.CHOOSING, RequestState.WORKING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Word):
    """One accepted wish of one person.

    Args:
        id: Given by the database.
        key: What makes a repeated update the same request: `update:<update_id>:<n>`, unique per bot.
        bot_id: The bot that was asked (0 outside Telegram).
        person: Who asked.
        destination: Where it goes.
        locale: Language of everything said about it.
        url: What was sent.
        state: Where it stands.
        link: Once claimed.
        probe: Once probed; the menu is built from it.
        recipe: Once chosen; of a list, the one wish for all items.
        listing: The list that is picked from, or was.
        status_message: Message id in the destination chat that tells how it goes.
        status_photo: Whether that message is a picture with a caption.
        error: What was told, when it failed.
        error_number: What an admin can look up.
    """

    id: int
    key: str
    bot_id: int
    person: int
    destination: Destination
    locale: str
    url: str
    state: RequestState
    created_at: datetime
    link: Link | None = None
    probe: Probe | None = None
    recipe: Recipe | None = None
    listing: Listing | None = None
    status_message: int | None = None
    status_photo: bool = False
    error: Text | None = None
    error_number: str | None = None

    @property
    def title(self) -> str:
        """Foreign text; empty before the link was looked at."""
        if self.listing is not None:
            return self.listing.title
        return self.probe.title if self.probe else ""


class Stage(StrEnum):
    """Stages of a job, in their order."""

    DOWNLOAD = "download"
    POST_PROCESS = "post_process"
    DELIVER = "deliver"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether the queue is done with it."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(Word):
    """What a finished stage left: its media, how many steps of the recipe are in them, and the CRC-32 of each file."""

    media: tuple[Media, ...]
    steps_done: int = 0
    checksums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Word):
    """The work for one recipe of one link, without destination.

    Args:
        id: Given by the database.
        fingerprint: `recipe.fingerprint(link)`; running jobs are unique by it (single flight).
        link: What to fetch.
        recipe: What to make of it.
        title: From the probe; foreign text, names the file.
        stage: The stage to run next.
        state: Where it stands.
        attempt: How often it was started.
        lease: Rising number of the present lease; an older one may not write.
        checkpoint: What the last finished stage left.
        not_before: Earliest next attempt, when it waits.
        error: Why it failed.
        error_number: What an admin can look up.
    """

    id: int
    fingerprint: str
    link: Link
    recipe: Recipe
    title: str
    state: JobState
    created_at: datetime
    stage: Stage = Stage.DOWNLOAD
    attempt: int = 0
    lease: int = 0
    checkpoint: Checkpoint | None = None
    not_before: datetime | None = None
    error: Text | None = None
    error_number: str | None = None


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in {DeliveryState.WAITING, DeliveryState.SENDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Word):
    """Job × Request.

    Args:
        id: Given by the database.
        job_id: The work.
        request_id: The wish.
        position: Place in the list, from 1; 0 for what is no list.
        destination: The request's.
        state: Where it stands.
        resends: How often the person asked to send it again: part of a message's random id.
        receipt: Where it arrived.
        queued_at: When it was put in line.
    """

    id: int
    job_id: int
    request_id: int
    destination: Destination
    position: int = 0
    state: DeliveryState = DeliveryState.WAITING
    resends: int = 0
    receipt: Receipt | None = None
    queued_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Word):
    """What happened, for observers; never a URL or a title.

    Args:
        name: `request.accepted`, `job.delivered`, `person.forgotten`, …
        at: UTC.
        bot_id: The bot, 0 outside Telegram.
        person: Whose doing, if anyone's.
        request_id: Of which wish.
        job_id: Of which work.
        plugin: Of which plugin.
        data: Numbers and short names.
        id: Rising; given by the database.
    """

    name: str
    at: datetime
    bot_id: int = 0
    person: int | None = None
    request_id: int | None = None
    job_id: int | None = None
    plugin: str | None = None
    data: Mapping[str, Json] = field(default_factory=dict, hash=False)
    id: int = 0
