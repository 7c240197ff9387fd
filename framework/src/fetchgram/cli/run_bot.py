"""`fetchgram run`: the bot."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fetchgram.cli.output import told
from fetchgram.cli.signals import Interrupted, run_until_signal


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(context: typer.Context) -> None:
    """Run the bot until it is told to stop (SIGTERM, Ctrl-C)."""
    with _uncollected():
        from fetchgram.bot import run_bots  # noqa: PLC0415  # imports everything

    with told(as_json=False, to_operator=True):
        try:
            run_until_signal(run_bots(context.obj))
        except Interrupted:
            return  # as it was told to


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from what is imported: none of it is garbage.

    Looking for some while aiogram builds its models is a quarter of the start; later, each full look at them would
    hold the loop up.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
