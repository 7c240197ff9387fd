"""Messages that answer a question of a plugin: their files, and whom they point to."""

from __future__ import annotations

import asyncio
import mimetypes
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiogram.types import Message, MessageOriginUser

from fetchgram.errors import TooLarge
from fetchgram.model import Media, MediaKind, Person, text
from fetchgram.telegram.files import MOST_BYTES, fetch, file_of, name_of
from fetchgram.telegram.flood import Line
from fetchgram.telegram.gate import is_faceless, person_of_user

_PHOTO = "photo"
_PHOTO_MIME = "image/jpeg"
"""Telegram turns every photo into one: core.telegram.org/bots/api#photosize says nothing else."""
_MIME = "application/octet-stream"


class Answers:
    """Fetches files that answer questions.

    Args:
        line: The way to Telegram.
        roof: Folder of their folders; this bot's alone.
    """

    def __init__(self, line: Line, roof: Path) -> None:
        self._line = line
        self._roof = roof

    async def sweep(self) -> None:
        """Remove what a killed process left."""
        await asyncio.to_thread(shutil.rmtree, self._roof, ignore_errors=True)

    @asynccontextmanager
    async def file(self, message: Message) -> AsyncIterator[Media | None]:
        """Give the file of a message for as long as the block lasts; `None` when it has none.

        Raises:
            TooLarge: If the Bot API does not hand it out.
            ContentUnavailable: If Telegram does not have it any more.
            TemporarilyUnavailable: If Telegram cannot be reached.
        """
        if file_of(message) is None:
            yield None
            return
        folder = await asyncio.to_thread(self._folder)
        try:
            yield await self._fetched(message, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _folder(self) -> Path:
        self._roof.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._roof))

    async def _fetched(self, message: Message, folder: Path) -> Media:
        kind, file = file_of(message) or ("", None)
        if file is None:
            raise ValueError("the message has no file")
        if file.file_size is not None and file.file_size > MOST_BYTES:
            raise TooLarge(file.file_size, MOST_BYTES, told=text("telegram-file-too-large", limit=MOST_BYTES))
        name = name_of(kind, file)
        path = folder / name
        await fetch(self._line, file.file_id, path)
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        told = getattr(file, "mime_type", None) or (_PHOTO_MIME if kind == _PHOTO else mimetypes.guess_type(name)[0])
        return Media(path=path, kind=MediaKind(kind), mime=told or _MIME, size_bytes=size_bytes, file_name=name)


def is_passed_on(message: Message) -> bool:
    """Whether somebody else wrote it, a person or another bot."""
    return message.forward_origin is not None or message.via_bot is not None


def person_of(message: Message, bot_id: int) -> Person | None:
    """Return whom a message points to by id: the writer of what it passes on or answers, or a contact in it.

    Who hides behind their privacy settings comes as a mere name, which is nobody.
    """
    contact, origin, answered = message.contact, message.forward_origin, message.reply_to_message
    if contact is not None and contact.user_id is not None:
        return Person(bot_id=bot_id, id=contact.user_id, first_name=contact.first_name, last_name=contact.last_name)
    user = origin.sender_user if isinstance(origin, MessageOriginUser) else answered.from_user if answered else None
    return None if user is None or user.is_bot or is_faceless(user.id) else person_of_user(user, bot_id)
