"""One account over MTProto: logs in once, keeps the key, hands out connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import structlog
from pyrogram.connection.connection import transport_class_for
from pyrogram.connection.proxy import Proxy, normalize_proxy
from pyrogram.raw import functions, types

from fetchgram.errors import ConfigError
from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto import keys, session
from fetchgram.telegram.mtproto.connection import TL, Connection, Identity
from fetchgram.telegram.mtproto.envelopes import AuthKey
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, Refused
from fetchgram.telegram.mtproto.pool import Pool
from fetchgram.telegram.mtproto.session import Session
from fetchgram.telegram.mtproto.uploader import PART_BYTES

log = structlog.get_logger()

_FIRST_DC = 2
_FIRST_ADDRESS = ("149.154.167.51", 443)
"""Where new clients begin; the account's own data centre is learnt at the login (core.telegram.org/api/datacenter)."""
_LOGIN_S = 20.0
_MOST_MOVES = 3
_THREADS = 2


class Client:
    """A bot's own login over MTProto.

    Args:
        settings: `[mtproto]`; set.
        token: The bot's.
        file: Where the session is kept.

    Raises:
        ConfigError: If a setting cannot be read.
    """

    def __init__(self, settings: MtprotoSettings, token: str, file: Path) -> None:
        if settings.api_id is None or settings.api_hash is None:
            raise ConfigError("mtproto.api_id and mtproto.api_hash are both needed")
        self._api_id, self._api_hash = settings.api_id, settings.api_hash.get_secret_value()
        self._token = token
        self._file = file
        self._server = settings.server
        self._address = _address_of(settings.server)
        self._proxy = _proxy_of(settings)
        if settings.public_key:
            _trust(settings.public_key)
        self._identity = Identity(api_id=settings.api_id, version=metadata.version("fetchgram"))
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="mtproto")
        self._session: Session | None = None
        self._auth: AuthKey | None = None
        self._logging_in = asyncio.Lock()
        self.pool = Pool(
            self._dial,
            most_connections=settings.connections,
            most_parts=max(1, int(settings.window) // PART_BYTES),
        )

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Pool]:
        """Log in if need be, and hold the connections open for a while.

        Raises:
            Lost, NoAnswer: Telegram cannot be reached.
            Refused: The login is refused.
        """
        async with self._logging_in:
            if self._auth is None:
                await self._log_in()
        async with self.pool.use():
            yield self.pool

    async def describe(self, pool: Pool) -> str:
        """Ask Telegram who we are, and say so.

        Raises:
            Lost, NoAnswer, Refused, TemporarilyUnavailable: It does not work.
        """
        found = await pool.call(functions.users.GetUsers(id=[types.InputUserSelf()]))
        place = f"data centre {self._session.dc_id}" if self._session else "nowhere"
        return f"logged in as @{found[0].username} at {place}"

    def forget(self) -> None:
        """Drop the login: the server does not know it any more."""
        self._session = self._auth = None
        self._file.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop the threads."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _log_in(self) -> None:
        known = await asyncio.to_thread(session.load, self._file)
        if known is None or known.server != self._server:
            known = await self._first_login()
            await asyncio.to_thread(session.save, self._file, known)
        self._session, self._auth = known, AuthKey(known.key)

    async def _first_login(self) -> Session:
        dc_id, address = _FIRST_DC, self._address
        for _ in range(_MOST_MOVES):
            key = await keys.exchange(dc_id, address, self._proxy)
            here = Session(dc_id=dc_id, host=address[0], port=address[1], key=key, server=self._server)
            try:
                return await self._log_in_at(here)
            except Refused as refused:
                if refused.data_centre is None:
                    raise
                dc_id = refused.data_centre
                address = await self._address_of_centre(here, dc_id)
        raise Lost("one data centre sends us to the other")

    async def _log_in_at(self, here: Session) -> Session:
        query = functions.auth.ImportBotAuthorization(
            flags=0, api_id=self._api_id, api_hash=self._api_hash, bot_auth_token=self._token
        )
        answer = await self._call_at(here, query)
        log.info("mtproto.logged_in", bot=answer.user.id, dc=here.dc_id)
        return replace(here, user_id=answer.user.id)

    async def _address_of_centre(self, here: Session, dc_id: int) -> tuple[str, int]:
        config = await self._call_at(here, functions.help.GetConfig())
        for option in config.dc_options:
            if option.id == dc_id and not (option.ipv6 or option.media_only or option.cdn or option.tcpo_only):
                return str(option.ip_address), int(option.port)
        raise Lost(f"the address of data centre {dc_id} is unknown")

    async def _call_at(self, place: Session, query: TL) -> TL:
        connection = self._connection(place, AuthKey(place.key))
        await connection.open()
        try:
            return await connection.invoke(query, timeout_s=_LOGIN_S)
        finally:
            await connection.close()

    async def _dial(self) -> tuple[Connection, float]:
        if self._session is None or self._auth is None:
            raise KeyLost("not logged in")
        connection = self._connection(self._session, self._auth)
        return connection, await connection.open()

    def _connection(self, place: Session, auth: AuthKey) -> Connection:
        kind = transport_class_for(self._proxy)
        transport = kind(ipv6=":" in place.host, proxy=self._proxy, loop=asyncio.get_running_loop(), dc_id=place.dc_id)
        return Connection(transport, (place.host, place.port), auth, self._identity, self._executor)


def _address_of(server: str | None) -> tuple[str, int]:
    if server is None:
        return _FIRST_ADDRESS
    parts = urlsplit(f"//{server}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise ConfigError("mtproto.server is `host:port`")
    return host, port


def _proxy_of(settings: MtprotoSettings) -> Proxy | None:
    """Read `socks5://`, `http://`, or a `tg://proxy` and `https://t.me/proxy` link of an MTProxy."""
    if settings.proxy is None:
        return None
    link = settings.proxy.get_secret_value()
    parts = urlsplit(link)
    try:
        if parts.scheme in {"socks5", "socks4"} or (parts.scheme == "http" and not parts.path.strip("/")):
            given = {"scheme": parts.scheme, "hostname": parts.hostname, "port": parts.port}
            login = {"username": parts.username, "password": parts.password}
            given |= {name: unquote(value) for name, value in login.items() if value}
            return cast("Proxy", normalize_proxy(given))
        return cast("Proxy", normalize_proxy(link))
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            "mtproto.proxy is `socks5://host:port`, `http://host:port` or a link of an MTProxy"
        ) from error


def _trust(pem: str) -> None:
    try:
        keys.trust(pem)
    except ValueError as error:
        raise ConfigError(f"mtproto.public_key: {error}") from error
