"""What the status message shows: lines of text and rows of keys, before any language and without Telegram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fetchgram.model import Json, Request, Text, text

REQUESTS = ""
"""Stands for "no plugin" in a stored button: the button belongs to a request's own message."""


@dataclass(frozen=True, slots=True)
class Key:
    """A button of a status message: what it says and what it does."""

    label: Text
    action: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """Lines and keys."""

    lines: tuple[Text, ...]
    rows: tuple[tuple[Key, ...], ...] = ()


def key_of(request: Request, label: str, action: str) -> Key:
    """Return a button that does something with a request."""
    return Key(text(label), action, {"request": request.id})


def cancel_row(request: Request) -> tuple[Key, ...]:
    """Return the row that every stage has."""
    return (key_of(request, "button-cancel", "cancel"),)


def looking(request: Request) -> View:
    """Say that the link is being looked at."""
    return View((text("ack-looking"),), (cancel_row(request),))


def title_line(request: Request) -> tuple[Text, ...]:
    """Return the title as the first line, when it is known."""
    return (text("telegram-title", title=request.title),) if request.title else ()


def failed(request: Request, error: Text, number: str, *, retryable: bool) -> View:
    """Say in one sentence why it failed, with the number that an admin can look up.

    Args:
        request: Whose menu can be had again where it had one.
        error: The sentence.
        number: Of the error.
        retryable: Whether the same may go better next time.
    """
    line = text("status-failed", error=error, number=number)
    keys = [key_of(request, "button-retry", "retry")] if retryable else []
    if request.recipe is not None and request.listing is None:
        keys.append(key_of(request, "telegram-choose-again", "reopen"))
    return View((*title_line(request), line), (tuple(keys),) if keys else ())


def uncertain(request: Request) -> View:
    """Say that it may have arrived, and leave the decision to the person."""
    rows = ((key_of(request, "button-send-again", "again"),),)
    return View((*title_line(request), text("status-uncertain", number=request.error_number or "")), rows)


def cancelled(request: Request) -> View:
    """Say that it was stopped."""
    return View((*title_line(request), text("status-cancelled")))


def done(request: Request) -> View:
    """Say that it arrived, where the status message cannot be deleted any more."""
    return View((*title_line(request), text("status-done")))
