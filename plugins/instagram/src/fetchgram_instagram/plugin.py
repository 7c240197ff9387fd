"""The plugin: Instagram's links, by instaloader, and by yt-dlp where that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fetchgram.api import (
    CliCommand,
    Context,
    Health,
    HealthCheck,
    HealthReport,
    Job,
    Link,
    Media,
    Option,
    Page,
    PluginError,
    Probe,
    Sink,
    hookimpl,
)
from fetchgram_instagram.links import PLUGIN, claim
from fetchgram_instagram.settings import Settings as InstagramSettings
from fetchgram_instagram.versions import OLD_DAYS, installed

if TYPE_CHECKING:
    from fetchgram_instagram.guide import Guide


class Plugin:
    """Instagram.

    Args:
        settings: Section `[plugin.instagram]`.
        context: `None` in the child that detects links, and for the command line.
    """

    name = PLUGIN
    api_version = 1
    Settings = InstagramSettings
    preload = ("fetchgram_ytdlp.child", "fetchgram_instagram.child", "fetchgram_instagram.fetching")
    """What warm children import before the first link."""
    migrations = Path(__file__).parent / "migrations"

    def __init__(self, settings: InstagramSettings, context: Context | None) -> None:
        self._settings = settings
        self._context = context
        self._built: Guide | None = None

    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim posts, reels, stories, highlights, profiles and share links."""
        return claim(url, self._settings.mirrors)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        """Look a link up."""
        return await self._guide().probe(link)

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        """List the items of a post, or the posts of a profile."""
        return await self._guide().entries(link, cursor)

    @hookimpl
    def offer(self, probe: Probe) -> Sequence[Option]:
        """Offer the rest of a long text."""
        from fetchgram_instagram.choices import wishes_for  # noqa: PLC0415  # not needed to detect

        return wishes_for(probe) if probe.link.plugin == self.name else ()

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch a choice."""
        return await self._guide().download(job, workdir, sink)

    @hookimpl
    def health_checks(self) -> Sequence[HealthCheck]:
        """Watch the sessions, and the age of instaloader."""
        return (
            HealthCheck(name="sessions", check=self._check_sessions),
            HealthCheck(name="instaloader", check=self._check_age),
        )

    @hookimpl
    def cli_commands(self) -> Sequence[CliCommand]:
        """Add `fetchgram instagram`."""
        from fetchgram_instagram.commands import command_group  # noqa: PLC0415  # typer, for the command line only

        return (
            CliCommand(
                name=PLUGIN, help="Log in to Instagram, and see the accounts.", app=command_group(self._settings)
            ),
        )

    async def _check_sessions(self) -> HealthReport:
        ended, alive = await self._guide().sessions()
        if ended:
            return HealthReport(health=Health.WARNING, detail=f"ended, log in again: {', '.join(ended)}")
        return HealthReport(health=Health.OK, detail=f"{len(alive)} accounts" if alive else "visitors only")

    async def _check_age(self) -> HealthReport:
        version, since = await asyncio.to_thread(installed)
        days = (datetime.now(UTC) - since).days
        health = Health.WARNING if days > OLD_DAYS else Health.OK
        return HealthReport(health=health, detail=f"instaloader {version}, installed {days} days ago")

    def _guide(self) -> Guide:
        if self._context is None:
            raise PluginError("only `detect` works without a context", plugin=self.name)
        if self._built is None:
            from fetchgram_instagram.guide import Guide  # noqa: PLC0415  # not needed to detect

            self._built = Guide(self._context, self._settings)
        return self._built
