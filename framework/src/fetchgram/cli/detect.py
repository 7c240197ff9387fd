"""`fetchgram detect`: which plugin claims a link."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from fetchgram.cli.output import print_json, print_table, told
from fetchgram.cli.signals import run_until_signal
from fetchgram.model import Link
from fetchgram.settings import Settings

_CHILDREN = 2
_LINKS_A_CHILD = 500
_STDIN = "-"


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
    if not urls and sys.stdin.isatty():
        raise typer.BadParameter("links are missing: name some, or - to type them", param_hint="URLS")
    wanted = [url for word in urls or [_STDIN] for url in (_read_stdin() if word == _STDIN else [word])]
    with told(as_json=as_json):
        links = run_until_signal(_detect(context.obj, wanted))
    if as_json:
        for url, link in zip(wanted, links, strict=True):
            print_json(_row(url, link))
    elif wanted:
        print_table([_cells(url, link) for url, link in zip(wanted, links, strict=True)])


def _read_stdin() -> list[str]:
    """Read a link a line; bytes that are no text make no link, and no harm."""
    lines = sys.stdin.buffer.read().decode(errors="replace").split("\n")
    return [line.strip() for line in lines if line.strip()]


async def _detect(settings: Settings, urls: Sequence[str]) -> list[Link | None]:
    from fetchgram.openings import open_detector  # noqa: PLC0415  # builds the parts

    async with open_detector(settings, size=min(_CHILDREN, 1 + len(urls) // _LINKS_A_CHILD)) as detector:
        return await detector.detect([url.encode(errors="replace").decode() for url in urls])


def _row(url: str, link: Link | None) -> dict[str, object]:
    return {
        "url": url,
        "plugin": link.plugin if link else None,
        "media_id": link.media_id if link else None,
        "kind": str(link.kind) if link else None,
        "sure": link.sure if link else None,
    }


def _cells(url: str, link: Link | None) -> tuple[str, ...]:
    """Put the link last: it may be long."""
    if link is None:
        return ("-", "-", "-", "", url)
    return (link.plugin, str(link.kind), link.media_id, "" if link.sure else "not sure", url)
