"""The way into MTProto for the rest of the bot: light to import, loads and logs in when a file needs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import structlog

from fetchgram.errors import TemporarilyUnavailable
from fetchgram.model import Chat, Delivery, Media, Receipt, Text, text
from fetchgram.ports import Clock, Ledger, Sink
from fetchgram.settings import MtprotoSettings, Settings
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, NoAnswer, Refused
from fetchgram.telegram.mtproto.loading import loaded
from fetchgram.telegram.mtproto.session import SessionFile

if TYPE_CHECKING:
    from fetchgram.telegram.mtproto.attachment import Way
    from fetchgram.telegram.mtproto.client import Client
    from fetchgram.telegram.mtproto.delivery import MtprotoDelivery
    from fetchgram.telegram.mtproto.pool import Pool

log = structlog.get_logger()

OnProgress: TypeAlias = Callable[[int, int | None], None]
T = TypeVar("T")

_DOWN_S = 60.0
"""A route that failed is left alone for so long; the Bot API takes what it can meanwhile."""


class Gateway:
    """MTProto for one bot.

    Args:
        settings: `[mtproto]`.
        token: The bot's.
        file: Where its session is kept.
        clock: Time.
        on_unreachable: Told when the person blocked the bot or the chat is gone.
    """

    def __init__(
        self,
        settings: MtprotoSettings,
        token: str,
        file: Path,
        *,
        clock: Clock,
        on_unreachable: Callable[[Chat], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._token = token
        self._file = file
        self._clock = clock
        self._on_unreachable = on_unreachable
        self._opened: tuple[Client, MtprotoDelivery] | None = None
        self._opening = asyncio.Lock()
        self._down_until = 0.0

    @property
    def bot_id(self) -> int:
        """Return whose files it sends: the first part of the token."""
        return int(self._token.partition(":")[0])

    @property
    def max_bytes(self) -> int:
        """Return the largest file."""
        return int(self._settings.file_max)

    @property
    def down(self) -> Text | None:
        """Say why it cannot be used now."""
        return text("route-mtproto-down") if self._clock.monotonic() < self._down_until else None

    async def deliver(
        self,
        delivery: Delivery,
        media: Sequence[Media],
        ledger: Ledger,
        sink: Sink,
        *,
        way: Callable[[Pool], Way] | None = None,
    ) -> Receipt:
        """Send new files; a login that has become void is made again once.

        Args:
            delivery: To whom.
            media: What.
            ledger: What was written down of it.
            sink: Hears how far it is.
            way: How the files come to Telegram; takes the bot's connections. By default the bot uploads them.

        Raises:
            CannotDeliver: Refused; nothing arrived of the refused part.
            Uncertain: Another route may have sent a part before.
            TemporarilyUnavailable: The route is down, or the send can be asked for again.
        """
        client, sender = await self._open()

        async def send() -> Receipt:
            async with client.use() as pool:
                chosen = way(pool) if way is not None else None
                return await sender.deliver(delivery, media, ledger, sink, way=chosen)

        return await self._logged_in(client, send)

    async def fetch(self, file_id: str, size_bytes: int, path: Path, on_progress: OnProgress) -> None:
        """Write a file that somebody sent to the bot; it is whole, or not there.

        Args:
            file_id: As the bot was told; of a document.
            size_bytes: As the message said.
            path: Where to; what is there is written over.
            on_progress: Called with the bytes done, of how many.

        Raises:
            ContentUnavailable: Telegram does not have it any more.
            TemporarilyUnavailable: It does not work now.
        """
        client, _ = await self._open()
        download = (await loaded("downloader")).Download(file_id, size_bytes, path, on_progress)

        async def fetch() -> None:
            async with client.use() as pool:
                try:
                    await download.run(pool)
                except Refused as refused:
                    if refused.data_centre is None:
                        raise
                    async with client.use_at(refused.data_centre) as there:
                        await download.run(there)

        await self._logged_in(client, fetch)

    async def _logged_in(self, client: Client, work: Callable[[], Awaitable[T]]) -> T:
        """Do something that may be begun again; a login that has become void is made anew once."""
        try:
            try:
                return await work()
            except KeyLost as lost:
                log.warning("mtproto.login_lost", error=str(lost))
                client.forget()
                return await work()
        except (Lost, NoAnswer, Refused) as error:
            self._fall(error)
            raise TemporarilyUnavailable(f"MTProto: {error}") from error
        except TemporarilyUnavailable as error:
            if isinstance(error.__cause__, Lost):
                self._fall(error)
            raise

    async def check(self) -> str:
        """Log in and ask who we are; returns what is worth telling.

        Raises:
            TemporarilyUnavailable: It does not work.
        """
        client, _ = await self._open()
        async with self.use() as pool:
            return f"logged in as @{(await client.know(pool)).username} at {client.place}"

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Pool]:
        """Hold the bot's connections, logging in if need be.

        Raises:
            TemporarilyUnavailable: It does not work.
        """
        client, _ = await self._open()
        try:
            async with client.use() as pool:
                yield pool
        except (Lost, NoAnswer, Refused) as error:
            raise TemporarilyUnavailable(str(error)) from error

    def close(self) -> None:
        """Stop the threads."""
        if self._opened is not None:
            self._opened[0].close()

    async def _open(self) -> tuple[Client, MtprotoDelivery]:
        async with self._opening:
            if self._opened is None:
                log_in = (await loaded("login")).as_bot(self._token)
                client: Client = (await loaded("client")).Client(self._settings, SessionFile(self._file), log_in)
                delivery = await loaded("delivery")
                self._opened = client, delivery.MtprotoDelivery(client.pool, self._on_unreachable)
            return self._opened

    def _fall(self, error: Exception) -> None:
        log.warning("mtproto.down", error=repr(error), seconds=_DOWN_S)
        self._down_until = self._clock.monotonic() + _DOWN_S


def open_gateway(
    name: str, settings: Settings, clock: Clock, on_unreachable: Callable[[Chat], Awaitable[None]]
) -> Gateway | None:
    """Build a bot's way into MTProto, if there is one; it connects when it is needed.

    Args:
        name: Of the bot in the settings.
        settings: Of everything.
        clock: Time.
        on_unreachable: Told when the person blocked the bot or the chat is gone.
    """
    if not settings.mtproto.is_set:
        return None
    token = settings.bots[name].token.get_secret_value()
    file = settings.data_dir / "mtproto" / f"bot-{token.partition(':')[0]}.session"
    return Gateway(settings.mtproto, token, file, clock=clock, on_unreachable=on_unreachable)


def open_gateways(settings: Settings, clock: Clock) -> Mapping[str, Gateway]:
    """Build the ways of all bots, by name, for somebody who only looks."""
    opened = {name: open_gateway(name, settings, clock, _nobody) for name in settings.bots}
    return {name: gateway for name, gateway in opened.items() if gateway is not None}


async def _nobody(chat: Chat) -> None:
    """Who only looks tells nobody."""
