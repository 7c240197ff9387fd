"""`fetchgram analytics report`: pictures and numbers in a folder."""

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

    @app.callback()
    def analytics() -> None:
        """Keep `report` a command of its own, though it is the only one."""

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

    return app
