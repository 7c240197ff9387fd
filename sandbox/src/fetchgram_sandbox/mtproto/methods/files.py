"""The methods that bring files in and out."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from pyrogram.raw import types

from fetchgram_sandbox import fileids
from fetchgram_sandbox.methods.attach import PLAYABLE
from fetchgram_sandbox.mtproto import views
from fetchgram_sandbox.mtproto.answers import TL, TRUE, bad_request, elsewhere
from fetchgram_sandbox.mtproto.desk import Call
from fetchgram_sandbox.objects import Message, StoredFile

_ALIGNMENT = 4096


async def save_part(call: Call) -> TL:
    """Handle upload.saveFilePart and upload.saveBigFilePart."""
    await call.desk.uploads.save(call.user_id, call.query, most_parts=call.desk.most_parts(call.user_id))
    return TRUE


async def get_file(call: Call) -> TL:
    """Handle upload.getFile."""
    query, limits = call.query, call.desk.limits
    if query.limit <= 0 or query.limit > limits.download_bytes or query.limit % _ALIGNMENT:
        raise bad_request("LIMIT_INVALID")
    if query.offset % _ALIGNMENT:
        raise bad_request("OFFSET_INVALID")
    file = _located(call, query.location)
    if file.dc_id != call.dc_id:
        raise elsewhere("FILE", file.dc_id)
    data = await asyncio.to_thread(_read, file.path, query.offset, query.limit)
    return types.upload.File(type=types.storage.FileUnknown(), mtime=0, bytes=data)


async def upload_media(call: Call) -> TL:
    """Handle messages.uploadMedia: makes a file without a message."""
    file = await file_of(call, call.query.media)
    return views.media(Message(chat_id=0, message_id=0, sender_id=call.user_id, date=0, file=file))


async def file_of(call: Call, media: TL) -> StoredFile:
    """Return the file that an input media means, new or known.

    Raises:
        Refusal: There is none, or it is no picture.
    """
    match media:
        case types.InputMediaUploadedDocument():
            return await _document(call, media)
        case types.InputMediaUploadedPhoto():
            return await _photo(call, media)
        case types.InputMediaDocument() | types.InputMediaPhoto():
            return _known(call, media.id)
        case _:
            raise bad_request("MEDIA_INVALID")


async def _photo(call: Call, media: TL) -> StoredFile:
    upload = await call.desk.uploads.take(call.user_id, media.file)
    file = call.desk.world.files.adopt(upload, "photo", dc_id=call.dc_id)
    if not file.width_px:
        raise bad_request("IMAGE_PROCESS_FAILED")
    return file


async def _document(call: Call, media: TL) -> StoredFile:
    files, attributes = call.desk.world.files, {type(attribute): attribute for attribute in media.attributes}
    upload = await call.desk.uploads.take(call.user_id, media.file)
    kind = "document" if media.force_file else _kind(attributes)
    file = files.adopt(upload, kind, dc_id=call.dc_id)
    if file.mime not in PLAYABLE.get(kind, (file.mime,)):
        file = files.update(file, kind="document")
    named = attributes.get(types.DocumentAttributeFilename)
    video = attributes.get(types.DocumentAttributeVideo)
    audio = attributes.get(types.DocumentAttributeAudio)
    thumbnail = await call.desk.uploads.take(call.user_id, media.thumb) if media.thumb else None
    return files.update(
        file,
        name=named.file_name if named else file.name,
        width_px=video.w if video else file.width_px,
        height_px=video.h if video else file.height_px,
        duration_s=round(video.duration if video else audio.duration if audio else 0),
        title=(audio.title or "") if audio else "",
        performer=(audio.performer or "") if audio else "",
        thumbnail=files.adopt(thumbnail, "thumbnail", dc_id=call.dc_id) if thumbnail else None,
    )


def _kind(attributes: dict[type, TL]) -> str:
    if types.DocumentAttributeAnimated in attributes:
        return "animation"
    if video := attributes.get(types.DocumentAttributeVideo):
        return "video_note" if video.round_message else "video"
    if audio := attributes.get(types.DocumentAttributeAudio):
        return "voice" if audio.voice else "audio"
    return "document"


def _known(call: Call, given: TL) -> StoredFile:
    if given.access_hash != fileids.hash_of(given.id):
        raise bad_request("MEDIA_INVALID")
    if given.file_reference != fileids.reference_of(given.id):
        raise bad_request("FILE_REFERENCE_EXPIRED")
    try:
        return call.desk.world.files.by_number(given.id)
    except LookupError as error:
        raise bad_request("MEDIA_EMPTY") from error


def _located(call: Call, location: TL) -> StoredFile:
    if not isinstance(location, types.InputDocumentFileLocation | types.InputPhotoFileLocation):
        raise bad_request("LOCATION_INVALID")
    file = _known(call, location)
    wants_thumbnail = isinstance(location, types.InputDocumentFileLocation) and location.thumb_size
    if not wants_thumbnail:
        return file
    if file.thumbnail is None:
        raise bad_request("LOCATION_INVALID")
    return file.thumbnail


def _read(path: Path, offset: int, count: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.pread(descriptor, count, offset)
    finally:
        os.close(descriptor)
