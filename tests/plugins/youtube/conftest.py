"""What the tests of the YouTube plugin share: the emulated YouTube, the real way out, real children, real ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import Choice, ChoiceKind, FetchgramError, Job, JobState, Link, Media, Probe, Recipe, Text
from fetchgram.plugins.context import PluginContext
from fetchgram.plugins.loader import packages
from fetchgram.settings import FfmpegSettings, NetworkSettings, WorkSettings
from fetchgram.testing import FakeClock, FakeSink, NoDatabase
from fetchgram.texts import Texts
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.plugin_workers import PluginWorkers
from fetchgram_sandbox.web.kitchen import Kitchen
from fetchgram_sandbox.web.server import AskedFor, Web
from fetchgram_sandbox.web.youtube.site import YouTube
from fetchgram_youtube.links import claim
from fetchgram_youtube.plugin import Plugin
from fetchgram_youtube.settings import Settings
from fetchgram_youtube.shelf import Shelf

WATCH = "https://www.youtube.com/watch?v="


@dataclass
class Admins:
    """Keep what they are told."""

    told: list[tuple[str, str | None]] = field(default_factory=list)

    async def __call__(
        self,
        text: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        self.told.append((text.key, once_key))


@dataclass(frozen=True)
class Bench:
    """The plugin over real parts, and the YouTube that it asks."""

    plugin: Plugin
    web: Web
    youtube: YouTube
    admins: Admins
    media: LocalMedia
    texts: Texts
    clock: FakeClock

    @property
    def shelf(self) -> Shelf:
        """Where the plugin has its cookies."""
        return self.plugin._shelf

    async def probe(self, url: str) -> Probe:
        return await self.plugin.probe(link(url))

    async def fetch(self, url: str, wanted: Callable[[Choice], bool], workdir: Path, sink: FakeSink) -> Media:
        """Look a link up, choose, and fetch."""
        probe = await self.probe(url)
        choice = next(choice for choice in probe.choices if wanted(choice))
        (media,) = await self.plugin.download(job_of(probe.link, choice), workdir, sink)
        return media

    def says(self, error: FetchgramError) -> str:
        """Return the sentence that a person reads."""
        return self.texts.render(error.text, "en")

    def asked_since(self, number: int) -> list[AskedFor]:
        return self.web.requests[number:]


def link(url: str) -> Link:
    found = claim(url)
    assert found is not None, url
    return found


def job_of(link: Link, choice: Choice) -> Job:
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


def patient(**more: object) -> Settings:
    """Return settings for a machine that others use too."""
    given = {"js_runtime": "off", "socket_timeout_s": 60, "probe_timeout_s": 120, "retries": 2}
    return Settings.model_validate({**given, **more})


@asynccontextmanager
async def open_bench(
    web: Web, youtube: YouTube, folder: Path, settings: Settings, allow: Sequence[str] = ()
) -> AsyncIterator[Bench]:
    network_settings = NetworkSettings(upstream_proxy=web.proxy_url, ca_file=web.ca_file, allow=tuple(allow))
    async with AsyncExitStack() as stack:
        way_out = await stack.enter_async_context(WayOut(network_settings))
        network = GuardedNetwork(way_out.url, ca_file=web.ca_file, folder=folder)
        stack.push_async_callback(network.close)
        workers = PluginWorkers("youtube", settings=WorkSettings(downloads=1), network=network, way_out=way_out.address)
        lookers = PluginWorkers("media", settings=WorkSettings(downloads=1))
        stack.push_async_callback(workers.close)
        stack.push_async_callback(lookers.close)
        admins, media, texts = Admins(), LocalMedia(lookers, FfmpegSettings()), Texts.load()
        clock = FakeClock()
        context = PluginContext(
            name="youtube",
            data_dir=folder,
            clock=clock,
            database=NoDatabase(),
            network=network,
            workers=workers,
            media=media,
            texts=texts,
            notify_admins=admins,
        )
        plugin = Plugin(settings, context)
        texts.add(packages({"youtube": plugin}))
        workers.prepare(plugin.preload, may_spawn=plugin.may_spawn)
        await workers.warm()
        yield Bench(plugin, web, youtube, admins, media, texts, clock)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web(clips_folder: Path) -> AsyncIterator[tuple[Web, YouTube]]:
    youtube = YouTube(Kitchen(clips_folder / "web" / "youtube"))
    async with Web([youtube]) as web:
        yield web, youtube
        assert web.refused == ()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench(web: tuple[Web, YouTube], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with open_bench(*web, tmp_path_factory.mktemp("youtube"), patient()) as bench:
        yield bench


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def is_video(height_px: int) -> Callable[[Choice], bool]:
    return lambda choice: choice.kind is ChoiceKind.VIDEO and choice.height_px == height_px


def is_sound(codec: str) -> Callable[[Choice], bool]:
    return lambda choice: choice.kind is ChoiceKind.AUDIO and choice.codec == codec
