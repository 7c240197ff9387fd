"""The error tree: a class exists only where some caller acts differently.

FetchgramError
├── ConfigError                a setting is missing or wrong: which, where to put it, what works without it
├── SchemaTooNew               the database was written by a later version
├── PluginLoadError            a row in the plugin report
├── PluginError                a plugin broke its contract while running: counted by its breaker
├── LinkError
│   ├── UnsupportedLink        nobody claims it, or it is no link at all
│   ├── ContentUnavailable     gone, private, geo, age, login, … ; told, never retried
│   └── ChoiceGone             the choice no longer exists: back to the menu
├── TooLarge                   told, never retried
├── LimitReached               a person's own limit; told
├── NotAllowed                 the person's role does not reach; told, and logged
├── TemporarilyUnavailable     retried by the queue
├── DiskFull                   retried when there is room
├── CannotDeliver              the next route is tried
├── Uncertain                  may have arrived: told, never repeated by itself
├── WorkerCrashed, WorkerTimeout, WorkerFailed
└── FfmpegError
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, cast

from fetchgram.model.codec import Json
from fetchgram.model.codec import decode as decode_word
from fetchgram.model.codec import encode as encode_word
from fetchgram.model.links import Choice
from fetchgram.model.text import Text, text


class FetchgramError(Exception):
    """Base of all errors that fetchgram raises on purpose.

    Args:
        message: For the log and for developers.
        told: What the person reads instead of the default sentence of the class.
    """

    def __init__(self, message: str = "", *, told: Text | None = None) -> None:
        super().__init__(message)
        self.told = told
        self.number: str | None = None
        """Error number under which it was stored, once it was."""

    @property
    def text(self) -> Text:
        """The sentence that the person reads."""
        return self.told or self._sentence()

    def _sentence(self) -> Text:
        return text("error-internal")

    def _details(self) -> dict[str, Json]:
        return {}


class ConfigError(FetchgramError):
    """A setting is missing or wrong; the message says which, where to put it and what works without it."""


class SchemaTooNew(FetchgramError):
    """The database was written by a later version of fetchgram."""


class PluginLoadError(FetchgramError):
    """A plugin cannot be loaded: becomes a row in the plugin report."""


class PluginError(FetchgramError):
    """A plugin broke its contract while running.

    Args:
        plugin: Who.
        message: What it did.
    """

    def __init__(self, message: str = "", *, plugin: str = "", told: Text | None = None) -> None:
        super().__init__(message, told=told)
        self.plugin = plugin

    def _sentence(self) -> Text:
        return text("error-plugin", plugin=self.plugin)

    def _details(self) -> dict[str, Json]:
        return {"plugin": self.plugin}


class LinkError(FetchgramError):
    """Something is wrong with the link itself; never retried."""

    def _sentence(self) -> Text:
        return text("error-unsupported")


class UnsupportedLink(LinkError):
    """Nobody claims this link."""


class Reason(StrEnum):
    """Why content cannot be had."""

    GONE = "gone"
    PRIVATE = "private"
    GEO = "geo"
    AGE = "age"
    LOGIN = "login"
    MEMBERS = "members"
    LIVE = "live"
    UPCOMING = "upcoming"
    BOT_CHECK = "bot_check"
    ACCOUNT = "account"
    NO_MEDIA = "no_media"
    FORBIDDEN_ADDRESS = "forbidden_address"
    UNREACHABLE = "unreachable"
    DRM = "drm"
    PROTOCOL = "protocol"


class ContentUnavailable(LinkError):
    """The content cannot be had.

    Args:
        reason: Why.
        message: For the log.
        at: When an upcoming one begins.
    """

    def __init__(
        self,
        reason: Reason | str = Reason.GONE,
        message: str = "",
        *,
        at: datetime | None = None,
        told: Text | None = None,
    ) -> None:
        super().__init__(message or str(reason), told=told)
        self.reason = Reason(reason)
        self.at = at

    def _sentence(self) -> Text:
        if self.at is not None:
            return text("error-upcoming-at", at=self.at.strftime("%Y-%m-%d %H:%M UTC"))
        return text(f"error-{self.reason.replace('_', '-')}")

    def _details(self) -> dict[str, Json]:
        return {"reason": str(self.reason), "at": self.at.isoformat() if self.at else None}


class ChoiceGone(LinkError):
    """The choice no longer exists; the person returns to the menu with what there is now."""

    def __init__(self, choices: tuple[Choice, ...] = (), message: str = "", *, told: Text | None = None) -> None:
        super().__init__(message or "the choice is gone", told=told)
        self.choices = choices

    def _sentence(self) -> Text:
        return text("error-choice-gone")

    def _details(self) -> dict[str, Json]:
        return {"choices": [encode_word(choice) for choice in self.choices]}


class TooLarge(FetchgramError):
    """More bytes than a limit allows; told and never retried."""

    def __init__(self, size_bytes: int | None, limit_bytes: int, *, told: Text | None = None) -> None:
        super().__init__(f"{size_bytes} bytes, the limit is {limit_bytes}", told=told)
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes

    def _sentence(self) -> Text:
        if self.size_bytes is None:
            return text("error-too-large-unknown", limit=self.limit_bytes)
        return text("error-too-large", size=self.size_bytes, limit=self.limit_bytes)

    def _details(self) -> dict[str, Json]:
        return {"size_bytes": self.size_bytes, "limit_bytes": self.limit_bytes}


class LimitReached(FetchgramError):
    """A person's own limit is reached; `told` says which and when it is over."""

    def _sentence(self) -> Text:
        return text("error-limit")


class NotAllowed(FetchgramError):
    """Whoever wants this has no role that reaches so far."""

    def _sentence(self) -> Text:
        return text("error-not-allowed")


class TemporarilyUnavailable(FetchgramError):
    """Worth another try later.

    Args:
        message: For the log.
        retry_after_s: Earliest next try, when the other side said so.
    """

    def __init__(self, message: str = "", *, retry_after_s: float | None = None, told: Text | None = None) -> None:
        super().__init__(message, told=told)
        self.retry_after_s = retry_after_s

    def _sentence(self) -> Text:
        return text("error-temporary")

    def _details(self) -> dict[str, Json]:
        return {"retry_after_s": self.retry_after_s}


class DiskFull(FetchgramError):
    """There is no room to work."""

    def _sentence(self) -> Text:
        return text("error-disk-full")


_LASTING = frozenset({Reason.NO_MEDIA, Reason.DRM})


def may_go_better(error: BaseException) -> bool:
    """Whether the same wish may have another end next time; where it may not, only another choice helps."""
    if isinstance(error, ContentUnavailable):
        return error.reason not in _LASTING
    return not isinstance(error, TooLarge | Uncertain)


def is_no_room(error: BaseException) -> bool:
    """Whether the system says that a disk or a quota is full."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


class CannotDeliver(FetchgramError):
    """This route cannot take it, and nothing was sent; the next route is tried."""

    def _sentence(self) -> Text:
        return text("error-cannot-deliver")


class Uncertain(FetchgramError):
    """It may have arrived; told with a "send again" button, never repeated by itself."""

    def _sentence(self) -> Text:
        return text("error-uncertain")


class WorkerCrashed(FetchgramError):
    """A child process died at its work."""


class WorkerTimeout(FetchgramError):
    """A child process took longer than it may."""

    def _sentence(self) -> Text:
        return text("error-timeout")


class WorkerFailed(FetchgramError):
    """A child process raised something that is not of this tree: a bug.

    Args:
        message: Class and text of the error.
        traceback: Of the child.
    """

    def __init__(self, message: str = "", *, traceback: str = "", told: Text | None = None) -> None:
        super().__init__(message, told=told)
        self.traceback = traceback

    def _details(self) -> dict[str, Json]:
        return {"traceback": self.traceback}


class FfmpegError(FetchgramError):
    """ffmpeg did not do what it was asked.

    Args:
        kind: `missing`, `refused`, `input`, `failed`, `stalled`, `timeout`, `killed`, `output`.
        stderr_tail: The end of what it said.
    """

    def __init__(self, kind: str = "failed", stderr_tail: str = "", *, told: Text | None = None) -> None:
        super().__init__(f"ffmpeg {kind}: {stderr_tail[-400:]}", told=told)
        self.kind = kind
        self.stderr_tail = stderr_tail

    def _sentence(self) -> Text:
        return text("error-timeout" if self.kind == "timeout" else "error-ffmpeg")

    def _details(self) -> dict[str, Json]:
        return {"kind": self.kind, "stderr_tail": self.stderr_tail}


E = TypeVar("E", bound=BaseException)


def first_of(group: BaseExceptionGroup[E]) -> E:
    """Return the first error of a group of one or more: what a `TaskGroup` wraps, without the wrapping."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error


@contextmanager
def first_failure() -> Iterator[None]:
    """Raise the first error of ours that a `TaskGroup` wraps, without the wrapping; whatever else there is, as it is.

    Not `except*`: in Python 3.11.2, which Debian 12 has, it wraps again what is raised in it; 3.11.7 does not.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(FetchgramError)
        if ours is None or others is not None:
            raise
        raise first_of(ours) from group


def encode(error: Exception, *, traceback: str = "") -> dict[str, Json]:
    """Turn an error into JSON, to travel from a child; a foreign one becomes a `WorkerFailed`."""
    if not isinstance(error, FetchgramError):
        error = WorkerFailed(f"{type(error).__name__}: {error}"[:2000], traceback=traceback[-20_000:])
    told = encode_word(error.told) if error.told else None
    return {
        "class": type(error).__name__,
        "message": str(error),
        "told": told,
        **error._details(),  # noqa: SLF001  # one module, one tree
    }


def decode(data: dict[str, Json]) -> FetchgramError:
    """Build the error that `encode` described."""
    told_data = data.get("told")
    told = decode_word(Text, told_data) if isinstance(told_data, dict) else None
    message = str(data.get("message", ""))
    special = _decode_special(str(data.get("class")), message, data)
    if special is not None:
        special.told = told
        return special
    kind = _tree().get(str(data.get("class")), WorkerFailed)
    return kind(message, told=told)


def _decode_special(  # noqa: PLR0911  # one case per class with details of its own
    name: str, message: str, data: dict[str, Json]
) -> FetchgramError | None:
    match name:
        case "PluginError":
            return PluginError(message, plugin=str(data["plugin"]))
        case "ContentUnavailable":
            at = data.get("at")
            return ContentUnavailable(
                str(data["reason"]), message, at=datetime.fromisoformat(at) if isinstance(at, str) else None
            )
        case "ChoiceGone":
            choices = cast("list[dict[str, Json]]", data["choices"])
            return ChoiceGone(tuple(decode_word(Choice, choice) for choice in choices), message)
        case "TooLarge":
            return TooLarge(cast("int | None", data["size_bytes"]), cast("int", data["limit_bytes"]))
        case "TemporarilyUnavailable":
            return TemporarilyUnavailable(message, retry_after_s=cast("float | None", data["retry_after_s"]))
        case "WorkerFailed":
            return WorkerFailed(message, traceback=str(data["traceback"]))
        case "FfmpegError":
            return FfmpegError(str(data["kind"]), str(data["stderr_tail"]))
        case _:
            return None


def _tree() -> dict[str, type[FetchgramError]]:
    found: dict[str, type[FetchgramError]] = {}
    pending = [FetchgramError]
    while pending:
        kind = pending.pop()
        found[kind.__name__] = kind
        pending += kind.__subclasses__()
    return found
