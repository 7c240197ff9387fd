"""Two independent clients, kurigram and Telethon, on the emulated server."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import telethon
from pyrogram import Client
from pyrogram.connection import Connection
from pyrogram.crypto import rsa
from telethon.network import ConnectionTcpAbridged
from telethon.sessions import StringSession

from fetchgram_sandbox.mtproto.server import MtprotoServer

KurigramFactory: TypeAlias = Callable[..., Awaitable[Any]]
TelethonFactory: TypeAlias = Callable[..., Awaitable[Any]]


def _connection_to(port: int) -> type:
    class Here(Connection):  # type: ignore[misc] # kurigram is not typed for us
        """kurigram's own connection, to the server on loopback."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**{**given, "server_address": "127.0.0.1", "port": port})

    return Here


@pytest.fixture
def unstarted(mtproto: MtprotoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Build kurigram clients that have not logged in."""
    monkeypatch.chdir(tmp_path)  # it writes down errors that it does not know in the working folder
    key = rsa.PublicKey(mtproto.key.modulus, mtproto.key.exponent)
    monkeypatch.setitem(rsa.server_public_keys, mtproto.key.fingerprint, key)

    def build(**given: Any) -> Any:
        application = mtproto.desk.application
        settings: dict[str, Any] = {
            "api_id": application.api_id,
            "api_hash": application.api_hash,
            "bot_token": mtproto.desk.token,
            "in_memory": True,
            "no_updates": True,
            "connection_factory": _connection_to(mtproto.port),
        }
        return Client("test", **{**settings, **given})

    return build


@pytest.fixture
async def kurigram(unstarted: Callable[..., Any]) -> AsyncIterator[KurigramFactory]:
    """Start kurigram clients as the bot."""
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> Any:
            client = unstarted(**given)
            await client.start()
            stack.push_async_callback(client.stop)
            return client

        yield start


@pytest.fixture
async def telethon_client(mtproto: MtprotoServer) -> AsyncIterator[TelethonFactory]:
    """Start Telethon clients as the bot."""
    telethon.crypto.rsa.add_key(mtproto.key.pem, old=False)
    async with AsyncExitStack() as stack:

        async def start(connection: type = ConnectionTcpAbridged) -> Any:
            session = StringSession()
            session.set_dc(2, "127.0.0.1", mtproto.port)
            application = mtproto.desk.application
            client = telethon.TelegramClient(
                session, application.api_id, application.api_hash, connection=connection, receive_updates=False
            )
            await client.start(bot_token=mtproto.desk.token)
            stack.push_async_callback(client.disconnect)
            return client

        yield start


@pytest.fixture
def some_file(tmp_path: Path) -> Callable[[int], Path]:
    """Write a file of random bytes."""

    def write(size_bytes: int, name: str = "file.bin") -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(size_bytes))
        return path

    return write


async def read_all(client: Any, message: Any) -> bytes:
    """Download a file with Telethon."""
    into = io.BytesIO()
    await client.download_media(message, file=into)
    return into.getvalue()
