"""Reaches data centres: keys, single calls, connections; who logs in there, and how, is its caller's affair."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from typing import TypeAlias, cast
from urllib.parse import unquote, urlsplit

from pyrogram.connection.connection import transport_class_for
from pyrogram.connection.proxy import Proxy, normalize_proxy
from pyrogram.raw import functions

from fetchgram.errors import ConfigError
from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto import keys
from fetchgram.telegram.mtproto.connection import TL, Connection, Identity
from fetchgram.telegram.mtproto.envelopes import AuthKey
from fetchgram.telegram.mtproto.failures import Lost, Refused
from fetchgram.telegram.mtproto.session import FIRST_DC, Session, address_of
from fetchgram.telegram.mtproto.wire import Wire

_CALL_S = 20.0
_MOST_MOVES = 3
_THREADS = 2

LogIn: TypeAlias = "Callable[[Dialer, Session], Awaitable[Session]]"
"""Logs an account in at a place whose key is new, and returns the session with who it is."""


class Dialer:
    """The way to Telegram's data centres, or to the one of the settings.

    Args:
        settings: `[mtproto]`; set.

    Attributes:
        api_id: Of the application.
        api_hash: Of the application; secret.
        server: The setting.

    Raises:
        ConfigError: If a setting cannot be read.
    """

    def __init__(self, settings: MtprotoSettings) -> None:
        if settings.api_id is None or settings.api_hash is None:
            raise ConfigError("mtproto.api_id and mtproto.api_hash are both needed")
        self.api_id, self.api_hash = settings.api_id, settings.api_hash.get_secret_value()
        self.server = settings.server
        self._proxy = _proxy_of(settings)
        if settings.public_key:
            _trust(settings.public_key)
        self._identity = Identity(api_id=settings.api_id, version=metadata.version("fetchgram"))
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="mtproto")

    def close(self) -> None:
        """Stop the threads."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def log_in(self, at: LogIn) -> Session:
        """Log in where the account lives, which the first data centre says.

        Raises:
            Lost, NoAnswer: Telegram cannot be reached.
            Refused: The login is refused.
        """
        dc_id, address = FIRST_DC, address_of(self.server)
        for _ in range(_MOST_MOVES):
            here = await self._meet(dc_id, address)
            try:
                return await at(self, here)
            except Refused as refused:
                if refused.data_centre is None:
                    raise
                dc_id = refused.data_centre
                address = await self._address_of_centre(here, dc_id)
        raise Lost("one data centre sends us to the other")

    async def go_on_to(self, dc_id: int, here: Session) -> Session:
        """Take a login along to another data centre (core.telegram.org/api/datacenter#authorization-transfer).

        Raises:
            Lost, NoAnswer: Telegram cannot be reached.
            Refused: The login is refused.
        """
        there = await self._meet(dc_id, await self._address_of_centre(here, dc_id))
        passed = await self.call(here, functions.auth.ExportAuthorization(dc_id=dc_id))
        await self.call(there, functions.auth.ImportAuthorization(id=passed.id, bytes=passed.bytes))
        return replace(there, user_id=here.user_id)

    async def call(self, place: Session, query: TL) -> TL:
        """Make one call over a connection of its own.

        Raises:
            Lost, NoAnswer, Refused: As `Connection.invoke`.
        """
        connection = self.connection(place, AuthKey(place.key))
        await connection.open()
        try:
            return await connection.invoke(query, timeout_s=_CALL_S)
        finally:
            await connection.close()

    def connection(self, place: Session, auth: AuthKey) -> Connection:
        """Build a connection; it is not open yet."""
        kind = transport_class_for(self._proxy)
        transport = kind(ipv6=":" in place.host, proxy=self._proxy, loop=asyncio.get_running_loop(), dc_id=place.dc_id)
        wire = Wire(transport, auth, self._executor)
        return Connection(wire, (place.host, place.port), auth, self._identity)

    async def _meet(self, dc_id: int, address: tuple[str, int]) -> Session:
        key = await keys.exchange(dc_id, address, self._proxy)
        return Session(dc_id=dc_id, host=address[0], port=address[1], key=key, server=self.server)

    async def _address_of_centre(self, here: Session, dc_id: int) -> tuple[str, int]:
        config = await self.call(here, functions.help.GetConfig())
        for option in config.dc_options:
            if option.id == dc_id and not (option.ipv6 or option.media_only or option.cdn or option.tcpo_only):
                return str(option.ip_address), int(option.port)
        raise Lost(f"the address of data centre {dc_id} is unknown")


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
