"""What an operator can set, and what an engine is told about how to fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ByteSize, Field

from fetchgram.api import Json, SettingsModel


class FetchSettings(SettingsModel):
    """How to fetch, whatever the site: what every plugin on this engine lets an operator set."""

    probe_timeout_s: float = Field(default=25.0, gt=0, description="Time to look up a link or one page of a list.")
    download_timeout_s: float = Field(default=3600.0, gt=0, description="Time for one download.")
    socket_timeout_s: float = Field(default=20.0, gt=0, description="Silence after which a server is given up.")
    concurrent_fragments: int = Field(default=8, ge=1, le=32, description="Pieces of HLS and DASH fetched at once.")
    retries: int = Field(default=3, ge=0, le=20, description="Tries after a cut connection, inside one download.")
    max_height_px: int | None = Field(default=None, ge=144, description="Tallest video that is offered; none: all.")
    max_size: ByteSize = Field(default=ByteSize(4_000_000_000), description="Largest download, all streams together.")
    cookies_file: Path | None = Field(
        default=None, description="Cookies in Netscape format; read for each lookup, never written."
    )
    user_agent: str | None = Field(default=None, min_length=1, description="Default: yt-dlp's own, per site.")


class Settings(FetchSettings):
    """Section `[plugin.ytdlp]`."""

    page_size: int = Field(default=50, ge=1, le=500, description="Entries on one page of a playlist.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How an engine fetches; nothing in here comes from the person who sent the link.

    Args:
        probe_timeout_s: Time for one lookup.
        download_timeout_s: Time for one download.
        socket_timeout_s: Silence after which a server is given up.
        concurrent_fragments: Pieces of HLS and DASH fetched at once.
        retries: Tries after a cut connection.
        max_height_px: Tallest video that is offered.
        max_bytes: Largest download, all streams together.
        page_size: Entries on one page of a list.
        cookies_file: Netscape format.
        user_agent: Instead of yt-dlp's.
        extractors: Names of the only extractors that may answer (regular expressions, yt-dlp's
            `allowed_extractors`); empty for all.
        extractor_args: Arguments of extractors, as in `{"youtube": {"player_client": ("web",)}}`.
        js_runtimes: JavaScript runtimes that may be started, by name with their path (or `None`); the plugin that
            names some has to say `may_spawn` of itself.
        mp3_kbps: Bitrate of an MP3 that is offered besides the site's own sound; `None` for no such offer.
        picture: Whether the site's picture of the media is offered as a file.
        look_s: How long a lookup serves the download after it; the addresses in it end sooner or later.
        cache_dir: Where extractors keep what is dear to work out again (YouTube's player, read by a JavaScript
            runtime); `None` for nothing.
    """

    probe_timeout_s: float = 25.0
    download_timeout_s: float = 3600.0
    socket_timeout_s: float = 20.0
    concurrent_fragments: int = 8
    retries: int = 3
    max_height_px: int | None = None
    max_bytes: int = 4_000_000_000
    page_size: int = 50
    cookies_file: Path | None = None
    user_agent: str | None = None
    extractors: tuple[str, ...] = ()
    extractor_args: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, hash=False)
    js_runtimes: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    mp3_kbps: int | None = None
    picture: bool = False
    look_s: float = 60.0
    cache_dir: Path | None = None

    @classmethod
    def of(cls, settings: FetchSettings) -> EngineOptions:
        """Take what the operator set."""
        return cls(
            probe_timeout_s=settings.probe_timeout_s,
            download_timeout_s=settings.download_timeout_s,
            socket_timeout_s=settings.socket_timeout_s,
            concurrent_fragments=settings.concurrent_fragments,
            retries=settings.retries,
            max_height_px=settings.max_height_px,
            max_bytes=int(settings.max_size),
            cookies_file=settings.cookies_file,
            user_agent=settings.user_agent,
        )

    def within(self, max_bytes: int | None) -> EngineOptions:
        """Take a limit that a job has besides."""
        return self if max_bytes is None else replace(self, max_bytes=min(self.max_bytes, max_bytes))

    def to_json(self) -> dict[str, Json]:
        """Return what crosses to the child; times for whole jobs and lookups stay here."""
        arguments: dict[str, Json] = {
            name: {key: list(values) for key, values in each.items()} for name, each in self.extractor_args.items()
        }
        return {
            "socket_timeout_s": self.socket_timeout_s,
            "concurrent_fragments": self.concurrent_fragments,
            "retries": self.retries,
            "max_height_px": self.max_height_px,
            "max_bytes": self.max_bytes,
            "page_size": self.page_size,
            "cookies_file": str(self.cookies_file.absolute()) if self.cookies_file else None,
            "user_agent": self.user_agent,
            "extractors": list(self.extractors),
            "extractor_args": arguments,
            "js_runtimes": dict(self.js_runtimes),
            "mp3_kbps": self.mp3_kbps,
            "picture": self.picture,
            "cache_dir": str(self.cache_dir.absolute()) if self.cache_dir else None,
        }
