"""The emulated Bot API server: what a bot calls, where it gets files, and the person's side beside it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from fetchgram_sandbox import loopback
from fetchgram_sandbox.account import Account, not_found
from fetchgram_sandbox.calls import read_params
from fetchgram_sandbox.description import Description
from fetchgram_sandbox.errors import ApiError, bad_request
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.happenings import CallMade
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.methods import METHODS
from fetchgram_sandbox.objects import Json
from fetchgram_sandbox.params import Params
from fetchgram_sandbox.person_http import PersonRoutes
from fetchgram_sandbox.world import World

_SHUTDOWN_S = 0.1
_KEPT_CALLS = 2000
_LARGEST_FORM_BYTES = 8 * 1024 * 1024


class BotApi:
    """A Bot API server on loopback; `async with` starts and stops it.

    Args:
        world: Where everything happens.
        token: The token of the world's bot; its first part must be the bot's id.
        limits: What is refused.
        port: 0 takes a free one.
        host: A loopback address.
        reads_all: Whether the bot sees every message of its groups.
        samples: Links that the chat page offers, each with `title` and `url`.
        description: What to check calls against; by default the file that the environment names.

    Attributes:
        calls: The last calls, oldest first.
        problems: Where calls or answers disagreed with the published description.
    """

    def __init__(  # noqa: PLR0913 - keyword-only settings, each with a default
        self,
        world: World,
        *,
        token: str | None = None,
        limits: Limits | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        reads_all: bool = True,
        samples: Sequence[dict[str, str]] = (),
        description: Description | None = None,
    ) -> None:
        self.world = world
        self.token = token or f"{world.bot.id}:sandbox-token-that-opens-nothing"
        if self.token.partition(":")[0] != str(world.bot.id):
            raise ValueError(f"the token's first part must be the bot's id, {world.bot.id}")
        self.account = Account(world, limits or Limits(), reads_all=reads_all)
        self.samples = tuple(samples)
        self.calls: deque[CallMade] = deque(maxlen=_KEPT_CALLS)
        self._description = description or Description.from_environment()
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._count = 0

    @property
    def url(self) -> str:
        """Return the base address, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def problems(self) -> list[str]:
        """Return what disagreed with the published description, or was silently ignored as Telegram does."""
        return self.account.problems

    async def __aenter__(self) -> Self:
        """Start to listen."""
        app = web.Application(client_max_size=_LARGEST_FORM_BYTES, middlewares=[loopback.only_from_here])
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        PersonRoutes(self.world, self.account, self.calls, self.samples).add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening and cut open connections."""
        self.account.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method, started = request.match_info["method"], time.perf_counter()
        params = Params({})
        error: ApiError | None = None
        result: object = None
        response: web.StreamResponse | None = None
        try:
            self._check_token(request)
            params = await read_params(request, self.world.files, self.account.limits.upload_bytes)
            result, response = await self._carry_out_with_faults(request, method, params)
        except ApiError as refusal:
            error = refusal
        finally:
            params.discard()
        self._record(method, params, error, result, started)
        if response is not None:
            return response
        return _refusal(error) if error is not None else web.json_response({"ok": True, "result": result})

    async def _carry_out_with_faults(
        self, request: web.Request, method: str, params: Params
    ) -> tuple[object, web.StreamResponse | None]:
        fault = self.world.faults.take(method, params.shown())
        if fault is None:
            return await self._carry_out(method, params), None
        if fault.kind == "error":
            raise ApiError(fault.error_code, fault.description, retry_after_s=fault.retry_after_s)
        if fault.kind == "garbage":
            return None, web.Response(text='{"ok": true, "result": ', content_type="application/json")
        await asyncio.sleep(fault.seconds)
        if fault.kind == "delay":
            return await self._carry_out(method, params), None
        if fault.kind == "lost":
            with contextlib.suppress(ApiError):
                await self._carry_out(method, params)
        return None, _cut(request)

    async def _carry_out(self, method: str, params: Params) -> object:
        known = METHODS.get(method)
        if known is None:
            raise not_found(method)
        self._check_request(method, params)
        params.allow(known.params, method)
        result = known.handle(self.account, params)
        if inspect.isawaitable(result):
            result = await result
        if self._description is not None:
            self.account.problems += self._description.response_problems(method, result)
        return result

    def _check_request(self, method: str, params: Params) -> None:
        if self._description is not None:
            self.account.problems += self._description.request_problems(method, params.names())

    def _check_token(self, request: web.Request) -> None:
        if request.match_info["token"] != self.token:
            raise ApiError(401, "Unauthorized")

    def _record(self, method: str, params: Params, error: ApiError | None, result: object, started: float) -> None:
        if method == "getUpdates" and error is None and not result:
            return
        self._count += 1
        call = CallMade(
            n=self._count,
            at=self.world.clock(),
            method=method,
            params=params.shown(),
            ok=error is None,
            error_code=error.code if error else None,
            description=error.description if error else None,
            ms=round((time.perf_counter() - started) * 1000),
        )
        self.calls.append(call)
        self.world.emit(call)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            return web.FileResponse(self._file_to_download(request.match_info["path"]))
        except ApiError as error:
            return _refusal(error)

    def _file_to_download(self, path: str) -> str:
        kind, _, name = path.partition("s/")
        number = name.removeprefix("file_").partition(".")[0]
        try:
            file = self.world.files.by_number(int(number), kind)
        except (ValueError, LookupError) as error:
            raise ApiError(404, "Not Found") from error
        if file.size_bytes > self.account.limits.download_bytes:
            raise bad_request("file is too big")
        return str(file.path)


def _refusal(error: ApiError) -> web.Response:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    parameters: Json = {}
    if error.retry_after_s is not None:
        parameters["retry_after"] = error.retry_after_s
        headers["Retry-After"] = str(error.retry_after_s)
    if error.migrate_to_chat_id is not None:
        parameters["migrate_to_chat_id"] = error.migrate_to_chat_id
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=error.code, headers=headers)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    # aiohttp wants a response even for a connection that is gone.
    return web.Response()


__all__ = ["BotApi", "Fault", "Limits"]
