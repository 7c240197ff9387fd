"""`fetchgram run`: the bot; `fetchgram bot` and `fetchgram worker`: its two halves, for many machines."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fetchgram.cli.output import told
from fetchgram.cli.signals import Interrupted, run_until_signal
from fetchgram.settings import Settings

RESTART = 75
"""Exit code when an admin asked for a restart (EX_TEMPFAIL of sysexits.h: try again): what watches over the process
starts it again, by `Restart=on-failure` of systemd or `--restart unless-stopped` of Docker."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("bot")(bot)
    app.command("worker")(worker)


def run(context: typer.Context) -> None:
    """Run the bot until it is told to stop (SIGTERM, Ctrl-C)."""
    _run(context.obj, "run")


def bot(context: typer.Context) -> None:
    """Run the half that talks to people; needs PostgreSQL and a `fetchgram worker`."""
    _run(context.obj, "bot")


def worker(context: typer.Context) -> None:
    """Run the half that downloads and sends; needs PostgreSQL, as many as you like."""
    _run(context.obj, "worker")


def _run(settings: Settings, part: str) -> None:
    with _uncollected():
        from fetchgram.bot import Part, run_bots  # noqa: PLC0415  # imports everything

    with told(as_json=False, to_operator=True):
        try:
            again = run_until_signal(run_bots(settings, Part(part)))
        except Interrupted:
            return  # as it was told to
    if again:
        raise typer.Exit(RESTART)


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
