"""What `fetchgram check` and /health say about YouTube."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from fetchgram.api import Context, HealthCheck, HealthReport, Json
from fetchgram.api import Health as Level
from fetchgram_youtube.runtimes import Runtime, find
from fetchgram_youtube.settings import Settings
from fetchgram_youtube.shelf import Shelf

_INSTALL = "install fetchgram-youtube[js]"
_LOOK_S = 60.0


class Health:
    """Checks what can be checked from here, and remembers how YouTube has treated us.

    Args:
        settings: Section `[plugin.youtube]`.
        context: Of the plugin.
        shelf: Where the cookies are.
    """

    def __init__(self, settings: Settings, context: Context | None, shelf: Shelf) -> None:
        self._settings = settings
        self._context = context
        self._shelf = shelf
        self._shut_out_at: datetime | None = None
        self._doubted_at: datetime | None = None

    def shut_out(self, now: datetime) -> None:
        """Remember that YouTube asked for proof that we are no robot."""
        self._shut_out_at = now

    def let_in(self) -> None:
        """Remember that it answered."""
        self._shut_out_at = None

    def doubt_cookies(self, now: datetime) -> None:
        """Remember that YouTube did not take the cookies; newer ones end the doubt."""
        if self._shelf.file is not None:
            self._doubted_at = now

    @property
    def doubts_cookies(self) -> bool:
        """Whether the cookies that are used now have failed."""
        since = self._shelf.since
        return self._doubted_at is not None and since is not None and since <= self._doubted_at

    def checks(self) -> Sequence[HealthCheck]:
        """Name the checks."""
        return (
            HealthCheck(name="YouTube: JavaScript", check=self._check_javascript),
            HealthCheck(name="YouTube: access", check=self._check_access),
        )

    async def _check_javascript(self) -> HealthReport:
        runtime = await asyncio.to_thread(find, self._settings)
        if runtime is None or self._context is None:
            return _warning(f"no runtime, so YouTube keeps some formats back: {_INSTALL}")
        payload: Json = {"name": runtime.name, "path": runtime.path}
        seen = await self._context.workers.run("fetchgram_youtube.javascript:look", payload, timeout_s=_LOOK_S)
        return _described(runtime, cast("dict[str, Json]", seen))

    async def _check_access(self) -> HealthReport:
        cookies = self._shelf.file
        if cookies is not None and not await asyncio.to_thread(cookies.is_file):
            return HealthReport(health=Level.FAILING, detail=f"cookies_file {str(cookies)!r} is not there")
        if self.doubts_cookies:
            return _warning(f"did not take the cookies at {self._doubted_at:%Y-%m-%d %H:%M} UTC: send /youtube_cookies")
        if self._shut_out_at is not None:
            advice = "new cookies are needed" if cookies else "set cookies_file, or another way out"
            return _warning(f"asked for proof that we are no robot at {self._shut_out_at:%Y-%m-%d %H:%M} UTC: {advice}")
        return HealthReport(health=Level.OK, detail="with cookies" if cookies else "without cookies")


def _described(runtime: Runtime, seen: dict[str, Json]) -> HealthReport:
    name = f"{runtime.name} {seen['version']} at {runtime.path}"
    if seen["version"] is None:
        return _warning(f"{runtime.path} does not run: {_INSTALL}")
    if not seen["is_supported"]:
        return _warning(f"{name} is too old for yt-dlp: {_INSTALL}")
    if not seen["has_scripts"]:
        return _warning(f"{name}, but without yt-dlp's scripts for it: {_INSTALL}")
    return HealthReport(health=Level.OK, detail=name)


def _warning(detail: str) -> HealthReport:
    return HealthReport(health=Level.WARNING, detail=detail)
