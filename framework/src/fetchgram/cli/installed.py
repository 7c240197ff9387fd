"""`fetchgram plugins`: which there are and how they are; `fetchgram plugins purge` drops what one left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli.changed import changed_by_admins
from fetchgram.cli.jobs import ask, bot_runs
from fetchgram.cli.output import FAILED, print_error, print_json, print_table, told
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ConfigError
from fetchgram.settings import Settings

if TYPE_CHECKING:
    from fetchgram.plugins.hooks import Hooks
    from fetchgram.plugins.status import PluginStatus

Name = Annotated[str, typer.Argument(help="The plugin.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the group, which lists when nothing more is said."""
    group = typer.Typer(help="List the plugins: active, disabled, failed with the reason, paused.")
    group.callback(invoke_without_command=True)(plugins)
    for command in (enable, disable, resume, purge):
        group.command()(command)
    app.add_typer(group, name="plugins")


def plugins(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the plugins: active, disabled, failed with the reason, paused."""
    if context.invoked_subcommand is not None:
        return
    rows = everybody(context.obj).statuses()
    if as_json:
        print_json(
            [
                {
                    "name": r.name,
                    "version": r.version,
                    "state": str(r.state),
                    "hooks": list(r.hooks),
                    "error": r.error,
                    "changed": r.changed,
                }
                for r in rows
            ]
        )
    else:
        print_table([(r.name, r.version, str(r.state), _told(r)) for r in rows])


def enable(context: typer.Context, name: Name) -> None:
    """Switch a plugin on in the running bot, or try one again that failed; it holds after a restart too."""
    _order(context.obj, "plugin.enable", name)


def disable(context: typer.Context, name: Name) -> None:
    """Switch a plugin off in the running bot: what it is at work with ends; it holds after a restart too."""
    _order(context.obj, "plugin.disable", name)


def resume(context: typer.Context, name: Name) -> None:
    """End the pause of a plugin that had failed too often."""
    _order(context.obj, "plugin.resume", name)


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


def _order(settings: Settings, name: str, plugin: str) -> None:
    with told(as_json=False):
        result = run_until_signal(ask(settings, name, {"plugin": plugin}))
    if not isinstance(result, dict) or "error" in result:
        message = str(result["error"]) if isinstance(result, dict) else "the bot did not answer; the command stays"
        print_error(code="not-done", message=message, as_json=False)
        raise typer.Exit(FAILED)
    typer.echo(f"done: {plugin}")


def _told(row: PluginStatus) -> str:
    words = row.error or ", ".join(row.hooks)
    return f"(changed by an admin) {words}".rstrip() if row.changed else words


def everybody(settings: Settings) -> Hooks:
    """Load the installed plugins and the core's own."""
    from fetchgram.pipeline.folder import FolderPlugin  # noqa: PLC0415  # heavy
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin
    from fetchgram.telegram.plugin import telegram_plugin  # noqa: PLC0415  # heavy

    return offline_hooks(
        settings,
        builtins=(telegram_plugin({}, settings.delivery), FolderPlugin),
        overrides=changed_by_admins(settings),
    )


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
