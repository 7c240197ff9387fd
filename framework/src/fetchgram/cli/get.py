"""`fetchgram get`: the same route without Telegram."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli import listed
from fetchgram.cli.menu import pick
from fetchgram.cli.output import FAILED, fail, print_json, told
from fetchgram.cli.signals import run_until_signal
from fetchgram.errors import ChoiceGone, ConfigError, LimitReached, UnsupportedLink
from fetchgram.model import Folder, Media, Person, Receipt, Request, RequestState, text
from fetchgram.settings import DatabaseSettings, Settings

if TYPE_CHECKING:
    from fetchgram.app import Wired
    from fetchgram.cli.terminal import TerminalAudience
    from fetchgram.pipeline.menu import Menu
    from fetchgram.storage.items import Item

_POLL_S = 0.1
_OWN = 0
"""Bot and person of the terminal."""

_NO_LIMIT = 2**62
_MOST_ITEMS = 10_000
_LEASE_S = 6.0
"""After a power cut the next run waits for no longer than this."""

_ABANDONED_S = 86_400.0
"""What was interrupted and not asked for again in a day is given up, and its partial files with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    url: str
    folder: Path
    choice: str
    items: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """How it ended: what arrived, in its order, and how each item stands."""

    request: Request
    arrived: tuple[tuple[Receipt, tuple[Media, ...]], ...]
    items: list[Item]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("get")(get)


def get(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="What to fetch.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path(),
    choice: Annotated[str, typer.Option("--choice", help="best, audio, image, or a height such as 720p.")] = "best",
    items: Annotated[
        str | None, typer.Option("--items", help="Of a playlist or channel: which items, as in 3-8,12 or all.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what arrived as one JSON object.")] = False,
) -> None:
    """Fetch a link into a folder: the route of the bot, without Telegram."""
    from fetchgram.cli.terminal import TerminalAudience  # noqa: PLC0415  # draws with rich

    began = time.monotonic()
    with told(as_json=as_json):
        wish = _Wish(url=url, folder=_writable(output), choice=choice, items=items)
        got = run_until_signal(_get(context.obj, wish, TerminalAudience(quiet=as_json)))
    if got.request.listing is None and not got.arrived:
        fail(got.request.error or text("error-internal"), got.request.error_number, as_json=as_json)
    failed = listed.failures(got.items) if got.request.listing is not None else []
    if as_json:
        arrived = [each for receipt, media in got.arrived for each in delivered(receipt, media)]
        more = {"failed": failed} if got.request.listing is not None else {}
        print_json({"delivered": arrived, **more, "elapsed_s": round(time.monotonic() - began, 3)})
    else:
        _print(got, failed)
    if failed:
        raise typer.Exit(FAILED)


def _print(got: _Got, failed: list[dict[str, object]]) -> None:
    for receipt, _ in got.arrived:
        for path in receipt.paths:
            typer.echo(path)
    for each in failed:
        typer.echo(f"{each['position']}. {each['title']}: {each['message']}", err=True)


def delivered(receipt: Receipt, media: tuple[Media, ...]) -> list[dict[str, object]]:
    """Describe what arrived, for `--json`."""
    return [
        {
            "path": str(path),
            "size_bytes": item.size_bytes,
            "mime": item.mime,
            "duration_s": item.duration_s,
            "width_px": item.width_px,
            "height_px": item.height_px,
            "route": receipt.route,
        }
        for path, item in zip(receipt.paths, media, strict=True)
    ]


def _writable(folder: Path) -> Path:
    """Refuse a folder before anything is fetched for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder {str(folder)!r} cannot be made: {error.strerror}; name another by -o") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"the folder {str(folder)!r} cannot be written to; name another by -o")
    return folder.resolve()


async def _get(settings: Settings, wish: _Wish, audience: TerminalAudience) -> _Got:
    from fetchgram.app import open_route  # noqa: PLC0415  # builds the parts
    from fetchgram.openings import open_plugins  # noqa: PLC0415  # the same
    from fetchgram.pipeline.folder import FolderPlugin  # noqa: PLC0415  # the same
    from fetchgram.storage import SharedStorage  # noqa: PLC0415  # the same

    own = _for_one(settings)
    database = SharedStorage(None, settings.data_dir / "get")
    async with (
        open_plugins(own, builtins=(FolderPlugin,), database=database, warm=False) as plugins,
        open_route(own, plugins, audience) as route,
    ):
        with audience:
            request = await _interrupted_before(route, wish) or await _chosen(route, wish)
            request = await _worked_off(route, request)
            if request.state is RequestState.CHOOSING:
                await route.intake.cancel(request.id)
                raise ChoiceGone
        return await _got(route, request)


async def _got(route: Wired, request: Request) -> _Got:
    arrived: list[tuple[Receipt, tuple[Media, ...]]] = []
    async with route.storage.read() as session:
        for delivery in await session.deliveries.of_request(request.id):
            job = await session.jobs.get(delivery.job_id)
            if delivery.receipt is not None:
                arrived.append((delivery.receipt, job.checkpoint.media if job and job.checkpoint else ()))
        return _Got(request=request, arrived=tuple(arrived), items=await session.items.of_request(request.id))


def _for_one(settings: Settings) -> Settings:
    """Settings for the one person at this terminal, who shares with nobody."""
    free = {"links_per_minute": _NO_LIMIT, "waiting": _NO_LIMIT, "running": _NO_LIMIT}
    free |= dict.fromkeys(("jobs_per_hour", "jobs_per_day", "bytes_per_hour", "bytes_per_day"), 0)
    free["list_items"] = _MOST_ITEMS
    free |= dict.fromkeys(("minutes_per_hour", "minutes_per_day"), 0)
    one = {"downloads": 1, "room_wait_s": 0, "lease_s": min(settings.work.lease_s, _LEASE_S)}
    return settings.model_copy(
        update={
            "database": DatabaseSettings(),
            "limits": settings.limits.model_copy(update=free),
            "work": settings.work.model_copy(update=one),
        }
    )


async def _interrupted_before(route: Wired, wish: _Wish) -> Request | None:
    """Return the same wish if an earlier run did not finish it: its partial files are still there."""
    found = None
    async with route.storage.read() as session:
        unfinished = await session.requests.unfinished(_OWN)
    for request in unfinished:
        age_s = time.time() - request.created_at.timestamp()
        if await _is_same(route, request, wish):
            found = request
        elif age_s > _ABANDONED_S:
            await route.intake.cancel(request.id)
    return found


async def _is_same(route: Wired, request: Request, wish: _Wish) -> bool:
    same = request.url == wish.url and request.destination == Folder(path=wish.folder)
    if not same or request.state is not RequestState.WORKING or request.probe is None or request.recipe is None:
        return False
    if request.listing is not None:
        return listed.is_same(request, (await route.items.read(request.id))[1], wish.items, wish.choice)
    try:
        index = pick(await route.intake.menu(request.id), wish.choice)
    except ConfigError:
        return False
    return request.probe.choices[index] == request.recipe.choice


async def _chosen(route: Wired, wish: _Wish) -> Request:
    intake, person = route.intake, Person(bot_id=_OWN, id=_OWN)
    key, destination = uuid.uuid4().hex, Folder(path=wish.folder)
    request, _ = await intake.accept(key=key, person=person, destination=destination, url=wish.url)
    seen = await intake.look(request)
    if seen is None:
        raise UnsupportedLink
    try:
        if seen.listing is not None:
            return await listed.take(route, seen, wish.items, wish.choice)
        index = _index(await intake.menu(request.id), wish)
    except (ConfigError, LimitReached):
        await intake.cancel(request.id)
        raise
    return await intake.choose(request.id, index)


def _index(menu: Menu, wish: _Wish) -> int:
    if wish.items is not None:
        raise ConfigError("--items is for lists, and this is none")
    return pick(menu, wish.choice)


async def _worked_off(route: Wired, request: Request) -> Request:
    """Work on the jobs of this request, one after the other, until it ended."""
    while (job_id := await _next_job(route, request.id)) is not None:
        await _work_on(route, request.id, job_id)
    return await route.intake.request(request.id)


async def _next_job(route: Wired, request_id: int) -> int | None:
    request, found = await route.items.read(request_id)
    if request.state is not RequestState.WORKING:
        return None
    return next((item.job_id for item in found if not item.state.ended), None)


async def _work_on(route: Wired, request_id: int, job_id: int) -> None:
    """Work on a job until nobody waits for it, here or in another process that has it."""
    async with asyncio.TaskGroup() as group:
        runner = group.create_task(route.runner.run(only=job_id))
        # Another process may have the job, so that only the database knows; and ours puts its folder away.
        while await _next_job(route, request_id) == job_id or route.runner.running:  # noqa: ASYNC110  # for the reason above
            await asyncio.sleep(_POLL_S)
        runner.cancel()
