"""One connection to a data centre: calls out, answers in, each within its time.

kurigram's own session waits 15 s for every lost answer and for ever when the server forgot the key; here each call has
a deadline of its caller, and the end of a connection reaches all its callers at once.
"""

from __future__ import annotations

import asyncio
import os
import struct
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

import structlog
from pyrogram.connection.transport import TCP
from pyrogram.raw import all as schema
from pyrogram.raw import functions, types
from pyrogram.raw.core import Message, MsgContainer

from fetchgram.telegram.mtproto.envelopes import AuthKey, seal, unseal
from fetchgram.telegram.mtproto.failures import KeyLost, Lost, NoAnswer, Refused

TL: TypeAlias = Any
"""An object of Telegram's type language; kurigram generates its classes and does not type them for strict checks."""

log = structlog.get_logger()

_CONNECT_S = 10.0
_PING_S = 5.0
"""kurigram's transport takes ten silent seconds for the end of the connection."""
_DISCONNECT_S = 35
_ACKNOWLEDGED_AT_ONCE = 8
_INLINE_BYTES = 32 * 1024
"""Larger messages are enciphered in a thread."""
_TRANSPORT_ERROR_BYTES = 4
_KEY_UNKNOWN = 404
_MESSAGE_IDS_WRONG = (16, 17)
"""Our clock is wrong; the notice has the right time (core.telegram.org/mtproto/service_messages_about_messages)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a client says of itself."""

    api_id: int
    version: str


@dataclass(slots=True)
class _Pending:
    query: TL
    is_large: bool
    answer: asyncio.Future[TL]


class Connection:
    """A TCP connection with a session of its own under a shared key.

    Args:
        transport: Carries packets; not yet connected.
        address: Of the data centre.
        auth: The key.
        identity: Who we are.
        executor: Where large messages are read, written and enciphered.
    """

    def __init__(
        self, transport: TCP, address: tuple[str, int], auth: AuthKey, identity: Identity, executor: Executor
    ) -> None:
        self._transport = transport
        self._address = address
        self._auth = auth
        self._identity = identity
        self._executor = executor
        self._session_id = os.urandom(8)
        self._pending: dict[int, _Pending] = {}
        self._acknowledge: list[int] = []
        self._clock_offset_s = 0.0
        self._last_id = 0
        self._content = 0
        self._introduced = False
        self._sending = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._end: Lost | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls may be made."""
        return bool(self._tasks) and self._end is None

    async def open(self) -> float:
        """Connect, learn the server's salt, and return the round trip in seconds.

        Raises:
            Lost: The server cannot be reached, or does not know the key.
        """
        try:
            async with asyncio.timeout(_CONNECT_S):
                with _heeding_cancellation():
                    await self._transport.connect(self._address)
                self._tasks = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._keep_alive())]
                began = time.monotonic()
                await self._call(functions.Ping(ping_id=1), is_large=False)
                return time.monotonic() - began
        except (OSError, TimeoutError, NoAnswer) as error:
            await self.close()
            raise Lost(f"no connection: {error!r}") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the connection and all its calls."""
        self._break(Lost("closed"))
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.close()

    async def invoke(self, query: TL, *, timeout_s: float, is_large: bool = False) -> TL:
        """Carry a call out; no updates come to this connection.

        Args:
            query: The call.
            timeout_s: Longest wait for the answer.
            is_large: Whether it is written and enciphered in a thread.

        Raises:
            Lost: The connection ended first.
            NoAnswer: Nothing came in time.
            Refused: The server said no.
        """
        query = functions.InvokeWithoutUpdates(query=query)
        if not self._introduced:
            query = self._introduce(query)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._call(query, is_large=is_large)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {timeout_s:.1f} s") from error
        self._introduced = True
        if isinstance(answer, types.RpcError):
            raise Refused(answer.error_code, answer.error_message)
        return answer

    def _introduce(self, query: TL) -> TL:
        """Say who we are; so does every call until the first answer, since calls may pass one another."""
        return functions.InvokeWithLayer(
            layer=schema.layer,
            query=functions.InitConnection(
                api_id=self._identity.api_id,
                device_model="fetchgram",
                system_version="server",
                app_version=self._identity.version,
                system_lang_code="en",
                lang_pack="",
                lang_code="en",
                query=query,
            ),
        )

    async def _call(self, query: TL, *, is_large: bool) -> TL:
        pending = _Pending(query, is_large, asyncio.get_running_loop().create_future())
        try:
            await self._send(pending)
            return await pending.answer
        finally:
            # A wrong salt or clock gives a call another id meanwhile.
            for message_id in [number for number, known in self._pending.items() if known is pending]:
                del self._pending[message_id]

    async def _send(self, pending: _Pending) -> None:
        async with self._sending:
            if self._end is not None:
                raise self._end
            if len(self._acknowledge) >= _ACKNOWLEDGED_AT_ONCE:
                await self._write_acknowledgements()
            message_id = self._next_id()
            number = self._next_number(is_content=not isinstance(pending.query, functions.Ping))
            self._pending[message_id] = pending
            await self._write(pending.query, message_id, number, is_large=pending.is_large)

    async def _write(self, query: TL, message_id: int, number: int, *, is_large: bool = False) -> None:
        if is_large:
            loop = asyncio.get_running_loop()
            data = await loop.run_in_executor(self._executor, self._packet, query, message_id, number)
        else:
            data = self._packet(query, message_id, number)
        try:
            with _heeding_cancellation():
                await self._transport.send(data)
        except OSError as error:
            self._break(Lost(f"the connection broke: {error}"))
            raise Lost(str(error)) from error

    def _packet(self, query: TL, message_id: int, number: int) -> bytes:
        body = query.write()
        head = struct.pack("<qii", message_id, number, len(body))
        return seal(head + body, self._auth, self._session_id)

    def _next_id(self) -> int:
        now = int((time.time() + self._clock_offset_s) * 2**32) & ~3
        self._last_id = max(now, self._last_id + 4)
        return self._last_id

    def _next_number(self, *, is_content: bool) -> int:
        number = self._content * 2 + is_content
        self._content += is_content
        return number

    async def _read(self) -> None:
        try:
            while self._end is None and (packet := await self._transport.recv()):
                await self._take_packet(packet)
        except Lost as lost:
            self._break(lost)
        except (OSError, ValueError, KeyError) as error:
            self._break(Lost(repr(error)))
        else:
            self._break(Lost("the server closed the connection"))

    async def _take_packet(self, packet: bytes) -> None:
        if len(packet) == _TRANSPORT_ERROR_BYTES:
            code = -int.from_bytes(packet, "little", signed=True)
            raise KeyLost("the key is unknown") if code == _KEY_UNKNOWN else Lost(f"transport error {code}")
        await self._take(await self._opened(packet))

    async def _opened(self, packet: bytes) -> TL:
        if len(packet) <= _INLINE_BYTES:
            data = unseal(packet, self._auth, self._session_id)
        else:
            loop = asyncio.get_running_loop()
            data = await loop.run_in_executor(self._executor, unseal, packet, self._auth, self._session_id)
        return Message.read(BytesIO(data))

    async def _take(self, message: TL) -> None:
        if isinstance(message.body, MsgContainer):
            for each in message.body.messages:
                await self._take(each)
            return
        if message.seq_no & 1:
            self._acknowledge.append(message.msg_id)
        await self._hear(message)

    async def _hear(self, message: TL) -> None:
        match body := message.body:
            case types.RpcResult():
                self._resolve(body.req_msg_id, body.result)
            case types.Pong():
                self._resolve(body.msg_id, body)
            case types.NewSessionCreated():
                self._auth.salt = body.server_salt
            case types.BadServerSalt():
                self._auth.salt = body.new_server_salt
                await self._repeat(body.bad_msg_id)
            case types.BadMsgNotification():
                await self._correct(body, message.msg_id)
            case _:
                pass  # acknowledgements of our messages, and updates that nobody asked for

    def _resolve(self, message_id: int, answer: TL) -> None:
        pending = self._pending.get(message_id)
        if pending is not None and not pending.answer.done():
            pending.answer.set_result(answer)

    async def _repeat(self, message_id: int) -> None:
        pending = self._pending.pop(message_id, None)
        if pending is not None and not pending.answer.done():
            await self._send(pending)

    async def _correct(self, notice: TL, message_id: int) -> None:
        if notice.error_code not in _MESSAGE_IDS_WRONG:
            raise Lost(f"the server refuses our messages: {notice.error_code}")
        self._clock_offset_s = message_id / 2**32 - time.time()
        self._last_id = 0
        await self._repeat(notice.bad_msg_id)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_PING_S)
            ping = functions.PingDelayDisconnect(ping_id=self._next_id(), disconnect_delay=_DISCONNECT_S)
            try:
                async with self._sending:
                    await self._write_acknowledgements()
                    await self._write(ping, self._next_id(), self._next_number(is_content=False))
            except Lost:
                return

    async def _write_acknowledgements(self) -> None:
        known, self._acknowledge = self._acknowledge, []
        if known:
            await self._write(types.MsgsAck(msg_ids=known), self._next_id(), self._next_number(is_content=False))

    def _break(self, lost: Lost) -> None:
        self._end = self._end or lost
        for pending in tuple(self._pending.values()):
            if not pending.answer.done():
                pending.answer.set_exception(self._end)
                pending.answer.exception()  # a caller that has gone need not fetch it


@contextmanager
def _heeding_cancellation() -> Iterator[None]:
    """Raise what kurigram's transport may have swallowed: `wait_for` drops a cancellation before Python 3.12.

    See github.com/python/cpython/issues/86296; without this a cancelled upload would wait for its next answer.
    Only what comes meanwhile counts: before Python 3.13 a task group that failed leaves its task marked for ever.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
