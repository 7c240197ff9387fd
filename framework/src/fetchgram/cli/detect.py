"""`fetchgram detect`: which plugin claims a link."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from fetchgram.cli.output import print_json, told
from fetchgram.model import Link
from fetchgram.settings import Settings

_CHILDREN = 2
_LINKS_A_CHILD = 500


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("detect")(detect)


def detect(
    context: typer.Context,
    urls: Annotated[list[str] | None, typer.Argument(help="Links, or - to read them from standard input.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say which plugin claims a link, in the order of the links."""
    wanted = urls or ["-"]
    if wanted == ["-"]:
        wanted = [line.strip() for line in sys.stdin if line.strip()]
    with told(as_json=as_json):
        links = asyncio.run(_detect(context.obj, wanted))
    for url, link in zip(wanted, links, strict=True):
        _show(url, link, as_json=as_json)


async def _detect(settings: Settings, urls: Sequence[str]) -> list[Link | None]:
    from fetchgram.app import open_detector  # noqa: PLC0415  # builds the parts

    async with open_detector(settings, size=min(_CHILDREN, 1 + len(urls) // _LINKS_A_CHILD)) as detector:
        return await detector.detect(urls)


def _show(url: str, link: Link | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "url": url,
                "plugin": link.plugin if link else None,
                "media_id": link.media_id if link else None,
                "kind": str(link.kind) if link else None,
                "sure": link.sure if link else None,
            }
        )
        return
    claim = f"{link.plugin:12} {link.kind:8} {link.media_id}{'' if link.sure else '  (not sure)'}" if link else "-"
    typer.echo(f"{url}\t{claim}")
