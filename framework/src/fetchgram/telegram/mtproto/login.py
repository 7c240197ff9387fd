"""Logging in: a bot by its token, a person by phone number, code and password."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

import structlog
from pyrogram.raw import functions, types
from pyrogram.utils import compute_password_check

from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.settings import MtprotoSettings
from fetchgram.telegram.mtproto.connection import TL
from fetchgram.telegram.mtproto.dialer import Dialer, LogIn
from fetchgram.telegram.mtproto.failures import Lost, NoAnswer, Refused
from fetchgram.telegram.mtproto.session import Session

log = structlog.get_logger()

T = TypeVar("T")

_WRONG_CODE = frozenset({"PHONE_CODE_INVALID", "PHONE_CODE_EMPTY"})
_WRONG_PASSWORD = frozenset({"PASSWORD_HASH_INVALID"})
_TRIES = 3
_NEEDS_PASSWORD = "SESSION_PASSWORD_NEEDED"  # noqa: S105  # the name of an error
_REASONS = {
    "PHONE_NUMBER_INVALID": "Telegram does not know this number: write it with its country code, as +15550100",
    "PHONE_NUMBER_BANNED": "Telegram has banned this number",
    "PHONE_NUMBER_FLOOD": "this number was tried too often: wait a day",
    "PHONE_CODE_EXPIRED": "the code has expired: begin again",
    "PHONE_CODE_INVALID": "the code is wrong",
    "PASSWORD_HASH_INVALID": "the password is wrong",
    "API_ID_INVALID": "mtproto.api_id and mtproto.api_hash do not fit: copy them from my.telegram.org again",
}
_PLACES = {
    types.auth.SentCodeTypeApp: "in Telegram, on a device where you are logged in",
    types.auth.SentCodeTypeSms: "by SMS",
    types.auth.SentCodeTypeCall: "by a phone call",
    types.auth.SentCodeTypeFragmentSms: "on fragment.com",
    types.auth.SentCodeTypeEmailCode: "by e-mail",
}


class Asks(Protocol):
    """Asks the person at the terminal; no answer is shown or kept."""

    async def code(self, place: str) -> str:
        """Ask for the code, saying where it came."""
        ...

    async def password(self, hint: str) -> str:
        """Ask for the password of two-step verification."""
        ...

    def wrong(self, what: str) -> None:
        """Say that an answer was wrong, and that it is asked again."""
        ...


def as_bot(token: str) -> LogIn:
    """Return the login of a bot."""

    async def log_in(dialer: Dialer, here: Session) -> Session:
        query = functions.auth.ImportBotAuthorization(
            flags=0, api_id=dialer.api_id, api_hash=dialer.api_hash, bot_auth_token=token
        )
        answer = await dialer.call(here, query)
        log.info("mtproto.logged_in", bot=answer.user.id, dc=here.dc_id)
        return replace(here, user_id=answer.user.id)

    return log_in


def as_person(phone: str, asks: Asks) -> LogIn:
    """Return the login of a person.

    Args:
        phone: Number with its country code.
        asks: The terminal.
    """

    async def log_in(dialer: Dialer, here: Session) -> Session:
        user = await _Person(dialer, here, phone, asks).sign_in()
        return replace(here, user_id=user.id, is_premium=bool(user.premium))

    return log_in


async def log_in_person(settings: MtprotoSettings, phone: str, asks: Asks) -> Session:
    """Log a person in and return the session.

    Args:
        settings: `[mtproto]`; set.
        phone: Number with its country code.
        asks: The terminal.

    Raises:
        ConfigError: The number or an answer is refused; says so in words.
        TemporarilyUnavailable: Telegram cannot be reached.
    """
    dialer = Dialer(settings)
    try:
        return await dialer.log_in(as_person(phone, asks))
    except (Lost, NoAnswer) as error:
        raise TemporarilyUnavailable(f"Telegram cannot be reached: {error}") from error
    except Refused as refused:
        raise _in_words(refused) from refused
    finally:
        dialer.close()


class _Person:
    """One login at one data centre; see core.telegram.org/api/auth."""

    def __init__(self, dialer: Dialer, here: Session, phone: str, asks: Asks) -> None:
        self._dialer = dialer
        self._here = here
        self._phone = "".join(character for character in phone if character.isdigit())
        self._asks = asks

    async def sign_in(self) -> TL:
        """Go through the steps, and return the user.

        Raises:
            ConfigError: Nobody has this number.
            Refused: The account lives elsewhere, or an answer is wrong.
        """
        dialer = self._dialer
        sent = await self._call(
            functions.auth.SendCode(
                phone_number=self._phone,
                api_id=dialer.api_id,
                api_hash=dialer.api_hash,
                settings=types.CodeSettings(),
            )
        )
        if isinstance(sent, types.auth.SentCodeSuccess):
            return sent.authorization.user
        return await self._with_code(sent)

    async def _with_code(self, sent: TL) -> TL:
        place = _PLACES.get(type(sent.type), "by Telegram")

        async def sign_in() -> TL:
            code = await self._asks.code(place)
            query = functions.auth.SignIn(
                phone_number=self._phone, phone_code_hash=sent.phone_code_hash, phone_code=code.strip()
            )
            return await self._call(query)

        try:
            answer = await self._until_right(sign_in, _WRONG_CODE, "code")
        except Refused as refused:
            if refused.message != _NEEDS_PASSWORD:
                raise
            answer = await self._until_right(self._with_password, _WRONG_PASSWORD, "password")
        if isinstance(answer, types.auth.AuthorizationSignUpRequired):
            raise ConfigError("nobody has this number in Telegram: sign up with an app first")
        return answer.user

    async def _with_password(self) -> TL:
        # Asked anew each time: a challenge holds for one answer.
        known = await self._call(functions.account.GetPassword())
        password = await self._asks.password(known.hint or "")
        proof = await asyncio.to_thread(compute_password_check, known, password)
        return await self._call(functions.auth.CheckPassword(password=proof))

    async def _until_right(self, attempt: Callable[[], Awaitable[T]], wrong: frozenset[str], what: str) -> T:
        for _ in range(_TRIES - 1):
            try:
                return await attempt()
            except Refused as refused:
                if refused.message not in wrong:
                    raise
                self._asks.wrong(what)
        return await attempt()

    async def _call(self, query: TL) -> TL:
        return await self._dialer.call(self._here, query)


def _in_words(refused: Refused) -> ConfigError:
    if refused.wait_s is not None:
        return ConfigError(f"Telegram asks to wait {refused.wait_s} s before the next try")
    return ConfigError(_REASONS.get(refused.message, f"Telegram refuses the login: {refused.message}"))
