"""The JavaScript runtime that yt-dlp may start for YouTube: found by itself, or named by the operator."""

from __future__ import annotations

import shutil
import sysconfig
from dataclasses import dataclass

from fetchgram_youtube.settings import Settings

AUTOMATIC = "deno"
"""The only one that is taken without being asked for, as by yt-dlp itself: it runs scripts without access to files and
network (<https://github.com/yt-dlp/yt-dlp/wiki/EJS>)."""
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
    name = AUTOMATIC if settings.js_runtime == "auto" else settings.js_runtime
    path = str(settings.js_runtime_path) if settings.js_runtime_path else _installed(name)
    return Runtime(name, path) if path else None


def _installed(name: str) -> str | None:
    """Look beside our own Python first, where the deno wheel puts its program, then where programs are."""
    program = _PROGRAMS.get(name, name)
    return shutil.which(program, path=sysconfig.get_path("scripts")) or shutil.which(program)
