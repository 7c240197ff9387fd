"""`fetchgram login`: a person's account for very large files, or the bots themselves, over MTProto."""

from __future__ import annotations

import asyncio
import getpass
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer

from fetchgram.cli.output import told
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ConfigError
from fetchgram.settings import Settings

_HELP = "Log a person's account in, which uploads files that are too large for a bot."


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("login", help=_HELP)(login)


def login(
    context: typer.Context,
    *,
    bot: Annotated[bool, typer.Option("--bot/--user", help="Log the bots in, by their tokens.")] = False,
    string: Annotated[
        bool, typer.Option("--string", help="Print a session string for mtproto.user_session, keep no file.")
    ] = False,
) -> None:
    """Log in; what is asked for is neither shown nor kept."""
    with told(as_json=False, to_operator=True):
        settings: Settings = context.obj
        if not settings.mtproto.is_set:
            raise ConfigError("set mtproto.api_id and mtproto.api_hash first, from https://my.telegram.org")
        with _terminal_kept():
            run_until_signal(_bots(settings) if bot else _person(settings, as_string=string))


async def _bots(settings: Settings) -> None:
    from fetchgram.clock import SystemClock  # noqa: PLC0415  # with aiogram and kurigram
    from fetchgram.telegram.mtproto.gateway import open_gateways  # noqa: PLC0415  # the same

    if not settings.bots:
        raise ConfigError("no bot is set: put `[bots.main]` with `token = …` (from @BotFather) into fetchgram.toml")
    for name, gateway in open_gateways(settings, SystemClock()).items():
        try:
            typer.echo(f"bot {name}: {await gateway.check()}")
        finally:
            gateway.close()


async def _person(settings: Settings, *, as_string: bool) -> None:
    from fetchgram.telegram.mtproto.login import log_in_person  # noqa: PLC0415  # kurigram is heavy
    from fetchgram.telegram.mtproto.relay import session_file  # noqa: PLC0415  # the same
    from fetchgram.telegram.mtproto.session import save, to_string  # noqa: PLC0415  # the same

    phone = await _typed("Phone number, with its country code")
    session = await log_in_person(settings.mtproto, phone, _Terminal())
    if as_string:
        typer.echo(to_string(session, settings.mtproto.api_id or 0))
        return
    path = session_file(settings)
    await asyncio.to_thread(save, path, session)
    premium = " with Premium" if session.is_premium else ""
    typer.echo(f"account {session.user_id}{premium} is logged in; the session is in {path}")


class _Terminal:
    """Asks whoever sits there."""

    async def code(self, place: str) -> str:
        """Ask for the code."""
        return await _typed(f"Code, which came {place}")

    async def password(self, hint: str) -> str:
        """Ask for the password of two-step verification."""
        return await _typed(f"Password of two-step verification{f' (hint: {hint})' if hint else ''}")

    def wrong(self, what: str) -> None:
        """Say that it was wrong."""
        typer.echo(f"The {what} is wrong. Once more:", err=True)


async def _typed(question: str) -> str:
    """Ask, in a thread that the end of the process does not wait for: nothing can end a read from a terminal.

    Raises:
        ConfigError: Nobody answers.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def ask() -> None:
        try:
            given = _read(question).strip()
        except (EOFError, OSError):
            given = ""
        with suppress(RuntimeError):  # the loop has gone: the command was interrupted
            loop.call_soon_threadsafe(_answer, answer, given)

    threading.Thread(target=ask, daemon=True).start()
    if not (given := await answer):
        raise ConfigError(f"no answer to: {question}")
    return given


def _answer(answer: asyncio.Future[str], given: str) -> None:
    if not answer.done():
        answer.set_result(given)


def _read(question: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ", stream=sys.stderr)
    typer.echo(f"{question}:", err=True)
    return sys.stdin.readline()


@contextmanager
def _terminal_kept() -> Iterator[None]:
    """Leave the terminal as it was: an interrupted question would leave it without an echo."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
