"""yt-dlp for what instaloader cannot do: films of posts and reels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from fetchgram.api import (
    Choice,
    ChoiceGone,
    ContentUnavailable,
    Context,
    Job,
    Link,
    LinkKind,
    Media,
    Probe,
    Reason,
    Sink,
    WorkerFailed,
    WorkerTimeout,
)
from fetchgram_instagram import sentences
from fetchgram_instagram.accounts import Lease
from fetchgram_instagram.deadline import Deadline
from fetchgram_instagram.finds import Refusal, Verdict
from fetchgram_instagram.settings import Settings
from fetchgram_ytdlp import EngineOptions, YtdlpEngine

log = structlog.get_logger()

T = TypeVar("T")

_KINDS = frozenset({LinkKind.POST, LinkKind.REEL})
_HEALED = frozenset({Verdict.BROKEN, Verdict.GARBLED, Verdict.WALL})
_FOUND_NOTHING = "empty media response"
"""How yt-dlp says that a page holds nothing that it knows (yt_dlp/extractor/instagram.py)."""


class Fallback:
    """Tries a link with the other engine.

    Args:
        context: Of the plugin.
        settings: Times and limits.
    """

    def __init__(self, context: Context, settings: Settings) -> None:
        self._options = EngineOptions(
            probe_timeout_s=settings.look_timeout_s,
            download_timeout_s=settings.download_timeout_s,
            socket_timeout_s=settings.socket_timeout_s,
            max_bytes=int(settings.max_size),
            extractors=("instagram.*",),
        )
        self._engine = YtdlpEngine(context.workers, context.network, context.media, options=self._options)

    def heals(self, link: Link, refusal: Refusal) -> bool:
        """Tell whether the other engine may get what instaloader was refused."""
        return refusal.verdict in _HEALED and link.kind in _KINDS and "/" not in link.media_id

    async def probe(self, link: Link, deadline: Deadline, refusal: Refusal, lease: Lease) -> Probe | Refusal:
        """Look a link up, or return the refusal that stands."""
        options = replace(self._of(lease), probe_timeout_s=deadline.left_s)
        seen = await self._tried(link, refusal, lease, lambda: self._engine.probe(link, options=options))
        return seen if isinstance(seen, Refusal) else replace(seen, link=link)

    async def download(
        self, job: Job, workdir: Path, sink: Sink, refusal: Refusal, lease: Lease
    ) -> tuple[Media, ...] | Refusal:
        """Fetch what comes nearest to the choice of a job, or return the refusal that stands.

        Raises:
            ChoiceGone: If there is only less than was chosen.
        """

        async def fetch() -> tuple[Media, ...]:
            seen = await self._engine.probe(job.link, options=self._of(lease))
            recipe = replace(job.recipe, choice=_alike(seen.choices, job.recipe.choice))
            own = replace(job, recipe=recipe)
            first, *rest = await self._engine.download(own, workdir, sink, options=self._of(lease))
            return (replace(first, caption=f"{seen.author or seen.title}\n{job.link.url}"), *rest)

        return await self._tried(job.link, refusal, lease, fetch)

    async def _tried(self, link: Link, refusal: Refusal, lease: Lease, work: Callable[[], Awaitable[T]]) -> T | Refusal:
        log.warning(
            "instagram.fallback",
            engine="yt-dlp",
            kind=str(link.kind),
            verdict=str(refusal.verdict),
            why=refusal.message,
        )
        lease.asked += 1
        try:
            return await work()
        except ContentUnavailable as error:
            if error.reason is Reason.NO_MEDIA or _FOUND_NOTHING in str(error) or refusal.verdict is Verdict.WALL:
                log.warning("instagram.fallback_failed", engine="yt-dlp", why=str(error))
                return refusal
            raise sentences.worded(error) from error.__cause__
        except (WorkerFailed, WorkerTimeout) as error:
            log.warning("instagram.fallback_failed", engine="yt-dlp", why=str(error))
            return refusal

    def _of(self, lease: Lease) -> EngineOptions:
        return replace(self._options, cookies_file=lease.path)


def _alike(choices: tuple[Choice, ...], wished: Choice) -> Choice:
    """Return the best choice of the same kind, if it is not less than what was wished.

    Raises:
        ChoiceGone: If it is less, or there is none.
    """
    found = next((choice for choice in choices if choice.kind is wished.kind), None)
    if found is None or (found.height_px or wished.height_px or 0) < (wished.height_px or 0):
        raise ChoiceGone(choices)
    return found
