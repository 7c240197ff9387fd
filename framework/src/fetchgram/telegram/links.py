"""The links of a message: written out, behind a text, in a caption, or in the message it answers."""

from __future__ import annotations

from aiogram.types import Message, MessageEntity

_SCHEMES = ("http://", "https://")


def links_of(message: Message, *, username: str, limit: int, addressed: bool) -> tuple[tuple[str, ...], int]:
    """Return the links, each once, and how many were left out.

    Args:
        message: What was sent.
        username: Of the bot: links to itself are none.
        limit: Most links taken.
        addressed: Whether the bot is meant; only then the message that is answered counts too.
    """
    found = _links(message)
    if not found and addressed and message.reply_to_message is not None:
        found = _links(message.reply_to_message)
    own = f"t.me/{username}".lower()
    unique = list(dict.fromkeys(url for url in found if own not in url.lower()))
    return tuple(unique[:limit]), max(0, len(unique) - limit)


def is_addressed(message: Message, *, username: str, bot_id: int) -> bool:
    """Whether a message in a group means the bot: by mention, or as an answer to it."""
    if message.chat.type == "private":
        return True
    reply = message.reply_to_message
    if reply is not None and reply.from_user is not None and reply.from_user.id == bot_id:
        return True
    text, entities = _text(message)
    mentions = (entity.extract_from(text).lower() for entity in entities if entity.type == "mention")
    return f"@{username.lower()}" in mentions


def command_of(message: Message, *, username: str) -> tuple[str, str] | None:
    """Return the command and what was typed after it; `None` when there is none, or it is another bot's."""
    text = message.text or ""
    entities = message.entities or []
    if not entities or entities[0].type != "bot_command" or entities[0].offset != 0:
        return None
    word = entities[0].extract_from(text)
    name, _, addressee = word[1:].partition("@")
    if addressee and addressee.lower() != username.lower():
        return None
    return name.lower(), text[len(word) :].strip()


def _text(message: Message) -> tuple[str, list[MessageEntity]]:
    if message.text is not None:
        return message.text, message.entities or []
    return message.caption or "", message.caption_entities or []


def _links(message: Message) -> list[str]:
    text, entities = _text(message)
    found = []
    for entity in entities:
        url = entity.url if entity.type == "text_link" else entity.extract_from(text) if entity.type == "url" else None
        if url:
            found.append(_with_scheme(url))
    return [url for url in found if url.lower().startswith(_SCHEMES)]


def _with_scheme(url: str) -> str:
    # People write "youtu.be/x", and Telegram marks it as a link.
    return url if "://" in url else f"https://{url}"
