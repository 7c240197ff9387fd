"""`fetchgram get`: the same route without Telegram."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fetchgram.cli.output import fail, print_json, sentence, told
from fetchgram.cli.terminal import TerminalAudience
from fetchgram.errors import ConfigError, FetchgramError
from fetchgram.model import ChoiceKind, Folder, Media, Person, Receipt, Request, RequestState, text
from fetchgram.pipeline.menu import Menu
from fetchgram.settings import DatabaseSettings, Settings

if TYPE_CHECKING:
    from fetchgram.pipeline.intake import Intake

_POLL_S = 0.2


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("get")(get)


def get(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="What to fetch.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path(),
    choice: Annotated[str, typer.Option("--choice", help="best, audio, image, or a height such as 720p.")] = "best",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what arrived as one JSON object.")] = False,
) -> None:
    """Fetch a link into a folder: the route of the bot, without Telegram."""
    began = time.monotonic()
    with told(as_json=as_json):
        request, receipt, media = asyncio.run(_get(context.obj, url, output.resolve(), choice, quiet=as_json))
    if request.state is not RequestState.DONE or receipt is None:
        error = request.error or text("error-internal")
        fail(code=error.key, message=sentence(error), number=request.error_number, as_json=as_json)
        return
    if as_json:
        print_json({"delivered": delivered(receipt, media), "elapsed_s": round(time.monotonic() - began, 3)})
        return
    for path in receipt.paths:
        typer.echo(path)


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


def pick(menu: Menu, choice: str) -> int:
    """Return the index of the choice that a word means: the named height, or the nearest below it.

    Raises:
        ConfigError: If there is none; says what there is.
    """
    rows = [row for row in menu.rows if row.route is not None]
    if choice == "best" and menu.best is not None:
        return menu.best
    if choice in set(ChoiceKind):
        of_kind = [row for row in rows if row.choice.kind == choice]
        if of_kind:
            return of_kind[0].index
    if choice.removesuffix("p").isdigit():
        height = int(choice.removesuffix("p"))
        fitting = [row for row in rows if row.choice.height_px and row.choice.height_px <= height]
        if fitting:
            return max(fitting, key=lambda row: row.choice.height_px or 0).index
    names = sorted({f"{r.choice.height_px}p" if r.choice.height_px else str(r.choice.kind) for r in rows})
    raise ConfigError(f"--choice {choice!r} is not to be had here; there is: best, {', '.join(names)}")


async def _get(
    settings: Settings, url: str, folder: Path, choice: str, *, quiet: bool
) -> tuple[Request, Receipt | None, tuple[Media, ...]]:
    from fetchgram.app import open_plugins, open_route  # noqa: PLC0415  # builds the parts
    from fetchgram.pipeline.folder import FolderPlugin  # noqa: PLC0415  # the same

    one = settings.work.model_copy(update={"downloads": 1})
    own = settings.model_copy(update={"database": DatabaseSettings(), "work": one})
    audience = TerminalAudience(quiet=quiet)
    async with (
        open_plugins(own, builtins=(FolderPlugin,)) as plugins,
        open_route(own, plugins, audience, data_dir=settings.data_dir / "get") as route,
    ):
        intake = route.intake
        destination = Folder(path=folder)
        person = Person(bot_id=0, id=0)
        request, _ = await intake.accept(key=uuid.uuid4().hex, person=person, destination=destination, url=url)
        with audience:
            found = await intake.look(request)
            if found is None:
                raise FetchgramError(told=text("error-unsupported"))
            menu = await intake.menu(request.id)
            job_id = await intake.job_of(await intake.choose(request.id, pick(menu, choice)))
            async with asyncio.TaskGroup() as group:
                runner = group.create_task(route.runner.run(only=job_id))
                request = await _ended(intake, request.id)
                runner.cancel()
        async with route.storage.read() as session:
            (delivery, *_) = await session.deliveries.of_request(request.id)
            job = await session.jobs.get(delivery.job_id)
        return request, delivery.receipt, job.checkpoint.media if job and job.checkpoint else ()


async def _ended(intake: Intake, request_id: int) -> Request:
    while not (request := await intake.request(request_id)).state.ended:  # noqa: ASYNC110  # the state is in the database
        await asyncio.sleep(_POLL_S)  # another process may have the job
    return request
