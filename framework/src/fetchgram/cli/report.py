"""Commands that only tell: `plugins`, `hooks`, `settings`, `check`; and `migrate`."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fetchgram.cli.output import FAILED, print_json, told
from fetchgram.settings import Settings, SettingsModel

if TYPE_CHECKING:
    from fetchgram.ops.health import Checked

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_MARKS = {"ok": "✓", "warning": "!", "failing": "✗"}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (plugins, hooks, settings, check, migrate):
        app.command()(command)


def plugins(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the plugins: active, disabled, failed with the reason, paused."""
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin

    rows = offline_hooks(context.obj).statuses()
    if as_json:
        print_json(
            [
                {"name": r.name, "version": r.version, "state": str(r.state), "hooks": list(r.hooks), "error": r.error}
                for r in rows
            ]
        )
        return
    for row in rows:
        typer.echo(f"{row.name:12} {row.version:8} {row.state:9} {row.error or ', '.join(row.hooks)}")


def hooks(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the hooks and which plugins take part in each."""
    from fetchgram import hookspecs  # noqa: PLC0415  # with the plugins
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin

    rows = offline_hooks(context.obj).statuses()
    specs = [name for name, spec in vars(hookspecs).items() if hasattr(spec, f"{hookspecs.PROJECT}_spec")]
    users = {name: [row.name for row in rows if name in row.hooks] for name in specs}
    if as_json:
        print_json(users)
        return
    for name, names in users.items():
        summary = (inspect.getdoc(getattr(hookspecs, name)) or "").partition("\n")[0]
        typer.echo(f"{name:16} {', '.join(names) or '-':28} {summary}")


def settings(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show every setting with its value; secrets are masked."""
    values = context.obj.model_dump(mode="json")
    if as_json:
        print_json(values)
        return
    for path, value, description in _flat(context.obj, ""):
        typer.echo(f"{path:32} {value!s:28} {description}")


def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say what would stop `fetchgram run`; exit code 1 when something would."""
    with told(as_json=as_json):
        found = asyncio.run(_check(context.obj))
    if as_json:
        print_json([{"name": c.name, "health": str(c.report.health), "detail": c.report.detail} for c in found])
    else:
        for checked in found:
            typer.echo(f"{_MARKS[checked.report.health]} {checked.name:16} {checked.report.detail}")
    if any(checked.report.health == "failing" for checked in found):
        raise typer.Exit(FAILED)


def migrate(context: typer.Context) -> None:
    """Bring the database to the schema of this version."""
    with told(as_json=False):
        typer.echo(f"schema {asyncio.run(_migrate(context.obj))}")


async def _check(settings: Settings) -> list[Checked]:
    from fetchgram.ops.health import core_checks, run_checks  # noqa: PLC0415  # heavy
    from fetchgram.plugins.offline import offline_hooks  # noqa: PLC0415  # loads every plugin

    hooks = offline_hooks(settings)
    return await run_checks(
        [*core_checks(settings, hooks.statuses()), *(check for _, check in await hooks.health_checks())]
    )


async def _migrate(settings: Settings) -> str:
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir)
    try:
        return await storage.schema()
    finally:
        await storage.close()


def _flat(model: SettingsModel, prefix: str) -> list[tuple[str, Any, str]]:
    rows: list[tuple[str, Any, str]] = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, SettingsModel):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((f"{prefix}{name}", value, field.description or ""))
    return rows
