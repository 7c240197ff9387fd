"""The plugin: YouTube's links, over the yt-dlp engine."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.api import (
    Choice,
    Command,
    ContentUnavailable,
    Context,
    HealthCheck,
    Job,
    Json,
    Link,
    LinkKind,
    Media,
    MediaKind,
    Option,
    Page,
    PluginError,
    Probe,
    Reason,
    Sink,
    decode,
    hookimpl,
    text,
)
from fetchgram_youtube import refusals
from fetchgram_youtube.health import Health
from fetchgram_youtube.links import PLUGIN, claim
from fetchgram_youtube.runtimes import find
from fetchgram_youtube.settings import Settings as YouTubeSettings
from fetchgram_youtube.shelf import Shelf
from fetchgram_youtube.wishes import extras_of, wishes_for
from fetchgram_ytdlp.captions import clock, fits

if TYPE_CHECKING:
    from fetchgram_ytdlp import EngineOptions, YtdlpEngine

_LISTS = frozenset({LinkKind.PLAYLIST, LinkKind.CHANNEL})
_PAGES_KEPT = 32
_FRESH_S = 600.0
"""After that a list may have changed, and what leads to its next page may be too old."""
_LOOK_S = 600.0
"""How long a lookup serves a download: the addresses in it end after six hours (`expiresInSeconds` of the player)."""
_NEEDS_LOGIN = frozenset({Reason.LOGIN, Reason.BOT_CHECK})
"""What somebody who is logged in does not hear."""
_LOGIN_ENDED = "cookies are no longer valid"
"""yt-dlp's words when YouTube takes the login away (`YoutubeBaseInfoExtractor._request_webpage`)."""
_PROVIDER = "youtubepot-fetchgram"
"""Where `proofs.py` finds the provider's address; that module is not for this process."""


class Plugin:
    """YouTube.

    Args:
        settings: Section `[plugin.youtube]`.
        context: `None` in the child that detects links.
    """

    name = PLUGIN
    api_version = 1
    Settings = YouTubeSettings
    preload = (
        "fetchgram_ytdlp.child",
        "fetchgram_youtube.pages",
        "fetchgram_youtube.pager",
        "fetchgram_youtube.proofs",
    )
    """What warm children import before the first link."""

    def __init__(self, settings: YouTubeSettings, context: Context | None) -> None:
        self._settings = settings
        self._context = context
        self._shelf = Shelf(context.data_dir if context else None, settings.cookies_file)
        self._health = Health(settings, context, self._shelf)
        self._built: YtdlpEngine | None = None
        self._base: EngineOptions | None = None
        self._first_pages: OrderedDict[str, tuple[float, Page]] = OrderedDict()

    @property
    def may_spawn(self) -> bool:
        """Whether children may start programs: only for a JavaScript runtime."""
        return find(self._settings) is not None

    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim videos, shorts, clips, playlists and channels."""
        return claim(url)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        """Look a link up; of a list, the first page comes with it and is kept for `entries`."""
        async with self._told():
            if link.kind in _LISTS:
                return await self._open(link)
            seen = await self._engine().probe(link, options=self._options())
        return replace(seen, link=_named(link, seen))

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        """List a playlist or channel, a page of YouTube's at a time."""
        async with self._told():
            if cursor is None:
                return await self._first_page(link)
            answer = await self._engine().call(
                "fetchgram_youtube.pages:following", link, options=self._options(), cursor=cursor
            )
        return decode(Page, answer)

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Fetch a choice."""
        async with self._told():
            extras = extras_of(job)
            first, *others = await self._engine().download(job, workdir, sink, options=self._options(), extras=extras)
        is_whole = extras.section_s is None and job.link.kind is not LinkKind.CLIP
        if self._settings.sponsor_marks and is_whole and first.kind is MediaKind.VIDEO:
            first = await self._marked(first, job.link.media_id)
        return (first, *others)

    @hookimpl
    def offer(self, probe: Probe, choice: Choice) -> Sequence[Option]:
        """Offer a part of it, another language, subtitles and the description."""
        return wishes_for(probe, choice) if probe.link.plugin == self.name else ()

    @hookimpl
    def admin_commands(self) -> Sequence[Command]:
        """Let admins send the cookies of an account."""
        from fetchgram_youtube.commands import CookieCommands  # noqa: PLC0415  # not needed to detect

        return CookieCommands(self._shelf, self._given().clock).commands()

    @hookimpl
    def health_checks(self) -> Sequence[HealthCheck]:
        """Watch what YouTube asks of those who fetch from it."""
        return self._health.checks()

    async def _first_page(self, link: Link) -> Page:
        """Return the page that came with the probe, each once and while it is fresh; else a new one."""
        opened_s, page = self._first_pages.pop(link.media_id, (float("-inf"), None))
        if page is None or self._given().clock.monotonic() - opened_s > _FRESH_S:
            await self._open(link)
            _, page = self._first_pages.pop(link.media_id)
        return page

    async def _marked(self, media: Media, video_id: str) -> Media:
        """Say in the caption where sponsors and the like are."""
        from fetchgram_youtube.sponsors import marks_of  # noqa: PLC0415  # only where an operator wishes for them

        context = self._given()
        marks, texts = await marks_of(context.network, video_id), context.texts
        lines = [f"{clock(each.start_s)} {texts.render(text(f'youtube-mark-{each.category}'), 'en')}" for each in marks]
        caption = "\n".join([media.caption or "", "", *lines])
        return replace(media, caption=caption) if lines and fits(caption) else media

    async def _open(self, link: Link) -> Probe:
        answer = await self._engine().call("fetchgram_youtube.pages:first", link, options=self._options())
        page = decode(Page, cast("dict[str, Json]", answer["page"]))
        self._first_pages[link.media_id] = (self._given().clock.monotonic(), page)
        while len(self._first_pages) > _PAGES_KEPT:
            self._first_pages.popitem(last=False)
        return decode(Probe, cast("dict[str, Json]", answer["probe"]))

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Say refusals in YouTube's terms, and tell the admins when it shuts this server out or wants new cookies."""
        try:
            with refusals.told():
                yield
        except ContentUnavailable as error:
            if error.reason in _NEEDS_LOGIN:
                self._health.doubt_cookies(self._given().clock.now())
            if error.reason is Reason.BOT_CHECK:
                self._health.shut_out(self._given().clock.now())
                await self._tell("youtube-admin-bot-check", once_key="youtube-bot-check")
            raise
        else:
            self._health.let_in()
        finally:
            if self._health.doubts_cookies:
                await self._tell("youtube-admin-cookies", once_key=f"youtube-cookies {self._shelf.since}")

    async def _tell(self, key: str, *, once_key: str) -> None:
        await self._given().notify_admins(text(key), once_key=once_key)

    def _hear(self, warning: str) -> None:
        """Hear from yt-dlp that YouTube has ended the login."""
        if _LOGIN_ENDED in warning:
            self._health.doubt_cookies(self._given().clock.now())

    def _given(self) -> Context:
        if self._context is None:
            raise PluginError("only `detect` works without a context", plugin=self.name)
        return self._context

    def _engine(self) -> YtdlpEngine:
        if self._built is None:
            from fetchgram_ytdlp import YtdlpEngine  # noqa: PLC0415  # not needed to detect

            context = self._given()
            self._built = YtdlpEngine(context.workers, context.network, context.media, on_warning=self._hear)
        return self._built

    def _options(self) -> EngineOptions:
        """Return how to fetch now: admins may have sent other cookies."""
        if self._base is None:
            self._base = options_of(self._settings, cache_dir=self._given().data_dir / "cache")
        return replace(self._base, cookies_file=self._shelf.file)


def options_of(settings: YouTubeSettings, *, cache_dir: Path | None = None) -> EngineOptions:
    """Return how the engine fetches from YouTube.

    Args:
        settings: Section `[plugin.youtube]`.
        cache_dir: Keeps what the JavaScript runtime made of YouTube's player, which takes it seconds.
    """
    from fetchgram_ytdlp import EngineOptions  # noqa: PLC0415  # not needed to detect

    runtime, tokens = find(settings), settings.po_tokens
    arguments = {
        "player_client": tuple(settings.player_clients),
        "po_token": tuple(tokens.get_secret_value().replace(" ", "").split(",")) if tokens else (),
    }
    provider = {_PROVIDER: {"base_url": (settings.po_token_provider,)}} if settings.po_token_provider else {}
    return replace(
        EngineOptions.of(settings),
        extractors=("youtube.*",),
        extractor_args={"youtube": {name: values for name, values in arguments.items() if values}, **provider},
        js_runtimes={runtime.name: runtime.path} if runtime else {},
        mp3_kbps=settings.mp3_kbps or None,
        picture=True,
        look_s=_LOOK_S,
        cache_dir=cache_dir if runtime else None,
    )


def _named(link: Link, seen: Probe) -> Link:
    """Keep our own names: a video is the same one behind `/live/` and behind a channel's live page."""
    if link.kind is not LinkKind.LIVE:
        return link
    video_id = seen.link.media_id.rpartition(":")[2]
    return claim(f"https://www.youtube.com/watch?v={video_id}") or link
