"""The send calls of the Bot API, one per kind of file, and what comes back from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiogram.methods import (
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)

from fetchgram.model import Chat, FileId, Media, MediaKind
from fetchgram.telegram.entities import CAPTION_UNITS, TEXT_UNITS, cut

Call: TypeAlias = TelegramMethod[Any]

_METHODS: dict[MediaKind, type[Call]] = {
    MediaKind.VIDEO: SendVideo,
    MediaKind.AUDIO: SendAudio,
    MediaKind.VOICE: SendVoice,
    MediaKind.VIDEO_NOTE: SendVideoNote,
    MediaKind.ANIMATION: SendAnimation,
    MediaKind.PHOTO: SendPhoto,
    MediaKind.DOCUMENT: SendDocument,
}
_FIELDS: dict[MediaKind, tuple[str, ...]] = {
    MediaKind.VIDEO: ("caption", "thumbnail", "duration", "width", "height", "supports_streaming"),
    MediaKind.AUDIO: ("caption", "thumbnail", "duration", "title", "performer"),
    MediaKind.VOICE: ("caption", "duration"),
    MediaKind.VIDEO_NOTE: ("thumbnail", "duration", "length"),
    MediaKind.ANIMATION: ("caption", "thumbnail", "duration", "width", "height"),
    MediaKind.PHOTO: ("caption",),
    MediaKind.DOCUMENT: ("caption", "thumbnail"),
}
_ITEMS = {
    MediaKind.VIDEO: InputMediaVideo,
    MediaKind.AUDIO: InputMediaAudio,
    MediaKind.PHOTO: InputMediaPhoto,
    MediaKind.DOCUMENT: InputMediaDocument,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a call: new, or by the id that Telegram gave it; or a message of words.

    Args:
        kind: As what it is sent.
        file: The upload or the id.
        thumbnail: Only with an upload.
        media: What is known of a new file.
        caption: What stands below a file that Telegram keeps; of a text, its words.
    """

    kind: MediaKind
    file: InputFile | str
    thumbnail: InputFile | None = None
    media: Media | None = None
    caption: str | None = None


def place(chat: Chat) -> dict[str, Any]:
    """Return the parameters that say where a message goes."""
    fields: dict[str, Any] = {"chat_id": chat.chat}
    if chat.topic is not None:
        fields["message_thread_id"] = chat.topic
    if chat.business is not None:
        fields["business_connection_id"] = chat.business
    if chat.reply_to is not None:
        fields["reply_parameters"] = ReplyParameters(message_id=chat.reply_to, allow_sending_without_reply=True)
    return fields


def send(chat: Chat, parts: Sequence[Part]) -> Call:
    """Build the call for one file or for an album."""
    if len(parts) > 1:
        items = [_ITEMS[part.kind](media=part.file, **_attributes(part)) for part in parts]
        return SendMediaGroup(**place(chat), media=items)
    (part,) = parts
    if part.kind is MediaKind.TEXT:
        # No entities and no parse mode, as with captions; the links in it are the author's, and need no pictures.
        words, plain = cut(part.caption or "", TEXT_UNITS), LinkPreviewOptions(is_disabled=True)
        return SendMessage(**place(chat), text=words, link_preview_options=plain)
    return _METHODS[part.kind](**place(chat), **{part.kind.value: part.file}, **_attributes(part))


def _attributes(part: Part) -> dict[str, Any]:
    """Return what the call for this kind takes besides the file; an id brings all of it along but the caption."""
    if part.media is None:
        return {"caption": part.caption} if part.caption and "caption" in _FIELDS[part.kind] else {}
    given = _known(part.media, part.thumbnail)
    return {name: given[name] for name in _FIELDS[part.kind] if given[name] is not None}


def _known(media: Media, thumbnail: InputFile | None) -> dict[str, Any]:
    has_size = bool(media.width_px and media.height_px)
    return {
        # No entities and no parse mode: foreign text stays text.
        "caption": cut(media.caption, CAPTION_UNITS) if media.caption else None,
        "thumbnail": thumbnail,
        "duration": round(media.duration_s) if media.duration_s else None,
        "width": media.width_px if has_size else None,
        "height": media.height_px if has_size else None,
        "length": media.width_px or None,
        "title": media.title or None,
        "performer": media.performer or None,
        "supports_streaming": True,
    }


def file_id_of(message: Message) -> FileId | None:
    """Return the file of a message, as the kind that Telegram made of it: the id is good for that kind only.

    A message of words is what it says.
    """
    if message.text is not None:
        return FileId(kind=MediaKind.TEXT, file_id="", unique_id="", caption=message.text)
    # An animation comes with a `document` beside it, so the order matters.
    for kind in (MediaKind.ANIMATION, *(kind for kind in MediaKind if kind is not MediaKind.ANIMATION)):
        found = getattr(message, kind.value)
        if found:
            file = found[-1] if isinstance(found, list) else found
            return FileId(
                kind=kind, file_id=file.file_id, unique_id=file.file_unique_id, caption=message.caption or None
            )
    return None
