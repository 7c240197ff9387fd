"""How words appear in a chat: as a message, or as the caption of a picture or file; new, or in place of another."""

from __future__ import annotations

from typing import Any

from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    EditMessageText,
    SendDocument,
    SendMessage,
    SendPhoto,
)
from aiogram.types import InputMediaDocument, InputMediaPhoto, LinkPreviewOptions

from fetchgram.model import Media, MediaKind
from fetchgram.telegram.calls import Call
from fetchgram.telegram.entities import CAPTION_UNITS, telegram_text
from fetchgram.telegram.uploads import CountedFile
from fetchgram.texts import Rich

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def appear(where: dict[str, Any], rich: Rich, media: Media | None = None) -> Call:
    """Return the call for a new message.

    Args:
        where: Chat, topic, keyboard, as aiogram names them.
        rich: The words.
        media: With them.
    """
    if media is None:
        words, entities = telegram_text(rich)
        return SendMessage(**where, text=words, entities=entities, link_preview_options=_NO_PREVIEW)
    caption, entities = telegram_text(rich, CAPTION_UNITS)
    if media.kind is MediaKind.PHOTO:
        return SendPhoto(**where, photo=_file(media), caption=caption, caption_entities=entities)
    return SendDocument(**where, document=_file(media), caption=caption, caption_entities=entities)


def replace(where: dict[str, Any], rich: Rich, media: Media | None = None, *, had_media: bool = False) -> Call:
    """Return the call that puts words in place of those of a message.

    Args:
        where: Chat, message, keyboard, as aiogram names them.
        rich: The words.
        media: In place of the picture or file that was there; a message of words becomes one of media
            (core.telegram.org/bots/api#editmessagemedia). Without it what was there stays.
        had_media: Whether there was one.
    """
    if media is not None:
        caption, entities = telegram_text(rich, CAPTION_UNITS)
        kind = InputMediaPhoto if media.kind is MediaKind.PHOTO else InputMediaDocument
        given = kind(media=_file(media), caption=caption, caption_entities=entities)
        return EditMessageMedia(**where, media=given)
    if had_media:
        caption, entities = telegram_text(rich, CAPTION_UNITS)
        return EditMessageCaption(**where, caption=caption, caption_entities=entities)
    words, entities = telegram_text(rich)
    return EditMessageText(**where, text=words, entities=entities, link_preview_options=_NO_PREVIEW)


def _file(media: Media) -> CountedFile:
    return CountedFile(media.path, media.file_name or media.path.name)
