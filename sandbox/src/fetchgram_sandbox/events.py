"""Server-sent events: what happens in the world, as the chat page and foreign tests hear it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from aiohttp import web

from fetchgram_sandbox import happenings, wire
from fetchgram_sandbox.ear import Ear
from fetchgram_sandbox.objects import Json
from fetchgram_sandbox.world import World

_KEEP_ALIVE_S = 15.0
_MOST_WAITING = 1000
_SLOW_WRITE_S = 10.0


async def stream_events(request: web.Request, world: World) -> web.StreamResponse:
    """Send happenings until the listener goes away; one that does not keep up is dropped."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    async with Ear(world, _MOST_WAITING) as ear:
        await response.prepare(request)
        try:
            await response.write(b": hello\n\n")
            while not ear.is_deaf:
                line = await _next_line(world, ear)
                async with asyncio.timeout(_SLOW_WRITE_S):
                    await response.write(line)
        except (ConnectionError, TimeoutError):
            pass
    if request.transport is not None:
        request.transport.abort()
    return response


async def _next_line(world: World, ear: Ear) -> bytes:
    try:
        async with asyncio.timeout(_KEEP_ALIVE_S):
            happening = await ear.next()
    except TimeoutError:
        return b": still here\n\n"
    event = event_json(world, happening)
    return b"" if event is None else b"data: " + json.dumps(event).encode() + b"\n\n"


def call_json(call: happenings.CallMade) -> Json:
    """Build the record of a call."""
    return asdict(call)


def event_json(world: World, happening: happenings.Happening) -> Json | None:
    """Build an event, `None` for what nobody outside needs."""
    match happening:
        case happenings.MessagePosted(message):
            return {"event": "message", "message": wire.message_json(world, message)}
        case happenings.MessageEdited(message):
            return {"event": "edit", "message": wire.message_json(world, message)}
        case happenings.MessageRemoved(chat_id, message_id):
            return {"event": "delete", "chat": chat_id, "message_id": message_id}
        case happenings.CallMade():
            return {"event": "call", "call": call_json(happening)}
        case _:
            return _rarer_event_json(world, happening)


def _rarer_event_json(world: World, happening: happenings.Happening) -> Json | None:
    match happening:
        case happenings.ActionShown(chat_id, action):
            return {"event": "action", "chat": chat_id, "action": action}
        case happenings.QueryAnswered(query, text, alert, url):
            event: Json = {"event": "answer", "person": query.person_id, "query": query.id}
            return event | {"text": text, "alert": alert, "url": url}
        case happenings.PersonAdded(user):
            return {"event": "person", "person": wire.user_json(user)}
        case happenings.ChatAdded(chat):
            members = list(world.members(chat.id))
            return {"event": "chat", "chat": {**wire.chat_json(world, chat), "members": members}}
        case _:
            return _rarest_event_json(happening)


def _rarest_event_json(happening: happenings.Happening) -> Json | None:
    match happening:
        case happenings.Reacted(chat_id, message_id, reactions):
            return {"event": "reaction", "chat": chat_id, "message_id": message_id, "reactions": list(reactions)}
        case happenings.StatusChanged():
            return {"event": "membership", **asdict(happening)}
        case happenings.LoginCodeSent(user_id, code):
            return {"event": "login_code", "person": user_id, "code": code}
        case happenings.InlineAnswered(query, results):
            return {"event": "inline", "person": query.person_id, "query": query.id, "results": list(results)}
        case _:
            return None
