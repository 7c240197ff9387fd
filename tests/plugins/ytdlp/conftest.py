"""What the tests of the yt-dlp plugin share: a real site, the real way out, real children, real ffmpeg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from fetchgram_sandbox.site import MediaSite
from fetchgram_ytdlp import EngineOptions, YtdlpEngine

from fetchgram.api import Choice, Job, JobState, Link, LinkKind, Recipe
from fetchgram.settings import FfmpegSettings, NetworkSettings, WorkSettings
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.plugin_workers import PluginWorkers

OPTIONS = EngineOptions(socket_timeout_s=3, retries=1, concurrent_fragments=4, max_bytes=50_000_000)


@dataclass
class RecordingSink:
    """Keeps what it is told."""

    told: list[tuple[int, int | None]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def progress(self, done: int, total: int | None) -> None:
        self.told.append((done, total))
        self.heard.set()

    def announce(self, growing: object) -> None:
        raise AssertionError(growing)


@dataclass(frozen=True)
class Bench:
    """An engine over real parts."""

    engine: YtdlpEngine
    site: MediaSite
    way_out: WayOut
    network: GuardedNetwork
    workers: PluginWorkers
    media: LocalMedia


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MediaSite]:
    async with MediaSite(tmp_path_factory.mktemp("clips")) as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench(site: MediaSite, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    host = site.url.removeprefix("http://")
    settings = NetworkSettings(allow=(host,))
    async with WayOut(settings) as way_out:
        network = GuardedNetwork(way_out.url, folder=tmp_path_factory.mktemp("network"))
        work = WorkSettings(downloads=2)
        workers = PluginWorkers("ytdlp", settings=work, network=network, way_out=way_out.address)
        lookers = PluginWorkers("media", settings=WorkSettings(downloads=1))
        media = LocalMedia(lookers, FfmpegSettings())
        await workers.warm(("fetchgram_ytdlp.child",))
        try:
            yield Bench(YtdlpEngine(workers, network, media, options=OPTIONS), site, way_out, network, workers, media)
        finally:
            await workers.close()
            await lookers.close()
            await network.close()


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def make_job() -> Callable[[Link, Choice], Job]:
    def make(link: Link, choice: Choice) -> Job:
        recipe = Recipe(choice=choice)
        return Job(
            id=1,
            fingerprint=recipe.fingerprint(link),
            link=link,
            recipe=recipe,
            title="",
            state=JobState.RUNNING,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    return make


@pytest.fixture
def make_link() -> Callable[..., Link]:
    def make(url: str, kind: LinkKind = LinkKind.MEDIA) -> Link:
        return Link(plugin="ytdlp", kind=kind, media_id=f"url:{url}", url=url)

    return make


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
