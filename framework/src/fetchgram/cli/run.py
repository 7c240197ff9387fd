"""`fetchgram run`: the bot."""

from __future__ import annotations

import asyncio
import signal

import typer

from fetchgram.cli.output import told
from fetchgram.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(context: typer.Context) -> None:
    """Run the bot until it is told to stop (SIGTERM, Ctrl-C)."""
    with told(as_json=False):
        asyncio.run(_until_signal(context.obj))


async def _until_signal(settings: Settings) -> None:
    from fetchgram.bot import run_bots  # noqa: PLC0415  # imports everything

    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(run_bots(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        if not work.cancelled():
            raise
