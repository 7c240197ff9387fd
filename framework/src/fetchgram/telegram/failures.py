"""What a failed call to the Bot API means: surely not carried out, or perhaps."""

from __future__ import annotations

import re

from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramServerError,
    TelegramUnauthorizedError,
)

_TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{20,}")
_REFUSED_FILE = ("wrong file identifier", "wrong remote file", "file_reference", "file reference", "wrong type of")
_UNSENDABLE = (
    "message to copy not found",
    "message can't be copied",
    "message_id_invalid",
    "button_url_invalid",
    "url host is empty",
    "inline keyboard button url",
    "reply_markup",
    "unauthorized",
    "stars",
)
_GONE_PEOPLE = ("user is deactivated", "chat not found", "user not found", "peer_id_invalid", "input_user_deactivated")
_NO_CHAT = ("chat not found", "user not found", "peer_id_invalid", "have no rights to send", "chat_write_forbidden")


class NotReached(TelegramNetworkError):
    """The request surely never reached the server as a whole: it may be repeated."""


def redact(text: str) -> str:
    """Take bot tokens out of a text."""
    return _TOKEN.sub("<token>", text)


def may_have_happened(error: AiogramError) -> bool:
    """Whether the call may have been carried out although it failed.

    An answer of 4xx or 429 is a refusal. A lost answer, one that cannot be read, and a 5xx are not: the Bot API has no
    idempotency key (tdlib/telegram-bot-api#126), so a repeated send may arrive twice.
    """
    if isinstance(error, NotReached | TelegramEntityTooLarge):
        return False
    return isinstance(error, TelegramNetworkError | TelegramServerError | ClientDecodeError)


def is_not_modified(error: AiogramError) -> bool:
    """Whether an edit changed nothing."""
    return isinstance(error, TelegramBadRequest) and "message is not modified" in error.message


def is_gone(error: AiogramError) -> bool:
    """Whether the message that was to be edited or deleted is not there, or cannot be edited any more."""
    parts = (
        "message to edit not found",
        "message can't be edited",
        "message_id_invalid",
        "message to delete not found",
    )
    return isinstance(error, TelegramBadRequest) and any(part in error.message.lower() for part in parts)


def is_picture_already(error: AiogramError) -> bool:
    """Whether an edit of text met a message that has become a picture."""
    return isinstance(error, TelegramBadRequest) and "there is no text in the message" in error.message.lower()


def is_unreachable(error: AiogramError) -> bool:
    """Whether the person blocked the bot, or the chat is not there."""
    if isinstance(error, TelegramForbiddenError):
        return True
    return isinstance(error, TelegramAPIError) and any(part in error.message.lower() for part in _NO_CHAT)


def is_nobody(error: AiogramError) -> bool:
    """Whether there is no such account any more."""
    return isinstance(error, TelegramAPIError) and any(part in error.message.lower() for part in _GONE_PEOPLE)


def is_unsendable(error: AiogramError) -> bool:
    """Whether a copy of a message is refused for what it is, and so for everybody."""
    refused = isinstance(error, TelegramBadRequest | TelegramUnauthorizedError)
    return refused and any(part in str(error).lower() for part in _UNSENDABLE)


def is_refused_file(error: AiogramError) -> bool:
    """Whether a file id is no longer, or was never, good for this kind of message."""
    return isinstance(error, TelegramBadRequest) and any(part in error.message.lower() for part in _REFUSED_FILE)


def describe(error: AiogramError) -> str:
    """Return a line for the log, without tokens and without what a person wrote."""
    message = error.message if isinstance(error, TelegramAPIError | ClientDecodeError) else str(error)
    return redact(f"{type(error).__name__}: {message}")[:500]
