from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from fetchgram.errors import ConfigError, TemporarilyUnavailable
from fetchgram.telegram.mtproto import login, session
from fetchgram.telegram.mtproto.session import Session
from fetchgram_sandbox.faults import Fault
from fetchgram_sandbox.happenings import Happening, LoginCodeSent
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.person import Person

from .conftest import settings_for

LogIn = Callable[..., Awaitable[Session]]
PASSWORD = "correct horse"


class Patient:
    """Somebody at a terminal, who mistypes at first if told to."""

    def __init__(self, codes: list[str], *, password: str = PASSWORD, slips: int = 0) -> None:
        self._codes, self._password, self._slips = codes, password, slips
        self.asked: list[str] = []

    async def code(self, place: str) -> str:
        self.asked.append(place)
        return self._mistyped() or self._codes[-1]

    async def password(self, hint: str) -> str:
        self.asked.append(hint)
        return self._mistyped() or self._password

    def wrong(self, what: str) -> None:
        self.asked.append(f"wrong {what}")

    def _mistyped(self) -> str:
        self._slips -= 1
        return "0" if self._slips >= 0 else ""


@pytest.fixture
def codes(mtproto: MtprotoServer) -> Iterator[list[str]]:
    seen: list[str] = []

    def hear(happening: Happening) -> None:
        if isinstance(happening, LoginCodeSent):
            seen.append(happening.code)

    stop = mtproto.world.listen(hear)
    yield seen
    stop()


@pytest.fixture
def log_in(mtproto: MtprotoServer, chat: Person) -> LogIn:
    async def attempt(asks: Patient, phone: str | None = None) -> Session:
        number = phone or f"+{mtproto.desk.phones.number_of(chat.id)}"
        return await login.log_in_person(settings_for(mtproto), number, asks)

    return attempt


async def test_a_code_is_enough_where_there_is_no_password(log_in: LogIn, codes: list[str], chat: Person) -> None:
    asks = Patient(codes)
    found = await log_in(asks)
    assert (found.user_id, found.is_premium, len(found.key)) == (chat.id, False, 256)
    assert asks.asked == ["in Telegram, on a device where you are logged in"]


async def test_code_and_password_are_asked_again_when_they_are_wrong(
    log_in: LogIn, codes: list[str], chat: Person, mtproto: MtprotoServer
) -> None:
    mtproto.desk.phones.set_password(chat.id, PASSWORD)
    mtproto.desk.phones.set_premium(chat.id, is_premium=True)
    asks = Patient(codes, slips=1)
    found = await log_in(asks)
    assert (found.user_id, found.is_premium) == (chat.id, True)
    assert asks.asked[1] == "wrong code"
    with pytest.raises(ConfigError, match="the password is wrong"):
        await log_in(Patient(codes, password="guess"))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("auth.sendCode", "error", error_code=400, description="PHONE_NUMBER_BANNED"), "has banned this number"),
        (Fault("auth.sendCode", "error", error_code=420, description="FLOOD_WAIT_33"), "wait 33 s"),
        (Fault("auth.signIn", "error", error_code=400, description="PHONE_CODE_EXPIRED"), "the code has expired"),
        (Fault("auth.signIn", "error", error_code=400, description="ODD"), "refuses the login: ODD"),
    ],
    ids=lambda value: value.description if isinstance(value, Fault) else "",
)
async def test_a_refusal_is_said_in_words(
    log_in: LogIn, codes: list[str], mtproto: MtprotoServer, fault: Fault, told: str
) -> None:
    mtproto.world.faults.add(fault)
    with pytest.raises(ConfigError, match=told):
        await log_in(Patient(codes))


async def test_a_number_that_nobody_has_is_refused(log_in: LogIn, codes: list[str]) -> None:
    with pytest.raises(ConfigError, match="does not know this number"):
        await log_in(Patient(codes), "+15550100")


async def test_an_account_of_another_data_centre_logs_in_there(
    log_in: LogIn, codes: list[str], mtproto: MtprotoServer, chat: Person
) -> None:
    mtproto.world.faults.add(Fault("auth.sendCode", "error", error_code=303, description="PHONE_MIGRATE_2"))
    found = await log_in(Patient(codes))
    assert found.user_id == chat.id
    assert list(mtproto.calls).count("auth.sendCode") == 2


async def test_a_server_that_is_away_is_no_answer(log_in: LogIn, mtproto: MtprotoServer) -> None:
    settings = settings_for(mtproto, server="127.0.0.1:1")
    async with asyncio.timeout(60):
        with pytest.raises(TemporarilyUnavailable):
            await login.log_in_person(settings, "+9996621001", Patient([]))


def test_a_session_string_is_read_as_it_was_written() -> None:
    made = Session(dc_id=4, host="149.154.167.91", port=443, key=bytes(range(256)), user_id=7)
    text = session.to_string(made, 1)
    assert session.from_string(text, None) == made
    assert session.from_string(f" {text}\n", "[::1]:99").host == "::1"


async def test_kurigrams_own_session_string_is_one(mtproto: MtprotoServer, chat: Person) -> None:
    found = session.from_string(mtproto.session_string(chat.id), f"127.0.0.1:{mtproto.port}")
    assert (found.user_id, found.port) == (chat.id, mtproto.port)
    with pytest.raises(ConfigError, match="a bot's"):
        session.from_string(mtproto.session_string(mtproto.world.bot.id), None)


@pytest.mark.parametrize("text", ["", "nonsense", "AAAA"])
def test_what_is_no_session_string_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="session string"):
        session.from_string(text, None)


def test_a_session_from_a_setting_is_kept_in_memory_and_forgotten(tmp_path: Path) -> None:
    made = Session(dc_id=2, host="h", port=1, key=b"k", user_id=7)
    keeper = session.SessionString(made)
    assert (keeper.load(), keeper.used_at) == (made, None)
    keeper.save(made)
    assert keeper.used_at is not None
    keeper.forget()
    assert keeper.load() is None
    file = session.SessionFile(tmp_path / "user.session")
    assert file.used_at is None
    file.save(made)
    assert file.used_at is not None
