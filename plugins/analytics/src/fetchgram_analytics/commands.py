"""`fetchgram analytics`: a report as pictures and numbers in a folder, and sums that are counted again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fetchgram.api import Context, with_context
from fetchgram_analytics.settings import Settings

PLUGIN = "analytics"


def group(settings: Settings) -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(no_args_is_help=True)

    @app.command()
    def report(
        context: typer.Context,
        since: Annotated[
            datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; 30 days back by default.")
        ] = None,
        output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path("report"),
    ) -> None:
        """Write the dashboard and every chart as PNG, and the sums of each day as CSV and JSON."""

        async def work(given: Context) -> list[Path]:
            from fetchgram_analytics.exporting import export  # noqa: PLC0415  # not needed to name the command

            return await export(given, settings, since.date() if since else None, output)

        for path in with_context(context, PLUGIN, work):
            typer.echo(path)

    @app.command()
    def rebuild(context: typer.Context) -> None:
        """Count the kept events again, put right what differs, and say what that was; the bot may run meanwhile."""

        async def work(given: Context) -> list[str]:
            from fetchgram_analytics.dates import Place  # noqa: PLC0415  # not needed to name the command
            from fetchgram_analytics.rebuilding import Rebuilding, told  # noqa: PLC0415  # the same

            rebuilding = Rebuilding(given.database, Place(settings.timezone), settings)
            return told(await rebuilding.rebuild(given.clock.now()))

        for line in with_context(context, PLUGIN, work):
            typer.echo(line)

    return app
