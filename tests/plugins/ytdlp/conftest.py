"""What the tests of the yt-dlp plugin share: a real site, the real way out, real children, real ffmpeg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from fetchgram.api import Choice, Job, JobState, Link, LinkKind, Recipe
from fetchgram.settings import FfmpegSettings, NetworkSettings, WorkSettings
from fetchgram.testing import FakeSink
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.plugin_workers import PluginWorkers
from fetchgram_sandbox.site import MediaSite
from fetchgram_ytdlp import EngineOptions, YtdlpEngine

MakeJob = Callable[[Link, Choice], Job]
MakeLink = Callable[..., Link]

OPTIONS = EngineOptions(socket_timeout_s=3, retries=1, concurrent_fragments=4, max_bytes=50_000_000)


@dataclass
class Extra:
    """A second site: what a test puts on it, and what was asked of it."""

    url: str = ""
    answers: dict[str, web.Response] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.headers)))
        answer = self.answers.get(request.path)
        if answer is None:
            return web.Response(status=404)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    def put(self, path: str, body: str | bytes, **more: object) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.answers[path] = web.Response(body=data, **more)  # type: ignore[arg-type]  # as the tests mean it
        return self.url + path


@dataclass(frozen=True)
class Bench:
    """An engine over real parts."""

    engine: YtdlpEngine
    site: MediaSite
    extra: Extra
    inside: Extra
    way_out: WayOut
    network: GuardedNetwork
    workers: PluginWorkers
    media: LocalMedia


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MediaSite]:
    async with MediaSite(tmp_path_factory.mktemp("clips")) as site:
        yield site


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[Extra]:
    extra = Extra()
    app = web.Application()
    app.router.add_get("/{path:.*}", extra.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    extra.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield extra
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def extra() -> AsyncIterator[Extra]:
    """A site that may be visited."""
    async with serve() as extra:
        yield extra


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def inside() -> AsyncIterator[Extra]:
    """A server of the internal network, which the way out must refuse."""
    async with serve() as inside:
        yield inside


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench(
    site: MediaSite, extra: Extra, inside: Extra, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Bench]:
    allowed = tuple(each.removeprefix("http://") for each in (site.url, extra.url, "http://127.0.0.1:9"))
    named = extra.url.replace("http://127.0.0.1", "localhost")
    settings = NetworkSettings(allow=(*allowed, named))
    async with WayOut(settings) as way_out:
        network = GuardedNetwork(way_out.url, folder=tmp_path_factory.mktemp("network"))
        work = WorkSettings(downloads=2)
        workers = PluginWorkers("ytdlp", settings=work, network=network, way_out=way_out.address)
        lookers = PluginWorkers("media", settings=WorkSettings(downloads=1))
        media = LocalMedia(lookers, FfmpegSettings())
        workers.prepare(("fetchgram_ytdlp.child",))
        await workers.warm()
        try:
            engine = YtdlpEngine(workers, network, media, options=OPTIONS)
            yield Bench(engine, site, extra, inside, way_out, network, workers, media)
        finally:
            await workers.close()
            await lookers.close()
            await network.close()


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def make_job() -> MakeJob:
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
def make_link() -> MakeLink:
    def make(url: str, kind: LinkKind = LinkKind.MEDIA) -> Link:
        return Link(plugin="ytdlp", kind=kind, media_id=f"url:{url}", url=url)

    return make


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
