"""One account over MTProto: logs in once, keeps the key, hands out connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from pyrogram.raw import functions, types

from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto.connection import TL, Connection
from fetchgram.telegram.mtproto.dialer import Dialer, LogIn
from fetchgram.telegram.mtproto.envelopes import AuthKey
from fetchgram.telegram.mtproto.failures import KeyLost
from fetchgram.telegram.mtproto.lanes import Dial
from fetchgram.telegram.mtproto.pool import Pool
from fetchgram.telegram.mtproto.session import Keeper, Session
from fetchgram.telegram.mtproto.uploader import PART_BYTES
from fetchgram.telegram.mtproto.window import Spread, Window


class Client:
    """An account's login and its connections.

    Args:
        settings: `[mtproto]`; set.
        keeper: Where the session is kept.
        log_in: Makes a session where there is none; `None` when only a person can.

    Attributes:
        pool: The connections.

    Raises:
        ConfigError: If a setting cannot be read.
    """

    def __init__(self, settings: MtprotoSettings, keeper: Keeper, log_in: LogIn | None) -> None:
        self._dialer = Dialer(settings)
        self._keeper = keeper
        self._log_in_at = log_in
        self._session: Session | None = None
        self._auth: AuthKey | None = None
        self._logging_in = asyncio.Lock()
        self._settings = settings
        self.pool = self._pool(self.dial)
        self._elsewhere: dict[int, Pool] = {}
        self._moving = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Pool]:
        """Log in if need be, and hold the connections open for a while.

        Raises:
            Lost, NoAnswer: Telegram cannot be reached.
            KeyLost: Nobody is logged in, and only a person can do that.
            Refused: The login is refused.
        """
        async with self._logging_in:
            if self._session is None or await self._has_new_login(self._session):
                await self._log_in()
        async with self.pool.use():
            yield self.pool

    @asynccontextmanager
    async def use_at(self, dc_id: int) -> AsyncIterator[Pool]:
        """Hold connections to another data centre, where files of people lie who live there.

        Raises:
            Lost, NoAnswer: Telegram cannot be reached.
            KeyLost: Nobody is logged in, here or there.
            Refused: The login is refused there.
        """
        async with self._moving:
            if dc_id not in self._elsewhere:
                if self._session is None:
                    raise KeyLost("not logged in")
                self._elsewhere[dc_id] = self._pool_at(await self._dialer.go_on_to(dc_id, self._session))
            pool = self._elsewhere[dc_id]
        async with pool.use():
            yield pool

    async def know(self, pool: Pool) -> TL:
        """Ask Telegram who we are, and keep what matters of it.

        Raises:
            Lost, NoAnswer, Refused, TemporarilyUnavailable: It does not work.
        """
        (found,) = await pool.call(functions.users.GetUsers(id=[types.InputUserSelf()]))
        if self._session is not None:
            self._session = replace(self._session, user_id=found.id, is_premium=bool(found.premium))
            if not await self._has_new_login(self._session):
                await asyncio.to_thread(self._keeper.save, self._session)
        return found

    @property
    def place(self) -> str:
        """Say where the account lives."""
        return f"data centre {self._session.dc_id}" if self._session else "nowhere"

    def forget(self) -> None:
        """Drop the login: the server does not know it any more."""
        ours, self._session, self._auth = self._session, None, None
        self._elsewhere.clear()
        kept = self._keeper.load()
        if kept is None or ours is None or kept.key == ours.key:
            self._keeper.forget()

    def close(self) -> None:
        """Stop the threads."""
        self._dialer.close()

    async def _has_new_login(self, ours: Session) -> bool:
        """Whether somebody has logged in since: that login is kept, and used from the next time on."""
        kept = await asyncio.to_thread(self._keeper.load)
        return kept is not None and kept.key != ours.key

    async def _log_in(self) -> None:
        known = await asyncio.to_thread(self._keeper.load)
        if known is None or known.server != self._dialer.server:
            if self._log_in_at is None:
                raise KeyLost("nobody has logged in")
            known = await self._dialer.log_in(self._log_in_at)
            await asyncio.to_thread(self._keeper.save, known)
        self._session, self._auth = known, AuthKey(known.key)

    def _pool_at(self, there: Session) -> Pool:
        auth = AuthKey(there.key)

        async def dial() -> tuple[Connection, float]:
            connection = self._dialer.connection(there, auth)
            return connection, await connection.open()

        return self._pool(dial)

    def _pool(self, dial: Dial) -> Pool:
        window = Window(max(1, int(self._settings.window) // PART_BYTES))
        return Pool(dial, window, Spread(self._settings.connections))

    async def dial(self) -> tuple[Connection, float]:
        """Open a connection; return it with its round trip in seconds.

        Raises:
            Lost: It does not work; `KeyLost` when nobody is logged in.
        """
        if self._session is None or self._auth is None:
            raise KeyLost("not logged in")
        connection = self._dialer.connection(self._session, self._auth)
        return connection, await connection.open()
