"""A command that a plugin adds, at work: with what the plugin is given in the bot, opened for as long as it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from fetchgram.cli.output import told
from fetchgram.cli.signals import run_until_signal
from fetchgram.ports import Context
from fetchgram.settings import Settings

T = TypeVar("T")


def with_context(command: typer.Context, plugin: str, work: Callable[[Context], Awaitable[T]]) -> T:
    """Do some work with a plugin's context; an error of ours becomes one sentence and an exit code.

    Args:
        command: Of typer, as the command got it.
        plugin: Whose context.
        work: Gets it; children and connections are started when it first uses them.
    """
    with told(as_json=False, to_operator=True):
        return run_until_signal(_work(command.find_root().obj, plugin, work))


async def _work(settings: Settings, plugin: str, work: Callable[[Context], Awaitable[T]]) -> T:
    from fetchgram.openings import open_context  # noqa: PLC0415  # builds the parts

    async with open_context(settings, plugin) as context:
        return await work(context)
