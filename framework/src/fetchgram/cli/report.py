"""Commands that only tell: `hooks`, `settings`, `check`; and `migrate`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli.changed import changed_by_admins
from fetchgram.cli.installed import everybody
from fetchgram.cli.output import FAILED, print_json, print_table, told
from fetchgram.cli.shown import shown, table
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ConfigError, SchemaTooNew, TemporarilyUnavailable
from fetchgram.settings import Settings

if TYPE_CHECKING:
    from fetchgram.plugins.hooks import Hooks
    from fetchgram.screens import Checked

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_MARKS = {"ok": "✓", "warning": "!", "failing": "✗"}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (hooks, settings, check, migrate):
        app.command()(command)


def hooks(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the hooks and which plugins take part in each."""
    from fetchgram import hookspecs  # noqa: PLC0415  # with the plugins

    asked = everybody(context.obj)
    specs = [name for name, spec in vars(hookspecs).items() if hasattr(spec, f"{hookspecs.PROJECT}_spec")]
    users = {name: asked.active(name) for name in specs}
    if as_json:
        print_json(users)
        return
    summaries = {name: (inspect.getdoc(getattr(hookspecs, name)) or "").partition("\n")[0] for name in specs}
    print_table([(name, ", ".join(names) or "-", summaries[name]) for name, names in users.items()])


def settings(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show every setting with its value; secrets are masked."""
    from fetchgram.plugins.loader import load  # noqa: PLC0415  # loads every plugin, for its own settings

    overrides = changed_by_admins(context.obj)
    own = load(context.obj, lambda _name, _settings: None, overrides=overrides).settings
    if as_json:
        print_json(shown(context.obj, own))
    else:
        print_table(table(context.obj, own, overrides))


def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say what would stop `fetchgram run`; exit code 1 when something would."""
    with told(as_json=as_json, to_operator=True):
        found = run_until_signal(_check(context.obj))
    if as_json:
        print_json([{"name": c.name, "health": str(c.report.health), "detail": c.report.detail} for c in found])
    else:
        print_table([(f"{_MARKS[c.report.health]} {c.name}", c.report.detail) for c in found])
    if any(checked.report.health == "failing" for checked in found):
        raise typer.Exit(FAILED)


def migrate(context: typer.Context) -> None:
    """Bring the database to the schema of this version."""
    with told(as_json=False, to_operator=True):
        typer.echo(f"schema {run_until_signal(_migrate(context.obj))}")


async def _check(settings: Settings) -> list[Checked]:
    from fetchgram.clock import SystemClock  # noqa: PLC0415  # heavy
    from fetchgram.openings import open_plugins  # noqa: PLC0415  # heavy
    from fetchgram.ops.health import core_checks, run_checks  # noqa: PLC0415  # heavy
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin
    from fetchgram.storage import SharedStorage  # noqa: PLC0415  # heavy
    from fetchgram.telegram.mtproto.gateway import open_gateways  # noqa: PLC0415  # heavy
    from fetchgram.telegram.mtproto.relay import open_relay  # noqa: PLC0415  # heavy
    from fetchgram.telegram.plugin import telegram_plugin  # noqa: PLC0415  # heavy

    async def _run(hooks: Hooks) -> list[Checked]:
        of_plugins = [check for _, check in await hooks.health_checks()]
        return await run_checks([*core_checks(settings, hooks.statuses(), hooks.warnings), *of_plugins])

    relay = open_relay(settings, SystemClock())
    try:
        gateways = open_gateways(settings, SystemClock())
        builtins = (telegram_plugin({}, settings.delivery, gateways, relay),)
        untouched = SharedStorage(settings.database.url, settings.data_dir, migrate=False)
        async with open_plugins(settings, builtins=builtins, database=untouched, warm=False) as opened:
            return await _run(opened.hooks)
    except (ConfigError, SchemaTooNew, TemporarilyUnavailable):
        # No data folder, a wrong [network], a database that cannot be opened: the checks of the core say so, and those
        # of plugins would only say that they were given nothing.
        hooks = offline_hooks(settings)
        return await run_checks(core_checks(settings, hooks.statuses(), hooks.warnings))


async def _migrate(settings: Settings) -> str:
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir)
    try:
        return str(await storage.schema())
    finally:
        await storage.close()
