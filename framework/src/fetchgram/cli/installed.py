"""`fetchgram plugins`: which there are and how they are; `fetchgram plugins purge` drops what one left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli.jobs import bot_runs
from fetchgram.cli.output import print_json, print_table, told
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ConfigError
from fetchgram.settings import Settings

if TYPE_CHECKING:
    from fetchgram.plugins.hooks import Hooks

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the group, which lists when nothing more is said."""
    group = typer.Typer(help="List the plugins: active, disabled, failed with the reason, paused.")
    group.callback(invoke_without_command=True)(plugins)
    group.command("purge")(purge)
    app.add_typer(group, name="plugins")


def plugins(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the plugins: active, disabled, failed with the reason, paused."""
    if context.invoked_subcommand is not None:
        return
    rows = everybody(context.obj).statuses()
    if as_json:
        print_json(
            [
                {"name": r.name, "version": r.version, "state": str(r.state), "hooks": list(r.hooks), "error": r.error}
                for r in rows
            ]
        )
    else:
        print_table([(r.name, r.version, str(r.state), r.error or ", ".join(r.hooks)) for r in rows])


def purge(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The plugin, which need not be installed any more.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop a plugin's tables with all that is in them; nothing else of it is touched."""
    if not yes:
        typer.confirm(f"Drop all tables of {name!r} with what is in them? That cannot be undone", abort=True)
    with told(as_json=False, to_operator=True):
        dropped = run_until_signal(_purge(context.obj, name))
    typer.echo(f"dropped: {', '.join(dropped)}" if dropped else f"{name!r} has no tables")


def everybody(settings: Settings) -> Hooks:
    """Load the installed plugins and the core's own."""
    from fetchgram.pipeline.folder import FolderPlugin  # noqa: PLC0415  # heavy
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin
    from fetchgram.telegram.plugin import telegram_plugin  # noqa: PLC0415  # heavy

    return offline_hooks(settings, builtins=(telegram_plugin({}, settings.delivery), FolderPlugin))


async def _purge(settings: Settings, name: str) -> tuple[str, ...]:
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin
    from fetchgram.storage import open_storage, purge_plugin  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
    try:
        active = {row.name for row in offline_hooks(settings).statuses() if row.state == "active"}
        if name in active and await bot_runs(settings, storage):
            raise ConfigError(
                f"the bot runs, and {name!r} works with these tables: stop it, or name the plugin in plugins.disabled "
                "and start it again"
            )
        return await purge_plugin(storage, name)
    finally:
        await storage.close()
