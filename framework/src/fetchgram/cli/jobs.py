"""`fetchgram jobs`: what waits, runs and failed; cancel and retry, effective on a running bot."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli.output import FAILED, print_error, print_json, print_table, sentence, told
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ConfigError
from fetchgram.model import Job, JobState, Json, encode
from fetchgram.settings import Settings

if TYPE_CHECKING:
    from fetchgram.storage import Storage

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JobId = Annotated[int, typer.Argument(help="Number of the job.")]

_PATIENCE_S = 10.0
_POLL_S = 0.1
_HOUSE = "house"
"""The lease of the process that carries commands out, where several work on one database."""


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Show, cancel and retry jobs; works while the bot runs.")
    group.command("list")(list_jobs)
    group.command("show")(show)
    group.command("cancel")(cancel)
    group.command("retry")(retry)
    app.add_typer(group, name="jobs")


def list_jobs(
    context: typer.Context,
    state: Annotated[list[JobState] | None, typer.Option(help="Only these; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    *,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first."""
    with told(as_json=as_json):
        jobs = run_until_signal(_list(context.obj, tuple(state or JobState), limit))
    if as_json:
        print_json([_brief(job) for job in jobs])
    elif jobs:
        print_table([("job", "state", "stage", "tries", "plugin", "title"), *(_row(job) for job in jobs)])
    else:
        typer.echo("no jobs")


def show(context: typer.Context, job_id: JobId, *, as_json: AsJson = False) -> None:
    """Show everything about a job."""
    with told(as_json=as_json):
        job = run_until_signal(_get(context.obj, job_id))
    if job is None:
        print_error(code="no-job", message=f"there is no job {job_id}", as_json=as_json)
        raise typer.Exit(FAILED)
    if as_json:
        print_json(encode(job))
        return
    print_table([(name, str(value)) for name, value in _brief(job).items() if value is not None])


def cancel(context: typer.Context, job_id: JobId, *, as_json: AsJson = False) -> None:
    """Cancel a job for everyone who waits for it."""
    _order(context.obj, "job.cancel", job_id, as_json=as_json)


def retry(
    context: typer.Context,
    job_id: Annotated[int | None, typer.Argument(help="Number of the job.", show_default=False)] = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a failed or cancelled job again for everyone who asked, or all that failed."""
    if failed == (job_id is not None):
        raise typer.BadParameter("name one job, or say --failed", param_hint="JOB_ID")
    _order(context.obj, "job.retry", job_id, as_json=as_json)


async def bot_runs(settings: Settings, storage: Storage) -> bool:
    """Whether a process talks to people over this database."""
    if storage.database.is_shared:
        async with storage.read() as session:
            return await session.leases.holder(_HOUSE) is not None
    path = settings.data_dir / "run.lock"
    if not path.exists():
        return False
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _order(settings: Settings, name: str, job_id: int | None, *, as_json: bool) -> None:
    with told(as_json=as_json):
        result = run_until_signal(ask(settings, name, {"job": job_id}))
    if not isinstance(result, dict) or "error" in result:
        message = str(result["error"]) if isinstance(result, dict) else "the bot did not answer; the command stays"
        print_error(code="not-done", message=message, as_json=as_json)
        raise typer.Exit(FAILED)
    if as_json:
        print_json(result)
    else:
        count = len(result["requests"]) if isinstance(result["requests"], list) else 0
        typer.echo(f"done for {count} request{'' if count == 1 else 's'}")


async def ask(settings: Settings, name: str, args: Mapping[str, Json]) -> Json:
    """Leave a command for the running bot and wait for its answer, `None` when there is none in time.

    Raises:
        ConfigError: If no bot runs.
    """
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
    try:
        if not await bot_runs(settings, storage):
            raise ConfigError(
                "no `fetchgram run` or `bot` works on this database; start it first, it carries the command out"
            )
        async with storage.write() as session:
            command_id = await session.commands.add(name, args)
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            async with storage.read() as session:
                if (result := await session.commands.result(command_id)) is not None:
                    return result
            await asyncio.sleep(_POLL_S)
        return None
    finally:
        await storage.close()


async def _list(settings: Settings, states: tuple[JobState, ...], limit: int) -> list[Job]:
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
    try:
        async with storage.read() as session:
            return await session.jobs.list(states, limit)
    finally:
        await storage.close()


async def _get(settings: Settings, job_id: int) -> Job | None:
    from fetchgram.storage import open_storage  # noqa: PLC0415  # heavy

    storage = await open_storage(settings.database.url, settings.data_dir, migrate=False)
    try:
        async with storage.read() as session:
            return await session.jobs.get(job_id)
    finally:
        await storage.close()


def _row(job: Job) -> tuple[str, ...]:
    brief = _brief(job)
    return tuple(str(brief[name] or "-") for name in ("id", "state", "stage", "attempt", "plugin", "title"))


def _brief(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "state": str(job.state),
        "stage": str(job.stage),
        "attempt": job.attempt,
        "plugin": job.link.plugin,
        "media_id": job.link.media_id,
        "title": job.title,
        "created_at": job.created_at.isoformat(timespec="seconds"),
        "not_before": job.not_before.isoformat(timespec="seconds") if job.not_before else None,
        "error": sentence(job.error) if job.error else None,
        "error_number": job.error_number,
    }
