"""The plugin `sandbox`: adds `fetchgram demo` and `fetchgram sandbox`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fetchgram.api import API_VERSION, CliCommand, Context, SettingsModel, hookimpl

Port = Annotated[int, typer.Option(help="Of the page; 0 takes a free one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Plugin:
    """Brings the commands; nothing of the bot depends on it."""

    name = "sandbox"
    api_version = API_VERSION
    Settings = SettingsModel

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        self._settings, self._context = settings, context

    @hookimpl
    def cli_commands(self) -> Sequence[CliCommand]:
        """Name the commands."""
        return (
            CliCommand(name="demo", help="Try everything in the browser: no token, no internet.", app=_demo),
            CliCommand(name="sandbox", help="Run the Telegram and web emulators alone, for tests.", app=_sandbox),
        )


def _demo(
    port: Port = 0,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where --once keeps the file.")] = Path("demo-files"),
    *,
    once: Annotated[bool, typer.Option("--once", help="Play one conversation and end.")] = False,
    as_json: AsJson = False,
) -> None:
    from fetchgram_sandbox import demo  # noqa: PLC0415  # servers and clients are heavy

    work = demo.demo_once(port=port, output=output, as_json=as_json) if once else demo.demo(port=port, as_json=as_json)
    raise typer.Exit(asyncio.run(work))


def _sandbox(port: Port = 0, *, as_json: AsJson = False) -> None:
    from fetchgram_sandbox import demo  # noqa: PLC0415  # servers and clients are heavy

    raise typer.Exit(asyncio.run(demo.sandbox(port=port, as_json=as_json)))
