"""A file with its thumbnail on the way into a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from fetchgram.model import Media
from fetchgram.ports import Ledger
from fetchgram.telegram.mtproto import messages
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.failures import Refused
from fetchgram.telegram.mtproto.pool import Pool
from fetchgram.telegram.mtproto.uploader import Upload
from fetchgram.telegram.uploads import safe_name

_REPAIRED_ONE_BY_ONE = 8
"""When more parts are lost than this, the server has forgotten the file."""
_MOST_REPAIRS = 16


class Attaching(Protocol):
    """One file of a message, however it comes to Telegram."""

    async def upload(self) -> None:
        """Bring the file to Telegram."""
        ...

    async def used(self, call: Callable[[TL], Awaitable[TL]]) -> TL:
        """Make a call with the file; it takes the input media."""
        ...

    async def kept(self, keep: Callable[[TL], Awaitable[TL]]) -> TL:
        """Return the input media for an album."""
        ...


class Attach(Protocol):
    """Makes the attachment of a file."""

    def __call__(self, media: Media, *, ledger: Ledger, key: str, on_progress: Callable[[int], None]) -> Attaching:
        """Make it; see `Attachment`."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """How files come to Telegram, and how the route is called."""

    route: str
    attach: Attach


class Attachment:
    """A file that the account itself uploads.

    Args:
        pool: The connections.
        media: The file.
        ledger: Where progress is kept.
        key: Under which name.
        on_progress: Called with the bytes that the server has.
    """

    def __init__(
        self, pool: Pool, media: Media, *, ledger: Ledger, key: str, on_progress: Callable[[int], None]
    ) -> None:
        self._media = media
        self._name = safe_name(media.file_name or media.path.name)
        self._upload = Upload(pool, media.path, self._name, ledger=ledger, key=key, on_progress=on_progress)
        self._small = (
            Upload(
                pool,
                media.thumbnail,
                "thumbnail.jpg",
                ledger=ledger,
                key=f"{key}:thumbnail",
                on_progress=lambda _done: None,
            )
            if media.thumbnail is not None
            else None
        )
        self._file: TL = None
        self._thumbnail: TL = None
        self._repairs = 0

    async def upload(self) -> None:
        """Bring the file up; what an earlier attempt brought is not sent again.

        Raises:
            CannotDeliver, Refused, TemporarilyUnavailable, KeyLost: As `Upload.run`.
        """
        self._file = await self._upload.run()
        if self._small is not None:
            self._thumbnail = await self._small.run()

    async def used(self, call: Callable[[TL], Awaitable[TL]]) -> TL:
        """Make a call with the file; parts that the server has lost are sent again.

        Args:
            call: Takes the input media.

        Raises:
            Refused: Whatever else the server says.
        """
        while True:
            try:
                return await call(messages.new_media(self._media, self._file, self._thumbnail, self._name))
            except Refused as refused:
                if refused.missing_part is None or self._repairs >= _MOST_REPAIRS:
                    raise
                await self._repair(refused.missing_part)

    async def kept(self, keep: Callable[[TL], Awaitable[TL]]) -> TL:
        """Return the input media for an album, which is made of files that Telegram keeps already.

        Args:
            keep: Lets Telegram keep the input media that it is given.
        """
        return messages.kept_media(await self.used(keep))

    async def _repair(self, part: int) -> None:
        self._repairs += 1
        if self._repairs == _REPAIRED_ONE_BY_ONE:
            self._file = await self._upload.restart()
        elif part < self._upload.total:
            await self._upload.repair(part)
        # The server does not say whose part it misses; a thumbnail is one.
        if self._small is not None and part == 0:
            self._thumbnail = await self._small.restart()
