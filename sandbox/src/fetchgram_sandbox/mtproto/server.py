"""The server: listens, keeps keys and sessions, orders failures, carries calls out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
import time
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from fetchgram_sandbox import fileids
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.happenings import CallMade, Happening, MessagePosted
from fetchgram_sandbox.mtproto import transports, views
from fetchgram_sandbox.mtproto.answers import TL, Refusal, elsewhere
from fetchgram_sandbox.mtproto.connection import Connection
from fetchgram_sandbox.mtproto.desk import Application, Call, Desk
from fetchgram_sandbox.mtproto.keys import ServerKey
from fetchgram_sandbox.mtproto.limits import MtprotoLimits
from fetchgram_sandbox.mtproto.methods import METHODS, Method, name_of
from fetchgram_sandbox.mtproto.sessions import Registry, Session
from fetchgram_sandbox.objects import Message
from fetchgram_sandbox.world import World

_KEPT_CALLS = 5000
_READ_BYTES = 4 * 1024 * 1024
_SHOWN = (int, str, bool)
_QUIET = frozenset({"upload.saveFilePart", "upload.saveBigFilePart", "upload.getFile"})


class MtprotoServer:
    """An MTProto server on loopback, one data centre; `async with` starts and stops it.

    Args:
        world: Where everything happens.
        token: Of the world's bot, the same as the Bot API's.
        limits: What is refused.
        dc_id: Its number.
        beside: Another data centre of the same Telegram, which was opened before. People live in one of them
            (`world.new_person(dc_id=…)`), where they log in and send; files lie where their senders live.

    Attributes:
        calls: Names of the last calls, oldest first.
        problems: Where the server itself broke; a test that ends with any has found a mistake in here.
        transports: Names of the transports that were used.
        secret: With it the server is an MTProxy as well.
    """

    def __init__(
        self,
        world: World,
        *,
        token: str,
        limits: MtprotoLimits | None = None,
        dc_id: int = fileids.DC_ID,
        beside: MtprotoServer | None = None,
    ) -> None:
        self.world = world
        self.dc_id = dc_id
        self._stack = contextlib.ExitStack()
        self.desk: Desk = beside.desk if beside is not None else self._new_desk(token, limits or MtprotoLimits())
        self.registry = Registry()
        self.key = ServerKey()
        self.secret = bytes(range(16))
        self.calls: deque[str] = deque(maxlen=_KEPT_CALLS)
        self.problems: list[str] = []
        self.transports: set[str] = set()
        self._port = 0
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], Connection] = {}
        self._pushing: set[asyncio.Task[None]] = set()
        self._count = 0

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self._port

    @property
    def connections(self) -> int:
        """Return how many clients are connected."""
        return len(self._clients)

    async def __aenter__(self) -> Self:
        """Start to listen."""
        await self._start()
        self.desk.centres[self.dc_id] = ("127.0.0.1", self._port)
        self._stack.callback(self.world.listen(self._hear))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening and cut all connections."""
        self._stack.close()
        await self._stop()

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Restart: nobody listens in this block; behind it keys, parts and messages are there again, sessions not."""
        await self._stop()
        self.registry.sessions.clear()
        try:
            yield
        finally:
            await self._start()

    def cut(self) -> None:
        """Cut every connection; clients may come back."""
        for connection in self._clients.values():
            connection.abort()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=_READ_BYTES)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        tasks = [*self._clients, *self._pushing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def session_string(self, user_id: int) -> str:
        """Return a session in kurigram's form that is logged in already: no key exchange, no login."""
        auth = self.registry.new_key(user_id)
        is_bot = user_id == self.world.bot.id
        # DC, api id, test mode, key, account, whether it is a bot.
        api_id = self.desk.application.api_id
        data = struct.pack(">BI?256sQ?", self.dc_id, api_id, False, auth.key, user_id, is_bot)  # noqa: FBT003  # a field
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def describe(self) -> dict[str, object]:
        """Say what a client in any language needs."""
        application = self.desk.application
        return {
            "host": "127.0.0.1",
            "port": self._port,
            "dc_id": self.dc_id,
            "api_id": application.api_id,
            "api_hash": application.api_hash,
            "public_key": self.key.pem,
            "secret": self.secret.hex(),
            "session_string": self.session_string(self.world.bot.id),
            "bot_token": self.desk.token,
        }

    async def carry_out(self, session: Session, query: TL) -> TL:
        """Answer a query; `None` when the answer gets lost.

        Raises:
            Refusal: It is refused.
        """
        name, started = name_of(query), time.perf_counter()
        self.calls.append(name)
        fault = self.world.faults.take(name, _shown(query))
        refusal: Refusal | None = None
        try:
            return await self._carry_out_with(fault, name, Call(self.desk, self.dc_id, session, query))
        except Refusal as error:
            refusal = error
            raise
        except Exception as error:
            self.problems.append(f"{name}: {error!r}")
            refusal = Refusal(500, "SANDBOX_BROKEN")
            raise refusal from error
        finally:
            self._record(name, query, refusal, started)

    async def _carry_out_with(self, fault: Fault | None, name: str, call: Call) -> TL:
        if fault is not None:
            if fault.kind == "error":
                raise Refusal(fault.error_code, fault.description)
            await asyncio.sleep(fault.seconds)
            if fault.kind in {"close", "garbage"}:
                call.session.connection.abort()
                return None
        answer = await _method(name, call).handle(call)
        return None if fault is not None and fault.kind == "lost" else answer

    def _record(self, name: str, query: TL, refusal: Refusal | None, started: float) -> None:
        if name in _QUIET and refusal is None:
            return
        self._count += 1
        made = CallMade(
            n=self._count,
            at=self.world.clock(),
            method=name,
            params=_shown(query),
            ok=refusal is None,
            error_code=refusal.code if refusal else None,
            description=refusal.message if refusal else None,
            ms=round((time.perf_counter() - started) * 1000),
        )
        self.world.emit(made)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, transports.Stream(reader, writer))
        task = asyncio.ensure_future(_serve(connection, writer))
        self._clients[task] = connection
        task.add_done_callback(lambda ended: self._clients.pop(ended, None))

    def _hear(self, happening: Happening) -> None:
        if isinstance(happening, MessagePosted):
            for session in self._listening(happening.message):
                push = asyncio.ensure_future(self._push(session, happening.message))
                self._pushing.add(push)
                push.add_done_callback(self._pushing.discard)

    def _listening(self, posted: Message) -> list[Session]:
        """Return the sessions that want to hear of a message: those of its chat's members, but for its author."""
        members = {*self.world.members(posted.chat_id)} - {posted.sender_id}
        return [
            session
            for session in self.registry.sessions.values()
            if session.wants_updates and session.auth.user_id in members and self._is_home_of(session.auth.user_id)
        ]

    def _is_home_of(self, user_id: int) -> bool:
        return self.world.user(user_id).dc_id == self.dc_id

    def _new_desk(self, token: str, limits: MtprotoLimits) -> Desk:
        desk = Desk(self.world, application=Application(), token=token, limits=limits)
        self._stack.callback(desk.close)
        return desk

    async def _push(self, session: Session, posted: Message) -> None:
        user_id = session.auth.user_id or 0
        is_channel = self.world.chats[posted.chat_id].type == "supergroup"
        update = views.new_message(
            self.world, posted, seen_by=user_id, pts=posted.message_id if is_channel else self.desk.pts
        )
        with contextlib.suppress(ConnectionError, OSError):
            await session.connection.notify(session, update)


async def _serve(connection: Connection, writer: asyncio.StreamWriter) -> None:
    try:
        await connection.run()
    except* (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def _method(name: str, call: Call) -> Method:
    method = METHODS.get(name)
    if method is None:
        raise Refusal(400, f"METHOD_NOT_EMULATED {name}")
    if method.needs_login and call.session.auth.user_id is None:
        raise Refusal(401, "AUTH_KEY_UNREGISTERED")
    if method.needs_login and method.at_home and (home := call.desk.world.user(call.user_id).dc_id) != call.dc_id:
        raise elsewhere("USER", home)
    return method


def _shown(query: TL) -> dict[str, object]:
    values = {name: getattr(query, name, None) for name in query.__slots__}
    return {name: value for name, value in values.items() if isinstance(value, _SHOWN) and not name.startswith("flags")}
