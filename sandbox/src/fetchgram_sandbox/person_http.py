"""The person's side over HTTP: the chat page, and tests in any language, act as people through it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, fields
from typing import TypeAlias

from aiohttp import BodyPartReader, web

from fetchgram_sandbox import wire
from fetchgram_sandbox.account import Account
from fetchgram_sandbox.calls import save_part
from fetchgram_sandbox.errors import ApiError
from fetchgram_sandbox.events import call_json, stream_events
from fetchgram_sandbox.faults import KINDS, Fault
from fetchgram_sandbox.files import FileFacts, Upload
from fetchgram_sandbox.happenings import CallMade
from fetchgram_sandbox.limits import Limits, Rate
from fetchgram_sandbox.objects import Chat, Entity, Json, User
from fetchgram_sandbox.page_files import add_page
from fetchgram_sandbox.params import Params
from fetchgram_sandbox.person import FILE_KINDS, Person
from fetchgram_sandbox.world import World

_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
# A person sends files of up to 2 GB (core.telegram.org/bots/faq); 4 GB with Premium.
_PERSON_UPLOAD_BYTES = 4000 * 1024 * 1024
_MOST_TOLD = 2**31 - 1
"""Lengths and sides are of the type int (core.telegram.org/constructor/documentAttributeVideo), never negative."""
_RATES = frozenset({"overall", "private", "group", "edits", "paid"})
_STATUSES = frozenset({"member", "administrator", "left", "kicked"})


class PersonRoutes:
    """The handlers below `/sim/` and the page.

    Args:
        world: Where people act.
        account: The bot's account, for its limits.
        calls: The recorded calls.
        samples: Links that the page offers.
    """

    def __init__(
        self, world: World, account: Account, calls: Sequence[CallMade], samples: Sequence[dict[str, str]]
    ) -> None:
        self._world, self._account, self._calls, self._samples = world, account, calls, samples

    def add_to(self, app: web.Application) -> None:
        """Add all routes to a server."""
        add_page(app)
        router = app.router
        router.add_get("/sim/state", _told(self._state))
        router.add_get("/sim/messages", _told(self._messages))
        router.add_get("/sim/events", _told(self._events))
        router.add_get("/sim/calls", _told(self._calls_after))
        router.add_get("/sim/files/{file_id}", _told(self._file))
        router.add_post("/sim/messages", _told(self._say))
        router.add_post("/sim/files", _told(self._send_file))
        router.add_post("/sim/taps", _told(self._tap))
        router.add_post("/sim/membership", _told(self._membership))
        router.add_post("/sim/people", _told(self._new_person))
        router.add_post("/sim/chats", _told(self._new_chat))
        router.add_post("/sim/faults", _told(self._new_fault))
        router.add_delete("/sim/faults", _told(self._clear_faults))
        router.add_post("/sim/limits", _told(self._limits))

    async def _state(self, _request: web.Request) -> web.Response:
        world = self._world
        state: Json = {
            "bot": wire.user_json(world.bot),
            "people": [wire.user_json(user) for user in world.people.values()],
            "chats": [self._chat_json(chat) for chat in world.chats.values()],
            "samples": list(self._samples),
        }
        return web.json_response(state)

    def _chat_json(self, chat: Chat) -> Json:
        return {**wire.chat_json(self._world, chat), "members": list(self._world.members(chat.id))}

    async def _messages(self, request: web.Request) -> web.Response:
        chat = self._chat(Params(dict(request.query)))
        return web.json_response([wire.message_json(self._world, each) for each in self._world.messages(chat.id)])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await stream_events(request, self._world)

    async def _calls_after(self, request: web.Request) -> web.Response:
        after = Params(dict(request.query)).number("after", 0)
        return web.json_response([call_json(call) for call in self._calls if call.n > after])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            file = self._world.files.find(request.match_info["file_id"])
        except LookupError as error:
            raise _no(404, "no such file") from error
        # Nothing that a bot sends may run as a page of this origin.
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Content-Type": file.mime}
        return web.FileResponse(file.path, headers=headers)

    async def _say(self, request: web.Request) -> web.Response:
        params = await _body(request)
        if not params.text("text").strip():
            raise _no(400, "text is empty")
        entities = tuple(
            Entity(item.text("type"), item.number("offset", 0), item.number("length", 0), _extra(item))
            for item in map(params.child, params.sequence("entities"))
        )
        message = self._person(params).say(
            params.text("text"),
            self._chat(params),
            entities=entities,
            reply_to=params.integer("reply_to"),
            topic_id=params.integer("message_thread_id"),
        )
        return web.json_response(wire.message_json(self._world, message))

    async def _send_file(self, request: web.Request) -> web.Response:
        values: Json = {}
        upload: Upload | None = None
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.filename is not None:
                upload = Upload(self._world.files.new_path(), part.filename)
                await save_part(part, upload.path, _PERSON_UPLOAD_BYTES)
            elif isinstance(part, BodyPartReader) and part.name is not None:
                values[part.name] = await part.text()
        if upload is None:
            raise _no(400, "no file")
        try:
            return self._send_upload(Params(values), upload)
        finally:
            upload.path.unlink(missing_ok=True)

    def _send_upload(self, params: Params, upload: Upload) -> web.Response:
        kind = params.text("kind", "document")
        if kind not in FILE_KINDS:
            raise _no(400, f"kind must be one of {', '.join(FILE_KINDS)}")
        person, chat, facts = self._person(params), self._chat(params), _facts(params)
        message = person.send_upload(upload, kind, chat, caption=params.text("caption"), facts=facts)
        return web.json_response(wire.message_json(self._world, message))

    async def _tap(self, request: web.Request) -> web.Response:
        params = await _body(request)
        message = self._world.find_message(self._chat(params).id, params.integer("message_id"))
        if message is None:
            raise _no(404, "no such message")
        try:
            query = self._person(params).tap(message, params.text("data") or params.text("label"))
        except LookupError as error:
            raise _no(404, "no such button") from error
        return web.json_response({"query": query.id})

    async def _membership(self, request: web.Request) -> web.Response:
        params = await _body(request)
        status = params.text("status")
        if status not in _STATUSES:
            raise _no(400, f"status must be one of {', '.join(sorted(_STATUSES))}")
        self._person(params).set_bot_status(self._chat(params), status)
        return web.json_response({"status": status})

    async def _new_person(self, request: web.Request) -> web.Response:
        params = await _body(request)
        user = self._world.new_person(
            params.text("first_name", "Somebody"),
            last_name=params.text("last_name"),
            username=params.text("username"),
            language_code=params.text("language_code", "en"),
        )
        return web.json_response(wire.user_json(user))

    async def _new_chat(self, request: web.Request) -> web.Response:
        params = await _body(request)
        kind = params.text("type", "supergroup")
        if kind not in {"group", "supergroup"}:
            raise _no(400, "type must be group or supergroup")
        members = [self._user(value) for value in params.sequence("members")]
        chat = self._world.new_chat(params.text("title", "Group"), members, kind=kind, is_forum=params.flag("is_forum"))
        return web.json_response(self._chat_json(chat))

    async def _new_fault(self, request: web.Request) -> web.Response:
        params = await _body(request)
        if params.text("fault") not in KINDS:
            raise _no(400, f"fault must be one of {', '.join(KINDS)}")
        fault = Fault(
            method=params.text("method", "*"),
            kind=params.text("fault"),
            times=params.number("times", 1),
            seconds=params.decimal("seconds"),
            error_code=params.number("error_code", 500),
            description=params.text("description", "Internal Server Error"),
            retry_after_s=params.integer("retry_after"),
        )
        return web.json_response({"id": self._world.faults.add(fault)})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.json_response({})

    async def _limits(self, request: web.Request) -> web.Response:
        body = await _object(request)
        known = {field.name for field in fields(Limits)}
        if unknown := sorted(body.keys() - known):
            raise _no(400, f"unknown limits: {', '.join(unknown)}")
        self._account.change_limits({name: _limit(name, value) for name, value in body.items()})
        return web.json_response({name: _limit_json(getattr(self._account.limits, name)) for name in sorted(known)})

    def _person(self, params: Params) -> Person:
        return Person(self._world, self._user(params.integer("person")))

    def _user(self, user_id: object) -> User:
        user = self._world.people.get(user_id) if isinstance(user_id, int) else None
        if user is None:
            raise _no(404, "no such person")
        return user

    def _chat(self, params: Params) -> Chat:
        try:
            return self._world.chat(params.number("chat", 0))
        except LookupError as error:
            raise _no(404, "no such chat") from error


def _told(handler: _Handler) -> _Handler:
    """Turn what is wrong with a request into an answer that says it."""

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            raise _no(400, error.description) from error

    return told


async def _body(request: web.Request) -> Params:
    return Params(await _object(request))


async def _object(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as error:
        raise _no(400, "the body must be JSON") from error
    if not isinstance(body, dict):
        raise _no(400, "the body must be a JSON object")
    return body


def _no(status: int, reason: str) -> web.HTTPException:
    kinds = {400: web.HTTPBadRequest, 404: web.HTTPNotFound}
    return kinds[status](text=json.dumps({"error": reason}), content_type="application/json")


def _extra(item: Params) -> tuple[tuple[str, object], ...]:
    return tuple((name, item.text(name)) for name in ("url", "language") if item.has(name))


def _facts(params: Params) -> FileFacts:
    """Read what a client tells of a file; Telegram counts whole seconds (core.telegram.org/bots/api#video)."""
    return FileFacts(
        duration_s=_told_number(params, "duration"),
        width_px=_told_number(params, "width"),
        height_px=_told_number(params, "height"),
        title=params.text("title"),
        performer=params.text("performer"),
    )


def _told_number(params: Params, name: str) -> int:
    if not 0 <= (value := params.number(name, 0)) <= _MOST_TOLD:
        raise _no(400, f"{name} must be from 0 to {_MOST_TOLD}")
    return value


def _limit(name: str, value: object) -> object:
    if isinstance(value, dict):
        rate = Params(value)
        return Rate(rate.number("count", 1), rate.decimal("seconds"))
    if isinstance(value, bool | int | float) or (value is None and name in _RATES):
        return value
    raise _no(400, f"a limit is a number, a rate or null: {name}")


def _limit_json(value: object) -> object:
    return asdict(value) if isinstance(value, Rate) else value
