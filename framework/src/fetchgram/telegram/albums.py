"""How files become messages: as what each is sent, and which go together in an album."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fetchgram.model import Chat, Media, MediaKind
from fetchgram.telegram.entities import TEXT_UNITS, units

# core.telegram.org/bots/api#sendphoto
_PHOTO_BYTES = 10_000_000
_PHOTO_SIDES_SUM_PX = 10_000
_PHOTO_RATIO = 20
_VIDEO_NOTE_S = 60
"""core.telegram.org/bots/api#sendvideonote"""
_ALBUM_ITEMS = 10
"""core.telegram.org/bots/api#sendmediagroup says 2-10 items, audio and documents only among their kind."""
_PICTURES = frozenset({MediaKind.PHOTO, MediaKind.VIDEO})
_ALONE = frozenset({MediaKind.VOICE, MediaKind.VIDEO_NOTE, MediaKind.ANIMATION, MediaKind.TEXT})


def shaped(media: Media) -> Media:
    """Return the file as the kind that Telegram takes it as: what is over the limits of its kind is of another."""
    if media.kind is MediaKind.PHOTO and not _is_photo(media):
        return replace(media, kind=MediaKind.DOCUMENT)
    if media.kind is MediaKind.VIDEO_NOTE and (media.duration_s or 0) > _VIDEO_NOTE_S:
        return replace(media, kind=MediaKind.VIDEO)
    if media.kind is MediaKind.TEXT and not _is_message(media.caption or ""):
        return replace(media, kind=MediaKind.DOCUMENT, caption=None)
    return media


def answering(chat: Chat, kind: MediaKind, message_ids: Sequence[int]) -> Chat:
    """Return the chat for the next message of a delivery: a text answers what came before it.

    Args:
        chat: Where the delivery goes.
        kind: Of what is next.
        message_ids: Of what was sent before.
    """
    return replace(chat, reply_to=message_ids[0]) if kind is MediaKind.TEXT and message_ids else chat


def _is_photo(media: Media) -> bool:
    width, height = media.width_px or 0, media.height_px or 0
    if media.size_bytes > _PHOTO_BYTES or width + height > _PHOTO_SIDES_SUM_PX:
        return False
    return max(width, height) <= _PHOTO_RATIO * min(width, height)


def _is_message(words: str) -> bool:
    return bool(words.strip()) and units(words) <= TEXT_UNITS


def album_sizes(kinds: Sequence[MediaKind]) -> tuple[int, ...]:
    """Say how many neighbours go into each call; the order stays.

    Eleven pictures become 9 + 2, since none may be left alone that could have been in an album.
    """
    sizes: list[int] = []
    run = 0
    for index, kind in enumerate(kinds):
        run += 1
        ends = index + 1 == len(kinds) or not _share(kind, kinds[index + 1])
        if ends:
            sizes += _split(run)
            run = 0
    return tuple(sizes)


def _share(kind: MediaKind, other: MediaKind) -> bool:
    if kind in _ALONE or other in _ALONE:
        return False
    return kind is other or {kind, other} <= _PICTURES


def _split(count: int) -> list[int]:
    sizes = []
    while count:
        size = min(count, _ALBUM_ITEMS if count != _ALBUM_ITEMS + 1 else _ALBUM_ITEMS - 1)
        sizes.append(size)
        count -= size
    return sizes
