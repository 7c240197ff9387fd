"""The one place where yt-dlp is configured, and the white list of its downloaders."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias, cast

from fetchgram.api import ContentUnavailable, Json, Reason

Params: TypeAlias = dict[str, object]

ALLOWED_DOWNLOADERS = frozenset({"HttpFD", "HlsFD", "DashSegmentsFD", "IsmFD", "BunnyCdnFD"})
"""All of them fetch over HTTP by yt-dlp's own code: nothing is started, and everything takes the proxy."""
_MOST_CHARS = 500
_NO_FFMPEG = "/nonexistent/ffmpeg"
_FIRST_RETRY_PAUSE_S = 0.5
_LONGEST_RETRY_PAUSE_S = 8.0


class Downloader(Protocol):
    """The parts of `YoutubeDL` that are used here; yt-dlp is not typed."""

    params: Params

    def extract_info(self, url: str, *, download: bool, ie_key: str | None = None) -> dict[str, object] | None:
        """Look a URL up."""
        ...

    def process_ie_result(self, ie_result: object, *, download: bool) -> dict[str, object]:
        """Finish what an extractor left unfinished."""
        ...

    def sanitize_info(self, info: Mapping[str, object], remove_private_keys: bool) -> dict[str, object]:  # noqa: FBT001  # yt-dlp's
        """Return what can be written as JSON."""
        ...

    def dl(self, name: str, info: dict[str, object]) -> object:
        """Fetch one stream."""
        ...

    def urlopen(self, request: object) -> object:
        """Send one request."""
        ...

    def add_progress_hook(self, hook: object) -> None:
        """Hear how far a download is."""
        ...

    def raise_turned_away(self) -> None:
        """Raise if the site has answered a request with "too many"."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class Warnings:
    """yt-dlp's logger: passes warnings on; errors are raised anyway, and the rest is for people at a terminal.

    Args:
        report: Takes `{"warning": text}`; `None` when nobody wants them.
    """

    def __init__(self, report: Callable[[Json], None] | None) -> None:
        self._report = report

    def debug(self, message: str) -> None:
        """Ignore it."""

    def warning(self, message: str) -> None:
        """Pass it on."""
        if self._report is not None:
            self._report({"warning": message[:_MOST_CHARS]})

    def error(self, message: str) -> None:
        """Ignore it."""


def build(payload: Mapping[str, Json], *, report: Callable[[Json], None] | None = None, **more: object) -> Downloader:
    """Return a `YoutubeDL` that takes nothing from files, environment or links but what is said here.

    Args:
        payload: `options` (of `EngineOptions.to_json`), `proxy`, `ca_file`.
        report: Hears of warnings.
        **more: What one call needs besides, as `playlist_items`.
    """
    os.environ["YTDLP_NO_PLUGINS"] = "1"  # else it imports every `yt_dlp_plugins` package that it finds
    if isinstance(payload.get("ca_file"), str):
        os.environ["SSL_CERT_FILE"] = str(payload["ca_file"])
    from fetchgram_ytdlp.client import GuardedYoutubeDL  # noqa: PLC0415  # after the environment is set
    from fetchgram_ytdlp.pieces import mend  # noqa: PLC0415  # the same

    mend()
    return cast(
        "Downloader",
        GuardedYoutubeDL({**params(payload), "logger": Warnings(report), **more}, auto_init="no_verbose_header"),
    )


def params(payload: Mapping[str, Json]) -> Params:
    """Return yt-dlp's options."""
    options = cast("dict[str, Json]", payload["options"])
    return {
        **_FIXED,
        "proxy": payload["proxy"],
        # certifi's bundle would hide the operator's authorities in SSL_CERT_FILE.
        "compat_opts": {"no-certifi"} if payload.get("ca_file") else set(),
        "socket_timeout": options["socket_timeout_s"],
        "retries": options["retries"],
        "fragment_retries": options["retries"],
        "extractor_retries": 1,
        "file_access_retries": 1,
        "retry_sleep_functions": {"http": _pause_s, "fragment": _pause_s, "extractor": _pause_s},
        "concurrent_fragment_downloads": options["concurrent_fragments"],
        "max_filesize": options["max_bytes"],
        "http_headers": {"User-Agent": options["user_agent"]} if options["user_agent"] else {},
        "cookiefile": _cookies(options["cookies_file"]),
        "cachedir": options["cache_dir"] or False,
        "allowed_extractors": options["extractors"] or ["default"],
        "extractor_args": options["extractor_args"],
        "js_runtimes": {
            name: {"path": path} if path else {}
            for name, path in cast("dict[str, Json]", options["js_runtimes"]).items()
        },
    }


_FIXED: Mapping[str, object] = {
    "quiet": True,
    "noprogress": True,
    "no_warnings": True,
    "no_color": True,
    "ignoreconfig": True,
    "format": "all",
    "noplaylist": True,
    "usenetrc": False,
    "enable_file_urls": False,
    "geo_bypass": False,
    "check_formats": None,
    "allow_unplayable_formats": False,
    "continuedl": True,
    "nopart": False,
    "overwrites": None,
    "updatetime": False,
    # A file with holes is an error, not a result.
    "skip_unavailable_fragments": False,
    "external_downloader": None,
    "hls_prefer_native": True,
    # ffmpeg would open URLs by itself, past the way out.
    "ffmpeg_location": _NO_FFMPEG,
    "fixup": "never",
    "postprocessors": [],
    "writethumbnail": False,
    "writesubtitles": False,
    "writeinfojson": False,
    "restrictfilenames": True,
    "outtmpl": {"default": "media.%(ext)s"},
    "warn_when_outdated": False,
    "remote_components": [],
}


def check_downloader(downloader: Downloader, stream: Mapping[str, object]) -> None:
    """Raise unless yt-dlp would fetch this stream by a downloader of the white list.

    Raises:
        ContentUnavailable: `protocol`.
    """
    name = downloader_name(downloader, stream)
    if name not in ALLOWED_DOWNLOADERS:
        raise ContentUnavailable(Reason.PROTOCOL, f"downloader {name!r} is refused for {stream.get('protocol')!r}")


def downloader_name(downloader: Downloader, stream: Mapping[str, object]) -> str:
    """Return the class that yt-dlp would take for a stream."""
    from yt_dlp.downloader import get_suitable_downloader  # noqa: PLC0415  # after `build`

    return str(getattr(get_suitable_downloader(dict(stream), downloader.params), "__name__", None))


def _pause_s(n: int) -> float:
    """Wait before try `n` (yt-dlp passes it by this name)."""
    return float(min(_LONGEST_RETRY_PAUSE_S, _FIRST_RETRY_PAUSE_S * 2**n))


def _cookies(path: Json) -> io.StringIO | None:
    """Read the cookies into memory: yt-dlp writes back to a file that it is given by name."""
    if not isinstance(path, str):
        return None
    return io.StringIO(Path(path).read_text(encoding="utf-8"))
