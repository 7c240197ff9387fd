"""`fetchgram login` at a terminal of its own, against the emulated server."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.telegram.mtproto import session
from fetchgram_sandbox.happenings import Happening, LoginCodeSent
from fetchgram_sandbox.mtproto.server import MtprotoServer
from fetchgram_sandbox.person import Person

from .conftest import Cli

pytestmark = pytest.mark.timeout(120)

PASSWORD = "correct horse"


@dataclass
class Terminal:
    """A command at a terminal: what is shown, and what is typed."""

    process: subprocess.Popen[bytes]
    descriptor: int
    shown: str = ""
    typed: list[str] = field(default_factory=list)

    async def answers(self, question: str, of: Callable[[], str]) -> None:
        """Type an answer when the question is there, and nothing that is typed is shown any more."""
        await until(lambda: question in self.shown and not self._echoes)
        self.shown = self.shown.replace(question, "", 1)
        answer = of()
        self.typed.append(answer)
        os.write(self.descriptor, f"{answer}\n".encode())

    async def ends(self) -> int:
        await until(lambda: self.process.poll() is not None)
        return self.process.returncode

    @property
    def _echoes(self) -> bool:
        return bool(termios.tcgetattr(self.descriptor)[3] & termios.ECHO)

    def read(self) -> None:
        try:
            self.shown += os.read(self.descriptor, 65536).decode()
        except OSError:  # the other side has gone
            asyncio.get_running_loop().remove_reader(self.descriptor)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that a process does."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
def login_settings(mtproto: MtprotoServer, tmp_path: Path) -> Cli:
    application = mtproto.desk.application
    config = f"""
[bots.main]
token = "{mtproto.desk.token}"
[mtproto]
api_id = {application.api_id}
api_hash = "{application.api_hash}"
server = "127.0.0.1:{mtproto.port}"
public_key = '''{mtproto.key.pem}'''
"""
    (tmp_path / "fetchgram.toml").write_text(config)
    return Cli(tmp_path)


@pytest_asyncio.fixture
async def at_terminal(login_settings: Cli) -> AsyncIterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str) -> Terminal:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(  # a terminal of its own, as getpass opens it
            [sys.executable, "-m", "fetchgram", "login", *words],
            cwd=login_settings.folder,
            env=login_settings.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        terminal = Terminal(process, ours)
        asyncio.get_running_loop().add_reader(ours, terminal.read)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        asyncio.get_running_loop().remove_reader(terminal.descriptor)
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.descriptor)


@pytest.fixture
def last_code(mtproto: MtprotoServer) -> Callable[[], str]:
    codes: list[str] = []

    def hear(happening: Happening) -> None:
        if isinstance(happening, LoginCodeSent):
            codes.append(happening.code)

    mtproto.world.listen(hear)
    return lambda: codes[-1]


async def test_a_person_logs_in_and_nothing_that_is_typed_is_shown(
    at_terminal: Callable[..., Terminal],
    last_code: Callable[[], str],
    mtproto: MtprotoServer,
    chat: Person,
    login_settings: Cli,
) -> None:
    mtproto.desk.phones.set_password(chat.id, PASSWORD)
    mtproto.desk.phones.set_premium(chat.id, is_premium=True)
    terminal = at_terminal()
    await terminal.answers("Phone number", lambda: mtproto.desk.phones.number_of(chat.id))
    await terminal.answers("Code, which came in Telegram", last_code)
    await terminal.answers("two-step verification (hint", lambda: PASSWORD)
    assert await terminal.ends() == 0
    await until(lambda: "is logged in" in terminal.shown)
    assert f"account {chat.id} with Premium is logged in" in terminal.shown
    assert not any(answer in terminal.shown for answer in terminal.typed)
    path = login_settings.folder / "data" / "mtproto" / "user.session"
    found = session.load(path)
    assert found is not None
    assert (found.user_id, path.stat().st_mode & 0o777) == (chat.id, 0o600)


async def test_a_session_string_is_printed_and_no_file_is_left(
    login_settings: Cli, last_code: Callable[[], str], mtproto: MtprotoServer, chat: Person
) -> None:
    process = await login_settings.start("login", "--string")
    assert process.stdin is not None and process.stderr is not None and process.stdout is not None  # noqa: PT018  # pipes
    process.stdin.write(f"{mtproto.desk.phones.number_of(chat.id)}\n".encode())
    async with asyncio.timeout(60):
        while b"Code" not in await process.stderr.readline():
            pass
    out, err = await process.communicate(f"{last_code()}\n".encode())
    assert process.returncode == 0, err
    found = session.from_string(out.decode(), f"127.0.0.1:{mtproto.port}")
    assert found.user_id == chat.id
    assert not (login_settings.folder / "data" / "mtproto" / "user.session").exists()


async def test_the_bots_log_in_by_their_tokens(login_settings: Cli) -> None:
    answer = await login_settings.run("login", "--bot")
    assert (answer.code, answer.out) == (0, "bot main: logged in as @fetchgram_bot at data centre 2\n")
    assert list((login_settings.folder / "data" / "mtproto").glob("bot-*.session"))


async def test_a_wrong_number_and_no_answer_are_told_in_a_sentence(login_settings: Cli) -> None:
    process = await login_settings.start("login")
    _, err = await process.communicate(b"+15550100\n")
    assert (process.returncode, b"country code" in err, b"Traceback" in err) == (2, True, False)
    process = await login_settings.start("login")
    _, err = await process.communicate(b"")
    assert (process.returncode, b"no answer" in err) == (2, True)


async def test_without_an_application_it_says_what_to_set(tmp_path: Path) -> None:
    answer = await Cli(tmp_path).run("login")
    assert (answer.code, "my.telegram.org" in answer.err) == (2, True)
