"""The commands, and those that plugins add."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from fetchgram.cli import detect, get, installed, jobs, login, report, run_bot
from fetchgram.cli.light import uncollected
from fetchgram.cli.output import WRONG_USE, print_error, told
from fetchgram.configuration import load as load_settings
from fetchgram.errors import ConfigError
from fetchgram.logs import configure
from fetchgram.settings import LogSettings, Settings

_CONFIG_ENV = "FETCHGRAM_CONFIG"
_CONFIG_FLAGS = ("--config", "-c")
_SILENT = "critical"
_STAY = frozenset({"run", "bot", "worker"})
"""Commands that run until they are told to stop."""
_LEVELS = {
    "get": "error",
    "detect": _SILENT,
    "jobs": _SILENT,
    "plugins": _SILENT,
    "hooks": _SILENT,
    "settings": _SILENT,
    "check": _SILENT,
    "login": _SILENT,
    "migrate": _SILENT,
}
"""What a command logs when nobody asked: a bug that `get` met, and what is not in the rows of the others."""


def run(words: Sequence[str]) -> int:
    """Run one command.

    Args:
        words: Of the command line, without the program.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        # What a stranger's link or file name holds may have no form in the terminal's encoding.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper, unless replaced
    configure(LogSettings().model_copy(update={"level": _SILENT}))
    as_json = "--json" in words
    with uncollected():
        command = typer.main.get_command(_app(words))
    try:
        with told(as_json=as_json):
            code = command.main(list(words), prog_name="fetchgram", standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except TyperException as error:
        if as_json:
            print_error(code="usage", message=error.format_message(), as_json=True)
        else:
            error.show()  # type: ignore[attr-defined]  # every one that typer raises has it
        return error.exit_code
    except typer.Abort:
        return WRONG_USE
    return code if isinstance(code, int) else 0


def _app(words: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        help="A plugin-based Telegram media bot: send a link, pick a quality, get the file.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for module in (run_bot, get, detect, jobs, installed, login, report):
        module.add_to(app)
    _add_plugin_commands(app, words)
    return app


def _options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", envvar=_CONFIG_ENV, help="Default: fetchgram.toml, if there.")
    ] = None,
) -> None:
    with told(as_json="--json" in sys.argv):
        settings = load_settings(config, os.environ)
        configure(_log_of(context.invoked_subcommand, settings.log))
        context.obj = settings


def _log_of(command: str | None, settings: LogSettings) -> LogSettings:
    """A command that answers and ends says what it has to say itself, unless a level was asked for."""
    if command in _STAY or "level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"level": _LEVELS.get(command or "", "warning")})


def _add_plugin_commands(app: typer.Typer, words: Sequence[str]) -> None:
    """Ask the plugins for commands; which plugins there are is a setting, so it is read before the options are."""
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # the loader imports every plugin

    for _, command in offline_hooks(_early_settings(words)).cli_commands():
        if isinstance(command.app, typer.Typer):
            app.add_typer(command.app, name=command.name, help=command.help)
        else:
            app.command(command.name, help=command.help)(command.app)


def _early_settings(words: Sequence[str]) -> Settings:
    try:
        return load_settings(_early_config(words), os.environ)
    except ConfigError:
        return Settings()  # the options' callback tells what is wrong


def _early_config(words: Sequence[str]) -> Path | None:
    named = next(_configs(words), None) or os.environ.get(_CONFIG_ENV)
    return Path(named) if named else None


def _configs(words: Sequence[str]) -> Iterator[str]:
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        if word in _CONFIG_FLAGS:
            yield following
        elif word.startswith("--config="):
            yield word.partition("=")[2]
        elif not word.startswith("-"):
            return  # the command: what follows is its own
