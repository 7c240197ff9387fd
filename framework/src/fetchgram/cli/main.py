"""The commands, and those that plugins add."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from fetchgram.cli import detect, get, report, run
from fetchgram.cli.output import told
from fetchgram.errors import ConfigError
from fetchgram.logs import configure
from fetchgram.settings import LogSettings, Settings
from fetchgram.settings import load as load_settings

_CONFIG_ENV = "FETCHGRAM_CONFIG"


def main() -> None:
    """Run the command line."""
    configure(LogSettings(level="error"))
    _app()(prog_name="fetchgram")


def _app() -> typer.Typer:
    app = typer.Typer(
        help="A plugin-based Telegram media bot: send a link, pick a quality, get the file.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for module in (run, get, detect, report):
        module.add_to(app)
    _add_plugin_commands(app)
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
    """A command that answers and ends shows no course of events, unless the level was asked for."""
    if command == "run" or "level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"level": "warning"})


def _add_plugin_commands(app: typer.Typer) -> None:
    """Ask the plugins for commands; which plugins there are is a setting, so it is read before the options are."""
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # the loader imports every plugin

    for _, command in offline_hooks(_early_settings()).cli_commands():
        if isinstance(command.app, typer.Typer):
            app.add_typer(command.app, name=command.name, help=command.help)
        else:
            app.command(command.name, help=command.help)(command.app)


def _early_settings() -> Settings:
    try:
        return load_settings(_early_config(), os.environ)
    except ConfigError:
        return Settings()  # the options' callback tells what is wrong


def _early_config() -> Path | None:
    words = sys.argv[1:]
    for flag, value in itertools.pairwise(words):
        if flag in {"--config", "-c"}:
            return Path(value)
    named = next((word.partition("=")[2] for word in words if word.startswith("--config=")), None)
    named = named or os.environ.get(_CONFIG_ENV)
    return Path(named) if named else None
