"""One TCP connection of a client: the key exchange first, then encrypted messages."""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from pyrogram.raw import functions, types
from pyrogram.raw.core import Message, MsgContainer, TLObject

from fetchgram_sandbox.mtproto import transports
from fetchgram_sandbox.mtproto.answers import TL, Ready, Refusal, packed
from fetchgram_sandbox.mtproto.envelopes import open_packet, seal_packet
from fetchgram_sandbox.mtproto.keys import KeyExchange
from fetchgram_sandbox.mtproto.sessions import ANSWER, NOTICE, AuthKey, Session

if TYPE_CHECKING:
    from fetchgram_sandbox.mtproto.server import MtprotoServer

_NO_KEY_YET = bytes(8)
_UNKNOWN_KEY = 404
_WRONG_SALT = 48
_SILENT = (
    types.MsgsAck,
    types.HttpWait,
    types.MsgsStateReq,
    types.MsgResendReq,
    functions.GetFutureSalts,
    functions.DestroySession,
)
_WRAPPERS = (
    functions.InvokeWithLayer,
    functions.InitConnection,
    functions.InvokeWithoutUpdates,
    functions.InvokeAfterMsg,
    functions.InvokeWithTakeout,
)


class _Body(NamedTuple):
    """What goes into one message; content must be acknowledged."""

    value: TL
    is_content: bool
    kind: int


class Connection:
    """Reads packets until the connection ends.

    Args:
        server: Whose connection it is.
        stream: The bytes.
    """

    def __init__(self, server: MtprotoServer, stream: transports.Stream) -> None:
        self._server = server
        self._stream = stream
        self._transport: transports.Transport = transports.Abridged()
        self._exchange: KeyExchange | None = None
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve the client.

        Raises:
            ConnectionError: It does not speak the protocol.
            asyncio.IncompleteReadError: It has gone.
        """
        name, self._transport = await transports.detect(self._stream, self._server.secret)
        self._server.transports.add(name)
        async with asyncio.TaskGroup() as group:
            while True:
                packet = await self._transport.receive(self._stream)
                if packet[:8] == _NO_KEY_YET:
                    await self._answer_plain(packet)
                else:
                    await self._open(packet, group)

    def abort(self) -> None:
        """Cut the connection."""
        self._stream.abort()

    async def notify(self, session: Session, update: TL) -> None:
        """Push an update."""
        await self._send(session, [_Body(update, is_content=True, kind=NOTICE)])

    async def _answer_plain(self, packet: bytes) -> None:
        exchange = self._exchange or KeyExchange(self._server.key)
        self._exchange = exchange
        query = TLObject.read(BytesIO(packet[20:]))
        body = (await asyncio.to_thread(exchange.answer, query)).write()
        if exchange.auth_key is not None:
            self._server.registry.add(AuthKey(exchange.auth_key, salt=exchange.salt))
            self._exchange = None
        now = (int(time.time() * 2**32) & ~3) | ANSWER
        await self._write(_NO_KEY_YET + struct.pack("<qi", now, len(body)) + body)

    async def _open(self, packet: bytes, group: asyncio.TaskGroup) -> None:
        auth = self._server.registry.keys.get(packet[:8])
        if auth is None:
            await self._write(struct.pack("<i", -_UNKNOWN_KEY))
            return
        opened = await asyncio.to_thread(open_packet, packet, auth.key)
        message = Message.read(BytesIO(opened.message))
        session = self._server.registry.session(auth, opened.session_id, self)
        if opened.salt != auth.salt:
            await self._send(session, [_Body(_bad_salt(message, auth.salt), is_content=False, kind=NOTICE)])
            return
        for each in message.body.messages if isinstance(message.body, MsgContainer) else [message]:
            group.create_task(self._handle(session, each))

    async def _handle(self, session: Session, message: TL) -> None:
        news = self._news(session, message)
        query = message.body
        if isinstance(query, _SILENT):
            return
        if isinstance(query, functions.Ping | functions.PingDelayDisconnect):
            pong = types.Pong(msg_id=message.msg_id, ping_id=query.ping_id)
            await self._send(session, [*news, _Body(pong, is_content=False, kind=ANSWER)])
            return
        while isinstance(query, _WRAPPERS):
            if isinstance(query, functions.InvokeWithoutUpdates):
                session.wants_updates = False
            query = query.query
        result = await self._result(session, query)
        if result is not None:
            answer = types.RpcResult(req_msg_id=message.msg_id, result=result)
            await self._send(session, [*news, _Body(answer, is_content=True, kind=ANSWER)])

    async def _result(self, session: Session, query: TL) -> Ready | None:
        try:
            answer = await self._server.carry_out(session, query)
        except Refusal as refusal:
            answer = types.RpcError(error_code=refusal.code, error_message=refusal.message)
        return None if answer is None else packed(answer)

    def _news(self, session: Session, message: TL) -> list[_Body]:
        """Say once that the session is new; it goes out in a container with the first answer."""
        if not session.is_new:
            return []
        session.is_new = False
        created = types.NewSessionCreated(
            first_msg_id=message.msg_id, unique_id=secrets.randbits(62), server_salt=session.auth.salt
        )
        return [_Body(created, is_content=True, kind=NOTICE)]

    async def _send(self, session: Session, bodies: Sequence[_Body]) -> None:
        async with self._sending:
            messages = [_message(session, body) for body in bodies]
            message = messages[0]
            if len(messages) > 1:
                message = _message(session, _Body(MsgContainer(messages), is_content=False, kind=ANSWER))
            auth = session.auth
            packet = await asyncio.to_thread(
                seal_packet,
                message.write(),
                salt=auth.salt,
                session_id=session.id,
                auth_key=auth.key,
                key_id=auth.id,
            )
            await self._write(packet)

    async def _write(self, packet: bytes) -> None:
        await self._stream.write(self._transport.wrap(packet))


def _message(session: Session, body: _Body) -> TL:
    data = body.value.write()
    number = session.next_number(is_content=body.is_content)
    return Message(Ready(data), session.next_id(body.kind), number, len(data))


def _bad_salt(message: TL, salt: int) -> TL:
    return types.BadServerSalt(
        bad_msg_id=message.msg_id, bad_msg_seqno=message.seq_no, error_code=_WRONG_SALT, new_server_salt=salt
    )
