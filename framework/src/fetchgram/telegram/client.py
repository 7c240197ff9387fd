"""The connection to a Bot API server: sane time limits, the token kept out of every error text."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from aiogram.utils.token import TokenValidationError
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    FormData,
    TCPConnector,
    TraceConfig,
    TraceRequestHeadersSentParams,
)

from fetchgram.errors import ConfigError
from fetchgram.settings import BotSettings
from fetchgram.telegram.failures import NotReached, redact
from fetchgram.telegram.uploads import CountedFile, HandedFile

_CONNECT_S = 10.0
_CALL_S = 30.0
_STALL_S = 60.0
_PROCESSING_S = 300.0
"""How long the server may take over a large file after it has all of it."""
_IDLE_S = 15.0
"""A connection idle for longer is not used again: the other side may be closing it, and a cut send is uncertain."""
_CONNECTIONS = 100


@dataclass(slots=True)
class _Attempt:
    """What is known of one request that is under way."""

    files: list[InputFile]
    headers_sent: bool = False

    @property
    def counted(self) -> list[CountedFile]:
        """The files whose reading can be followed."""
        return [file for file in self.files if isinstance(file, CountedFile)]

    @property
    def is_handed_over(self) -> bool:
        """Whether the server gets a name only, and then reads, and sends on, a whole file."""
        return any(isinstance(file, HandedFile) for file in self.files)

    @property
    def reached(self) -> bool:
        """Whether the server may have all of the request."""
        return self.headers_sent and all(file.exhausted for file in self.counted)

    def close(self) -> None:
        """Close the files."""
        for file in self.counted:
            file.close()


class Session(AiohttpSession):
    """aiogram's session with a time limit on silence instead of one on the whole upload.

    Raises `NotReached` where the request surely never arrived as a whole.
    """

    def __init__(self, api: TelegramAPIServer) -> None:
        super().__init__(api=api, limit=_CONNECTIONS, timeout=_CALL_S)
        self._connector_init["keepalive_timeout"] = _IDLE_S

    async def create_session(self) -> ClientSession:
        """Open the connection pool, with a trace that tells whether a request began to leave."""
        if self._session is None or self._session.closed:
            trace = TraceConfig()
            trace.on_request_headers_sent.append(_note_headers)
            connector = TCPConnector(**self._connector_init)
            self._session = ClientSession(connector=connector, trace_configs=[trace])
            self._should_reset_connector = False
        return self._session

    async def close(self) -> None:
        """Close the connections; aiohttp waits for TLS by itself since 3.12, so aiogram's extra pause is left out."""
        if self._session is not None and not self._session.closed:
            await self._session.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109  # aiogram's signature
    ) -> TelegramType:
        """Carry out one call.

        Raises:
            NotReached: It surely did not arrive.
            TelegramNetworkError: It may have arrived.
            ClientDecodeError: The answer cannot be read.
        """
        form, files = self._build(bot, method)
        attempt = _Attempt(files)
        try:
            status, content = await self._post(bot, method, form, attempt, timeout or self.timeout)
        except (TimeoutError, ClientError, OSError) as error:
            kind = TelegramNetworkError if attempt.reached else NotReached
            # The chain is cut: aiohttp's errors may hold the address, and with it the token.
            raise kind(method, redact(f"{type(error).__name__}: {error}")) from None
        finally:
            attempt.close()
        try:
            response = self.check_response(bot, method, status, content)
        except ClientDecodeError as error:
            raise ClientDecodeError(
                "the answer cannot be read", ValueError(type(error.original).__name__), f"HTTP {status}"
            ) from None
        return cast("TelegramType", response.result)

    def prepare_value(self, value: Any, bot: Bot, files: dict[str, Any], _dumps_json: bool = True) -> Any:  # noqa: FBT001, FBT002  # aiogram's signature
        """Name a file that is handed over; everything else is aiogram's affair."""
        if isinstance(value, HandedFile):
            files[value.uri] = value
            return value.uri
        return super().prepare_value(value, bot, files, _dumps_json)

    def _build(self, bot: Bot, method: TelegramMethod[TelegramType]) -> tuple[FormData, list[InputFile]]:
        form = FormData(quote_fields=False)
        files: dict[str, Any] = {}
        for key, value in method.model_dump(warnings=False).items():
            if prepared := self.prepare_value(value, bot=bot, files=files):
                form.add_field(key, prepared)
        for key, file in files.items():
            if isinstance(file, HandedFile):
                continue
            form.add_field(key, file.read(bot), filename=file.filename or key)
        return form, list(files.values())

    async def _post(
        self, bot: Bot, method: TelegramMethod[TelegramType], form: FormData, attempt: _Attempt, timeout_s: float
    ) -> tuple[int, str]:
        session = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        async with asyncio.timeout(timeout_s) as limit:
            self._watch(attempt, limit)
            async with session.post(
                url,
                data=form,
                timeout=ClientTimeout(total=None, sock_connect=_CONNECT_S),
                allow_redirects=False,
                trace_request_ctx=attempt,
            ) as answer:
                return answer.status, await answer.text()

    def _watch(self, attempt: _Attempt, limit: asyncio.Timeout) -> None:
        if not attempt.files:
            return
        loop = asyncio.get_running_loop()

        def alive() -> None:
            if not limit.expired():
                limit.reschedule(loop.time() + (_PROCESSING_S if attempt.reached else _STALL_S))

        limit.reschedule(loop.time() + (_PROCESSING_S if attempt.is_handed_over else _STALL_S))
        for file in attempt.counted:
            file.watch = alive


async def _note_headers(
    _session: ClientSession, context: SimpleNamespace, _params: TraceRequestHeadersSentParams
) -> None:
    attempt = getattr(context, "trace_request_ctx", None)
    if isinstance(attempt, _Attempt):
        attempt.headers_sent = True


def build_client(name: str, settings: BotSettings) -> Bot:
    """Build the aiogram client of one bot.

    Raises:
        ConfigError: If the token cannot be one.
    """
    try:
        return Bot(settings.token.get_secret_value(), session=Session(TelegramAPIServer.from_base(settings.api_url)))
    except TokenValidationError:
        raise wrong_token(name) from None


def wrong_token(name: str) -> ConfigError:
    """Build the error for a token that Telegram does not accept."""
    return ConfigError(
        f"the token of bot {name!r} is not accepted by Telegram: set bots.{name}.token (fetchgram.toml) or "
        f"FETCHGRAM_BOTS__{name.upper()}__TOKEN to the one that @BotFather gave; "
        "`fetchgram get` and `fetchgram demo` work without it"
    )
