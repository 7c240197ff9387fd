"""Files and captions in the words of MTProto, and what comes back from a send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyrogram.file_id import FileId as KurigramFileId
from pyrogram.file_id import FileType, FileUniqueId, FileUniqueType, ThumbnailSource
from pyrogram.raw import functions, types

from fetchgram.model import Chat, FileId, Media, MediaKind
from fetchgram.telegram.entities import CAPTION_UNITS, TEXT_UNITS, cut
from fetchgram.telegram.mtproto.connection import TL

_FILE_TYPES = {
    MediaKind.VIDEO: FileType.VIDEO,
    MediaKind.AUDIO: FileType.AUDIO,
    MediaKind.VOICE: FileType.VOICE,
    MediaKind.VIDEO_NOTE: FileType.VIDEO_NOTE,
    MediaKind.ANIMATION: FileType.ANIMATION,
    MediaKind.PHOTO: FileType.PHOTO,
    MediaKind.DOCUMENT: FileType.DOCUMENT,
}
_NO_CAPTION = frozenset({MediaKind.VIDEO_NOTE})
_NO_THUMBNAIL = frozenset({MediaKind.VOICE, MediaKind.PHOTO})


def caption(media: Media) -> str:
    """Return the caption: plain text, no entities, cut where Telegram would refuse it."""
    if not media.caption or media.kind in _NO_CAPTION:
        return ""
    return cut(media.caption, CAPTION_UNITS)


def words(media: Media) -> str:
    """Return what a text says: plain, no entities."""
    return cut(media.caption or "", TEXT_UNITS).strip()


def new_media(media: Media, file: TL, thumbnail: TL | None, name: str) -> TL:
    """Build the input media of an uploaded file: what the Bot API makes of the same file."""
    if media.kind is MediaKind.PHOTO:
        return types.InputMediaUploadedPhoto(file=file)
    return types.InputMediaUploadedDocument(
        file=file,
        mime_type=media.mime,
        attributes=[*_attributes(media), types.DocumentAttributeFilename(file_name=name)],
        thumb=thumbnail if media.kind not in _NO_THUMBNAIL else None,
        force_file=media.kind is MediaKind.DOCUMENT or None,
        nosound_video=media.kind is MediaKind.VIDEO or None,
    )


def _attributes(media: Media) -> list[TL]:
    duration_s = media.duration_s or 0
    has_size = bool(media.width_px and media.height_px)
    match media.kind:
        case MediaKind.VIDEO | MediaKind.VIDEO_NOTE | MediaKind.ANIMATION:
            video = types.DocumentAttributeVideo(
                duration=float(round(duration_s)),
                w=media.width_px if has_size else 0,
                h=media.height_px if has_size else 0,
                round_message=media.kind is MediaKind.VIDEO_NOTE or None,
                supports_streaming=True,
            )
            return [video, types.DocumentAttributeAnimated()] if media.kind is MediaKind.ANIMATION else [video]
        case MediaKind.AUDIO | MediaKind.VOICE:
            return [
                types.DocumentAttributeAudio(
                    duration=round(duration_s),
                    voice=media.kind is MediaKind.VOICE or None,
                    title=media.title or None,
                    performer=media.performer or None,
                )
            ]
        case _:
            return []


def kept_media(answer: TL) -> TL:
    """Build the input media of a file that `messages.uploadMedia` has taken."""
    if isinstance(answer, types.MessageMediaPhoto):
        photo = answer.photo
        named = types.InputPhoto(id=photo.id, access_hash=photo.access_hash, file_reference=photo.file_reference)
        return types.InputMediaPhoto(id=named)
    kept = answer.document
    named = types.InputDocument(id=kept.id, access_hash=kept.access_hash, file_reference=kept.file_reference)
    return types.InputMediaDocument(id=named)


def channel_of(peer: TL) -> TL:
    """Return a channel's peer as methods of channels take it."""
    return types.InputChannel(channel_id=peer.channel_id, access_hash=peer.access_hash)


def send_query(peer: TL, chat: Chat, items: Sequence[tuple[TL, str, int]], *, reply: bool) -> TL:
    """Build the send of one file or of an album.

    Args:
        peer: The chat.
        chat: Its topic and the message that is answered.
        items: Input media, caption and random id of each.
        reply: Whether the message is still there that is answered.
    """
    answered = _reply_to(chat, reply=reply)
    if len(items) > 1:
        singles = [types.InputSingleMedia(media=media, random_id=number, message=text) for media, text, number in items]
        return functions.messages.SendMultiMedia(peer=peer, multi_media=singles, reply_to=answered)
    ((media, text, random_id),) = items
    return functions.messages.SendMedia(peer=peer, media=media, message=text, random_id=random_id, reply_to=answered)


def text_query(peer: TL, chat: Chat, media: Media, random_id: int, *, reply: bool) -> TL:
    """Build the send of a text; links in it are somebody else's, and need no pictures."""
    return functions.messages.SendMessage(
        peer=peer,
        message=words(media),
        random_id=random_id,
        reply_to=_reply_to(chat, reply=reply),
        no_webpage=True,
    )


def _reply_to(chat: Chat, *, reply: bool) -> TL | None:
    if chat.reply_to is not None and reply:
        return types.InputReplyToMessage(reply_to_msg_id=chat.reply_to, top_msg_id=chat.topic)
    return types.InputReplyToMessage(reply_to_msg_id=chat.topic) if chat.topic is not None else None


def sent_text(updates: TL, media: Media, random_id: int) -> list[TL]:
    """Return the message that answers the send of a text."""
    if isinstance(updates, types.UpdateShortSentMessage):
        # In private chats: all but what the sender knows (core.telegram.org/constructor/updateShortSentMessage).
        return [types.Message(id=updates.id, peer_id=None, date=updates.date, message=words(media))]
    return sent_messages(updates, [random_id])


def sent_messages(updates: TL, random_ids: Sequence[int]) -> list[TL]:
    """Return the messages that answer a send, in its order."""
    ids = {each.random_id: each.id for each in updates.updates if isinstance(each, types.UpdateMessageID)}
    news = types.UpdateNewMessage | types.UpdateNewChannelMessage
    messages = {each.message.id: each.message for each in updates.updates if isinstance(each, news)}
    return [messages[ids[number]] for number in random_ids if ids.get(number) in messages]


def file_id_of(message: TL) -> FileId | None:
    """Return the file of a message under the ids that the Bot API uses; a text is what it says."""
    caption = message.message or None
    if isinstance(message.media, types.MessageMediaPhoto):
        return _file_id(MediaKind.PHOTO, message.media.photo, caption)
    if isinstance(message.media, types.MessageMediaDocument):
        document = message.media.document
        return _file_id(_kind_of({type(each): each for each in document.attributes}), document, caption)
    return FileId(kind=MediaKind.TEXT, file_id="", unique_id="", caption=caption) if caption else None


def mark_of(message: TL) -> int | str | None:
    """Return what a message is known again by: the size of its file in bytes, or its words.

    A picture has nothing of the kind: Telegram makes it smaller.
    """
    if message.media is None:
        return str(message.message)
    document = getattr(message.media, "document", None)
    return None if document is None else int(document.size)


def mark_for(media: Media) -> int | str:
    """Return by what the message of a file will be known again."""
    return words(media) if media.kind is MediaKind.TEXT else media.size_bytes


def _kind_of(attributes: Mapping[type, TL]) -> MediaKind:
    if types.DocumentAttributeAnimated in attributes:
        return MediaKind.ANIMATION
    if video := attributes.get(types.DocumentAttributeVideo):
        return MediaKind.VIDEO_NOTE if video.round_message else MediaKind.VIDEO
    if audio := attributes.get(types.DocumentAttributeAudio):
        return MediaKind.VOICE if audio.voice else MediaKind.AUDIO
    return MediaKind.DOCUMENT


def _file_id(kind: MediaKind, file: TL, caption: str | None) -> FileId:
    file_type = _FILE_TYPES[kind]
    picture = {}
    if kind is MediaKind.PHOTO:
        picture = {
            "thumbnail_source": ThumbnailSource.THUMBNAIL,
            "thumbnail_file_type": file_type,
            "thumbnail_size": file.sizes[-1].type,
            "volume_id": 0,
            "local_id": 0,
        }
    whole = KurigramFileId(
        file_type=file_type,
        dc_id=file.dc_id,
        media_id=file.id,
        access_hash=file.access_hash,
        file_reference=file.file_reference,
        **picture,
    )
    unique = FileUniqueId(file_unique_type=FileUniqueType.DOCUMENT, media_id=file.id)
    return FileId(kind=kind, file_id=whole.encode(), unique_id=unique.encode(), caption=caption)
