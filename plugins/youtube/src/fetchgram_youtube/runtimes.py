"""The JavaScript runtime that yt-dlp may start for YouTube: found by itself, or named by the operator."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass

from fetchgram_youtube.settings import Settings

AUTOMATIC = ("deno", "node")
"""In the order in which they are taken: those that run scripts without access to files and network. Deno is the one
that yt-dlp recommends (<https://github.com/yt-dlp/yt-dlp/wiki/EJS>); others run only when an operator names them."""
_PROGRAMS = {"quickjs": "qjs"}


@dataclass(frozen=True, slots=True)
class Runtime:
    """A program that runs JavaScript.

    Args:
        name: As yt-dlp calls it.
        path: Of the program.
    """

    name: str
    path: str


def find(settings: Settings) -> Runtime | None:
    """Return the runtime that is used; `None` when there is none, or none is wished for."""
    if settings.js_runtime == "off":
        return None
    names = AUTOMATIC if settings.js_runtime == "auto" else (settings.js_runtime,)
    if settings.js_runtime_path is not None:
        return Runtime(names[0], str(settings.js_runtime_path))
    return next(_installed(names), None)


def _installed(names: tuple[str, ...]) -> Iterator[Runtime]:
    """Look beside our own Python first, where the deno wheel puts its program, then where programs are."""
    own = sysconfig.get_path("scripts")
    for name in names:
        program = _PROGRAMS.get(name, name)
        path = shutil.which(program, path=own) or shutil.which(program)
        if path is not None:
            yield Runtime(name, path)
