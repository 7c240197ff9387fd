"""One connection to a data centre: calls out, answers in, each within its time.

kurigram's own session waits 15 s for every lost answer and for ever when the server forgot the key; here each call has
a deadline of its caller, and the end of a connection reaches all its callers at once.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from pyrogram.raw import all as schema
from pyrogram.raw import functions, types
from pyrogram.raw.core import MsgContainer

from fetchgram.telegram.mtproto.envelopes import AuthKey, Bulk
from fetchgram.telegram.mtproto.failures import Lost, NoAnswer, Refused
from fetchgram.telegram.mtproto.wire import TL, Stamp, Wire

__all__ = ["TL", "Connection", "Identity"]

_CONNECT_S = 10.0
_PING_S = 5.0
"""kurigram's transport takes ten silent seconds for the end of the connection."""
_DISCONNECT_S = 35
_ACKNOWLEDGED_AT_ONCE = 8
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
    bulk: Bulk | None
    answer: asyncio.Future[TL] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Connection:
    """A TCP connection with a session of its own under a shared key.

    Args:
        wire: Carries messages; not yet connected.
        address: Of the data centre.
        auth: The key.
        identity: Who we are.
    """

    def __init__(self, wire: Wire, address: tuple[str, int], auth: AuthKey, identity: Identity) -> None:
        self._wire = wire
        self._address = address
        self._auth = auth
        self._identity = identity
        self._pending: dict[int, _Pending] = {}
        self._acknowledge: list[int] = []
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
                await self._wire.connect(self._address)
                self._tasks = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._keep_alive())]
                began = time.monotonic()
                await self._call(functions.Ping(ping_id=1))
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
        await self._wire.close()

    async def invoke(self, query: TL, *, timeout_s: float, bulk: Bulk | None = None) -> TL:
        """Carry a call out; no updates come to this connection.

        Args:
            query: The call.
            timeout_s: Longest wait for the answer.
            bulk: What follows when the call is written, as its last field.

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
                answer = await self._call(query, bulk)
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

    async def _call(self, query: TL, bulk: Bulk | None = None) -> TL:
        pending = _Pending(query, bulk)
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
            stamp = self._wire.stamp(is_content=not isinstance(pending.query, functions.Ping))
            self._pending[stamp.message_id] = pending
            await self._write(pending.query, stamp, pending.bulk)

    async def _write(self, query: TL, stamp: Stamp, bulk: Bulk | None = None) -> None:
        try:
            await self._wire.write(query, stamp, bulk)
        except OSError as error:
            self._break(Lost(f"the connection broke: {error}"))
            raise Lost(str(error)) from error

    async def _read(self) -> None:
        try:
            while self._end is None and (message := await self._wire.read()) is not None:
                await self._take(message)
        except Lost as lost:
            self._break(lost)
        except (OSError, ValueError, KeyError) as error:
            self._break(Lost(repr(error)))
        else:
            self._break(Lost("the server closed the connection"))

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
                await self._salted(body)
            case types.BadMsgNotification():
                await self._correct(body, message.msg_id)
            case _:
                pass  # acknowledgements of our messages, and updates that nobody asked for

    def _resolve(self, message_id: int, answer: TL) -> None:
        pending = self._pending.get(message_id)
        if pending is not None and not pending.answer.done():
            pending.answer.set_result(answer)

    async def _salted(self, notice: TL) -> None:
        pending = self._pending.get(notice.bad_msg_id)
        if pending is not None and isinstance(pending.query, functions.Ping):
            self._resolve(notice.bad_msg_id, notice)  # it was sent to learn just that
        else:
            await self._repeat(notice.bad_msg_id)

    async def _repeat(self, message_id: int) -> None:
        pending = self._pending.pop(message_id, None)
        if pending is not None and not pending.answer.done():
            await self._send(pending)

    async def _correct(self, notice: TL, message_id: int) -> None:
        if notice.error_code not in _MESSAGE_IDS_WRONG:
            raise Lost(f"the server refuses our messages: {notice.error_code}")
        self._wire.set_clock(message_id)
        await self._repeat(notice.bad_msg_id)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_PING_S)
            try:
                async with self._sending:
                    await self._write_acknowledgements()
                    stamp = self._wire.stamp(is_content=False)
                    ping = functions.PingDelayDisconnect(ping_id=stamp.message_id, disconnect_delay=_DISCONNECT_S)
                    await self._write(ping, stamp)
            except Lost:
                return

    async def _write_acknowledgements(self) -> None:
        known, self._acknowledge = self._acknowledge, []
        if known:
            await self._write(types.MsgsAck(msg_ids=known), self._wire.stamp(is_content=False))

    def _break(self, lost: Lost) -> None:
        self._end = self._end or lost
        for pending in tuple(self._pending.values()):
            if not pending.answer.done():
                pending.answer.set_exception(self._end)
                pending.answer.exception()  # a caller that has gone need not fetch it
