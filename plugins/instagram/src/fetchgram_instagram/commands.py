"""`fetchgram instagram`: log in by hand, look at the accounts, forget one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from fetchgram.api import ConfigError, Context, Json, with_context
from fetchgram_instagram.links import PLUGIN, is_username
from fetchgram_instagram.session_files import read_cookies, read_session
from fetchgram_instagram.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetchgram_instagram.accounts import Accounts

_TIMEOUT_S = 60.0


def command_group(settings: Settings) -> typer.Typer:
    """Return the commands.

    Args:
        settings: Of the plugin.
    """
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

    @group.command()
    def login(
        context: typer.Context,
        username: Annotated[str, typer.Argument(help="Of the account; not needed with cookies.")] = "",
        cookies: Annotated[
            Path | None, typer.Option(help="A browser's cookies in Netscape format, instead of the password.")
        ] = None,
        session: Annotated[Path | None, typer.Option(help="A session file of instaloader, instead.")] = None,
    ) -> None:
        """Keep the session of an account: by its password, or by what another program is logged in with."""
        source = read_cookies(cookies) if cookies else read_session(session) if session else None
        name = with_context(context, PLUGIN, lambda given: _logged_in(given, settings, username, source))
        typer.echo(f"{name} is logged in.")

    @group.command()
    def accounts(context: typer.Context) -> None:
        """List the accounts and how they are."""
        for line in with_context(context, PLUGIN, lambda given: _described(given, settings)):
            typer.echo(line)

    @group.command()
    def forget(context: typer.Context, username: Annotated[str, typer.Argument(help="Of the account.")]) -> None:
        """Remove the session of an account from this machine."""
        with_context(context, PLUGIN, lambda given: _forget(given, settings, username))

    return group


async def _logged_in(context: Context, settings: Settings, username: str, source: Mapping[str, str] | None) -> str:
    """Log in, or take what somebody else is logged in with if it still works, and keep it."""
    if source is None:
        _check_name(username)
        cookies = await _by_password(context, username)
    else:
        cookies = dict(source)
    answer = await _call(context, "name_of", {"cookies": cast("Json", cookies)})
    if not isinstance(answer, str) or not is_username(answer):
        raise ConfigError("Instagram does not know this session (any more); log in again where it comes from")
    await _accounts(context, settings).keep(answer, cookies)
    return answer


async def _by_password(context: Context, username: str) -> dict[str, str]:
    password = _secret("Password")
    answer = cast("dict[str, Json]", await _call(context, "log_in", {"username": username, "password": password}))
    if "pending" in answer:
        code = _secret("Code of the second factor")
        more: dict[str, Json] = {"username": username, "code": code.replace(" ", ""), "pending": answer["pending"]}
        answer = cast("dict[str, Json]", await _call(context, "confirm", more))
    return cast("dict[str, str]", answer["cookies"])


async def _described(context: Context, settings: Settings) -> list[str]:
    accounts, now = _accounts(context, settings), context.clock.now().timestamp()
    lines = []
    for name, health in (await accounts.health()).items():
        rest_s = health.ready_at(settings.requests_per_hour, now) - now
        state = f"ended: {health.ended}" if health.ended else f"rests for {rest_s:.0f} s" if rest_s > 0 else "ready"
        lines.append(f"{name}  {state}  {len(health.used)} requests in the last hour")
    return lines or ["There is no account: fetchgram instagram login"]


async def _forget(context: Context, settings: Settings, username: str) -> None:
    _check_name(username)
    if not await _accounts(context, settings).forget(username):
        raise ConfigError(f"there is no session of {username!r}")


async def _call(context: Context, work: str, payload: dict[str, Json]) -> Json:
    target = f"fetchgram_instagram.logins:{work}"
    return await context.workers.run(target, {**payload, "timeout_s": _TIMEOUT_S}, timeout_s=2 * _TIMEOUT_S)


def _accounts(context: Context, settings: Settings) -> Accounts:
    from fetchgram_instagram.accounts import Accounts  # noqa: PLC0415  # the database is not needed for --help

    return Accounts(context.data_dir, context.database, settings, context.clock)


def _check_name(username: str) -> None:
    if not is_username(username):
        raise ConfigError(f"no name of an account: {username!r}")


def _secret(what: str) -> str:
    """Ask without showing what is typed; a pipe is read line by line."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True))
    return sys.stdin.readline().rstrip("\n")
