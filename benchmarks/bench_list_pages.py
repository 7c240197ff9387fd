"""A channel of 5,000 videos: what opening a page of it costs, beside yt-dlp asked for the same entries."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from fetchgram.api import Json, encode
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.sites import all_sites
from fetchgram_youtube.links import claim
from fetchgram_youtube.plugin import options_of
from fetchgram_youtube.settings import Settings
from table import Table, is_quick, ratio, silence_logs

_CHANNEL = "https://www.youtube.com/@sandbox/videos"
_PAGE = 30


def main() -> None:
    """Measure and print."""
    pages = (1, 10, 50) if is_quick(__doc__ or "") else (1, 10, 50, 166)
    silence_logs()
    table = Table(
        "One page of 30 of a channel of 5,000", "page", "requests", "ms", "yt-dlp's requests", "yt-dlp's ms", "x yt-dlp"
    )
    asyncio.run(_measure(table, pages))
    table.note("A page is opened by the cursor of the one before it, as the buttons of a picker do.")
    table.note("yt-dlp walks from the first page each time. Bound: one round trip to the site a page.")
    table.show()


async def _measure(table: Table, pages: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Web(all_sites(Path(folder))) as web:
            os.environ["SSL_CERT_FILE"] = str(web.ca_file)
            payload = _payload(web)
            await asyncio.to_thread(_theirs, payload, 1)  # imports
            cursors = await asyncio.to_thread(_cursors, payload, max(pages))
            for page in pages:
                ours = await _timed(web, lambda page=page: _ours(payload, cursors[page - 1]))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                theirs = await _timed(web, lambda page=page: _theirs(payload, page))  # type: ignore[misc]  # as above
                cells = (f"{ours[0]}", f"{ours[1]:.0f}", f"{theirs[0]}", f"{theirs[1]:.0f}", ratio(ours[1], theirs[1]))
                table.row(str(page), *cells)


async def _timed(web: Web, work: Callable[[], int]) -> tuple[int, float]:
    """Return requests and milliseconds."""
    before, began = len(web.requests), time.perf_counter()
    found = await asyncio.to_thread(work)
    elapsed_ms = (time.perf_counter() - began) * 1000
    if not found:
        raise RuntimeError("an empty page")
    return len(web.requests) - before, elapsed_ms


def _payload(web: Web) -> dict[str, Json]:
    link = claim(_CHANNEL)
    if link is None:
        raise RuntimeError(_CHANNEL)
    options = replace(options_of(Settings(js_runtime="off")), socket_timeout_s=60)
    return {
        "link": encode(link),
        "options": options.to_json(),
        "proxy": web.proxy_url,
        "ca_file": str(web.ca_file),
    }


def _cursors(payload: Mapping[str, Json], count: int) -> list[str | None]:
    """Return the cursor of each page; the first has none."""
    cursors: list[str | None] = [None]
    while len(cursors) < count:
        cursors.append(_page(payload, cursors[-1])["next_cursor"])  # type: ignore[arg-type]  # a page's own shape
    return cursors


def _ours(payload: Mapping[str, Json], cursor: str | None) -> int:
    return len(_page(payload, cursor)["entries"])  # type: ignore[arg-type]  # a page's own shape


def _page(payload: Mapping[str, Json], cursor: str | None) -> dict[str, Json]:
    from fetchgram_youtube import pages  # noqa: PLC0415  # imports yt-dlp, after the environment is set

    if cursor is None:
        return pages.first(payload, _silence)["page"]  # type: ignore[index,return-value,call-overload]  # an object
    return pages.following({**payload, "cursor": cursor}, _silence)  # type: ignore[return-value]  # an object


def _theirs(payload: Mapping[str, Json], page: int) -> int:
    from fetchgram_ytdlp.options import build  # noqa: PLC0415  # as above

    first = (page - 1) * _PAGE + 1
    downloader = build(payload, extract_flat="in_playlist", playlist_items=f"{first}:{first + _PAGE - 1}")
    info = downloader.extract_info(_CHANNEL, download=False) or {}
    return len(list(info["entries"]))  # type: ignore[call-overload]  # yt-dlp is not typed


def _silence(_message: Json) -> None:
    """Report to nobody."""


if __name__ == "__main__":
    main()
