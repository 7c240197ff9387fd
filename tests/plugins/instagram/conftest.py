"""What the tests of the Instagram plugin share: the emulated site, the real way out, real children, real engines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fetchgram.api import Choice, Context, Job, JobState, Link, PluginDatabase, Recipe
from fetchgram.clock import SystemClock
from fetchgram.plugins.context import PluginContext, make_data_dir
from fetchgram.settings import FfmpegSettings, NetworkSettings, WorkSettings
from fetchgram.testing import FakeNotifyAdmins, FakeSink, open_database
from fetchgram.texts import Texts
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.plugin_workers import PluginWorkers
from fetchgram_instagram.accounts import Accounts
from fetchgram_instagram.guide import Guide
from fetchgram_instagram.links import claim
from fetchgram_instagram.plugin import Plugin
from fetchgram_instagram.settings import Settings
from fetchgram_sandbox.web.instagram.site import Instagram
from fetchgram_sandbox.web.kitchen import Kitchen
from fetchgram_sandbox.web.server import Web

HOME = "https://www.instagram.com"
GENEROUS = Settings(requests_per_hour=10_000, visitor_requests_per_hour=10_000, look_timeout_s=60)

LinkTo = Callable[[str], Link]
JobOf = Callable[[Link, Choice], Job]


@dataclass(frozen=True)
class Parts:
    """Real parts that are expensive to start."""

    site: Instagram
    web: Web
    network: GuardedNetwork
    workers: PluginWorkers
    media: LocalMedia


@dataclass
class Bench:
    """The plugin over real parts, with a folder and accounts of its own."""

    parts: Parts
    admins: FakeNotifyAdmins
    guide: Guide
    context: Context

    @property
    def site(self) -> Instagram:
        return self.parts.site

    @property
    def accounts(self) -> Accounts:
        return self.guide._accounts

    async def log_in(self, *names: str) -> None:
        """Keep sessions of these accounts."""
        for name in names:
            await self.accounts.keep(name, self.site.accounts[name].cookies)

    def asked(self, path: str) -> int:
        """Count requests for a path since the bench was made."""
        return sum(each.path == path for each in self.parts.web.requests)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parts(clips_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Parts]:
    site = Instagram(Kitchen(clips_folder / "web" / "instagram"))
    async with Web([site]) as web:
        settings = NetworkSettings(upstream_proxy=web.proxy_url, ca_file=web.ca_file)
        async with WayOut(settings) as way_out:
            network = GuardedNetwork(way_out.url, ca_file=web.ca_file, folder=tmp_path_factory.mktemp("network"))
            work = WorkSettings(downloads=2)
            workers = PluginWorkers("instagram", settings=work, network=network, way_out=way_out.address)
            lookers = PluginWorkers("media", settings=WorkSettings(downloads=1))
            workers.prepare(Plugin.preload)
            try:
                yield Parts(site, web, network, workers, LocalMedia(lookers, FfmpegSettings()))
            finally:
                await workers.close()
                await lookers.close()
                await network.close()
        assert web.refused == ()


@pytest_asyncio.fixture(loop_scope="session")
async def database(tmp_path: Path) -> AsyncIterator[PluginDatabase]:
    async with open_database("instagram", tmp_path / "database", Plugin.migrations) as opened:
        yield opened


@pytest.fixture
def make_bench(parts: Parts, database: PluginDatabase, tmp_path: Path) -> Callable[..., Bench]:
    def make(settings: Settings = GENEROUS) -> Bench:
        parts.site.reset()
        parts.web.requests.clear()
        admins = FakeNotifyAdmins()
        context = PluginContext(
            name="instagram",
            data_dir=make_data_dir(tmp_path, "instagram"),
            clock=SystemClock(),
            database=database,
            network=parts.network,
            workers=parts.workers,
            media=parts.media,
            texts=Texts.load(),
            notify_admins=admins,
        )
        return Bench(parts, admins, Guide(context, settings), context)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def link_to() -> LinkTo:
    def link_to(path: str) -> Link:
        link = claim(f"{HOME}/{path}")
        assert link is not None
        return link

    return link_to


@pytest.fixture
def job_of() -> JobOf:
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

    return job_of
