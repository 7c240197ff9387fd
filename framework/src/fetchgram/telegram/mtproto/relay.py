"""The user account, and the chat from which the bots copy: the way for files too large for a bot's own account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import structlog

from fetchgram.errors import CannotDeliver, FetchgramError, TemporarilyUnavailable
from fetchgram.model import Delivery, Media, Receipt, Text, text
from fetchgram.ports import Clock, Ledger, NotifyAdmins, Sink
from fetchgram.settings import MtprotoSettings, Settings
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, NoAnswer, Refused, RelayFailed
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.mtproto.loading import loaded
from fetchgram.telegram.mtproto.session import Keeper, SessionFile, SessionString, from_string

if TYPE_CHECKING:
    from fetchgram.telegram.mtproto.client import Client
    from fetchgram.telegram.mtproto.connection import TL
    from fetchgram.telegram.mtproto.pool import Pool

log = structlog.get_logger()

_USUAL_MAX, _PREMIUM_MAX = 4000 * 512 * 1024, 8000 * 512 * 1024
"""`upload_max_fileparts_default` and `_premium` of core.telegram.org/api/config#client-configuration."""
_DOWN_S = 60.0
_FOR_GOOD = float("inf")
"""Without a login, until somebody logs in."""
_CHECK_EVERY_S = 600.0

Tenure: TypeAlias = "Callable[[], AbstractAsyncContextManager[None]]"
"""Holds the user account for this process while the block runs."""


class Relay:
    """A user account that uploads into a chat, for all bots.

    Args:
        settings: `[mtproto]`; `relay_chat` is set.
        keeper: Where the account's session is kept.
        clock: Time.

    Attributes:
        tenure: How the account is held: one process uses it at a time.
        notify_admins: Who hears when it stops working.
    """

    def __init__(self, settings: MtprotoSettings, keeper: Keeper, *, clock: Clock) -> None:
        self._settings = settings
        self._chat = settings.relay_chat or 0
        self._keeper = keeper
        self._clock = clock
        self._client: Client | None = None
        self._opening = asyncio.Lock()
        self._down: Text | None = None
        self._down_until = 0.0
        known = keeper.load()
        self._is_premium = known is not None and known.is_premium
        if known is None:
            self._down, self._down_until = text("route-relay-no-login"), _FOR_GOOD
        self.tenure: Tenure = nullcontext
        self.notify_admins: NotifyAdmins | None = None

    @property
    def max_bytes(self) -> int:
        """Return the largest file."""
        own = _PREMIUM_MAX if self._is_premium else _USUAL_MAX
        return own if self._settings.relay_max is None else int(self._settings.relay_max)

    @property
    def down(self) -> Text | None:
        """Say why it cannot be used now."""
        return self._down if self._clock.monotonic() < self._down_until else None

    async def deliver(
        self,
        delivery: Delivery,
        media: Sequence[Media],
        ledger: Ledger,
        sink: Sink,
        *,
        gateway: Gateway,
    ) -> Receipt:
        """Send new files: up by the user account, on by the bot.

        Raises:
            CannotDeliver: The account or the chat is of no use; nothing arrived.
            Uncertain: Another route may have sent a part before.
            TemporarilyUnavailable: The route is down, or the send can be asked for again.
        """
        try:
            async with self.tenure(), self._use() as (pool, _):
                way = (await loaded("relayed")).way_over(pool, self._chat)
                return await gateway.deliver(delivery, media, ledger, sink, way=way)
        except (RelayFailed, Lost, NoAnswer, Refused) as error:
            raise await self._meaning(error) from error

    async def check(self, gateways: Mapping[str, Gateway]) -> str:
        """See that the account is alive and that every bot may copy from the chat; returns what is worth telling.

        Raises:
            FetchgramError: It does not work; says what to do.
        """
        used_at = self._keeper.used_at
        try:
            checks = await loaded("relay_check")
            async with self._use() as (pool, user):
                chat = await checks.seen_by_person(pool, self._chat)
                for name, gateway in gateways.items():
                    async with gateway.use() as bot:
                        await checks.seen_by_bot(bot, self._chat, name)
        except (RelayFailed, Lost, NoAnswer, Refused) as error:
            raise await self._meaning(error) from error
        except FetchgramError as error:
            self._fall(error)
            raise
        await self._rise()
        premium = ", Premium" if user.premium else ""
        last = f"last used {used_at:%Y-%m-%d %H:%M} UTC" if used_at else "not used before"
        return f"logged in as {user.first_name} ({user.id}{premium}), {last}; uploads to {chat.title!r}"

    async def run(self, gateways: Mapping[str, Gateway]) -> None:
        """Check at the start and then again and again, so that menus know; until cancelled."""
        try:
            while True:
                await self._clock.sleep(_CHECK_EVERY_S if await self._checked(gateways) else _DOWN_S)
        finally:
            self.close()

    async def _checked(self, gateways: Mapping[str, Gateway]) -> bool:
        try:
            async with self.tenure():
                log.info("relay.up", detail=await self.check(gateways))
        except FetchgramError as error:
            log.warning("relay.down", error=str(error))
            return False
        return True

    def leave_to_workers(self) -> None:
        """Believe that it works: this process does not use it, and others know better."""
        self._down, self._down_until = None, 0.0

    def close(self) -> None:
        """Stop the threads."""
        if self._client is not None:
            self._client.close()

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[tuple[Pool, TL]]:
        """Hold the account's connections; gives them, and who it is."""
        async with self._opening:
            if self._client is None:
                heavy = await loaded("client")
                self._client = heavy.Client(self._settings, self._keeper, None)
        async with self._client.use() as pool:
            try:
                user = await self._client.know(pool)
            except TemporarilyUnavailable as error:
                raise RelayFailed(str(error)) from error
            self._is_premium = bool(user.premium)
            yield pool, user

    async def _meaning(self, error: BaseException) -> FetchgramError:
        """Say what a failure of the account means for the route, and close it for a while."""
        if isinstance(error, RelayFailed):
            error = error.__cause__ or error
        if isinstance(error, KeyLost) or (isinstance(error, Refused) and error.is_login_lost):
            return await self._lost(str(error))
        if isinstance(error, TemporarilyUnavailable):
            if isinstance(error.__cause__, Lost):
                self._fall(error)
            return error
        self._fall(error)
        if isinstance(error, Lost | NoAnswer):
            return TemporarilyUnavailable(f"user account: {error}")
        return CannotDeliver(f"user account: {error}")

    async def _lost(self, reason: str) -> FetchgramError:
        log.warning("relay.login_lost", error=reason)
        if self._client is not None:
            self._client.forget()
        if self._down_until != _FOR_GOOD:
            await self._tell(text("telegram-user-lost", reason=reason))
        self._down, self._down_until = text("route-relay-no-login"), _FOR_GOOD
        return CannotDeliver(
            f"the user account is not logged in ({reason}): `fetchgram login` does it", told=self._down
        )

    def _fall(self, error: BaseException) -> None:
        log.warning("relay.down", error=repr(error), seconds=_DOWN_S)
        self._down, self._down_until = text("route-relay-down"), self._clock.monotonic() + _DOWN_S

    async def _rise(self) -> None:
        if self._down_until == _FOR_GOOD:
            await self._tell(text("telegram-user-back"))
        self._down, self._down_until = None, 0.0

    async def _tell(self, notice: Text) -> None:
        if self.notify_admins is not None:
            await self.notify_admins(notice, once_key="relay")


def open_relay(settings: Settings, clock: Clock) -> Relay | None:
    """Build the relay, if there is a chat for it; it connects when it is needed.

    Raises:
        ConfigError: The session string is none, or the chat cannot be one.
    """
    own = settings.mtproto
    if not own.is_set or own.relay_chat is None:
        return None
    return Relay(own, keeper_of(settings), clock=clock)


def keeper_of(settings: Settings) -> Keeper:
    """Return where the user account's session is kept: the secret of the settings, or the file of `fetchgram login`.

    Raises:
        ConfigError: The session string is none.
    """
    secret = settings.mtproto.user_session
    if secret is not None:
        return SessionString(from_string(secret.get_secret_value(), settings.mtproto.server))
    return SessionFile(session_file(settings))


def session_file(settings: Settings) -> Path:
    """Return where `fetchgram login` puts the session of the user account."""
    return settings.data_dir / "mtproto" / "user.session"
