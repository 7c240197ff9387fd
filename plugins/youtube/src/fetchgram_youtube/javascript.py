"""What runs in the isolated child to learn of a JavaScript runtime, as yt-dlp will see it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from fetchgram.api import Json
from fetchgram_ytdlp.streams import Report

_SCRIPTS = "yt_dlp_ejs"
"""What yt-dlp runs in it; a package of its own."""


def look(payload: Mapping[str, Json], _report: Report) -> Json:
    """Start the program at `path` as the runtime `name`, and say its version and whether yt-dlp takes it.

    Returns:
        `{"version": text or null, "is_supported": bool, "has_scripts": bool}`; the version is `null` when it does not
        run.
    """
    from yt_dlp.globals import supported_js_runtimes  # noqa: PLC0415  # only when somebody asks

    info = supported_js_runtimes.value[str(payload["name"])](path=payload["path"]).info
    return {
        "version": info.version if info else None,
        "is_supported": bool(info and info.supported),
        "has_scripts": importlib.util.find_spec(_SCRIPTS) is not None,
    }
