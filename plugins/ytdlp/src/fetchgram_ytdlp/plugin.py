"""The plugin that is asked last: any site that yt-dlp knows, and plain media files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fetchgram.api import (
    Context,
    Health,
    HealthCheck,
    HealthReport,
    Job,
    Link,
    Media,
    Page,
    PluginError,
    Probe,
    Sink,
    hookimpl,
)
from fetchgram_ytdlp.settings import EngineOptions
from fetchgram_ytdlp.settings import Settings as YtdlpSettings
from fetchgram_ytdlp.versions import OLD_DAYS, installed, refuse_unsafe, released

if TYPE_CHECKING:
    from fetchgram_ytdlp.catalogue import Catalogue
    from fetchgram_ytdlp.engine import YtdlpEngine


class Plugin:
    """Everything that yt-dlp can fetch over HTTP.

    Args:
        settings: Section `[plugin.ytdlp]`.
        context: `None` in the child that detects links.
    """

    name = "ytdlp"
    api_version = 1
    Settings = YtdlpSettings
    preload = ("fetchgram_ytdlp.child",)
    """What warm children import before the first link."""

    def __init__(self, settings: YtdlpSettings, context: Context | None) -> None:
        refuse_unsafe(installed())
        self._options = replace(EngineOptions.of(settings), page_size=settings.page_size)
        self._context = context
        self._catalogue: Catalogue | None = None
        self._built: YtdlpEngine | None = None

    @hookimpl(trylast=True)
    def detect(self, url: str) -> Link | None:
        """Claim what an extractor knows and media files for sure, and the rest of the web for want of a better."""
        from fetchgram_ytdlp.catalogue import Catalogue  # noqa: PLC0415  # reads yt-dlp: in the detecting child only
        from fetchgram_ytdlp.claims import claim  # noqa: PLC0415  # the same

        if self._catalogue is None:
            self._catalogue = Catalogue.of_ytdlp()
        return claim(url, self._catalogue, self.name)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        """Look a link up."""
        return await self._engine().probe(link)

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        """List a playlist page by page."""
        return await self._engine().entries(link, cursor)

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch a choice."""
        return await self._engine().download(job, workdir, sink)

    @hookimpl
    def health_checks(self) -> Sequence[HealthCheck]:
        """Watch the age of yt-dlp: sites change, and an old one fails on more and more of them."""
        return (HealthCheck(name="yt-dlp", check=self._check_age),)

    async def _check_age(self) -> HealthReport:
        version = installed()
        day = released(version)
        if day is None:
            return HealthReport(health=Health.WARNING, detail=f"yt-dlp {version}: no dated release")
        now = self._context.clock.now() if self._context else datetime.now(UTC)
        age_days = (now.date() - day).days
        health = Health.WARNING if age_days > OLD_DAYS else Health.OK
        return HealthReport(health=health, detail=f"yt-dlp {version}, {age_days} days old")

    def _engine(self) -> YtdlpEngine:
        if self._context is None:
            raise PluginError("only `detect` works without a context", plugin=self.name)
        if self._built is None:
            from fetchgram_ytdlp.engine import YtdlpEngine  # noqa: PLC0415  # not needed to detect

            context = self._context
            self._built = YtdlpEngine(context.workers, context.network, context.media, options=self._options)
        return self._built
