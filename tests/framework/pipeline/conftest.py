"""The real route over a real database; only the site and the people are made up, each behind its port."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from fetchgram.api import (
    API_VERSION,
    CannotDeliver,
    Chat,
    Choice,
    ChoiceKind,
    Delivery,
    Destination,
    Entry,
    FileId,
    Job,
    Ledger,
    Link,
    LinkKind,
    Media,
    MediaKind,
    Option,
    Page,
    Person,
    Probe,
    Receipt,
    Request,
    Route,
    SettingsModel,
    Sink,
    Step,
    decode,
    hookimpl,
)
from fetchgram.app import Wired, wire
from fetchgram.clock import SystemClock
from fetchgram.model import text
from fetchgram.openings import Plugins
from fetchgram.pipeline.audience import News
from fetchgram.pipeline.folder import FolderPlugin
from fetchgram.pipeline.lease import JobLease
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.settings import LimitsSettings, Settings
from fetchgram.storage import SharedStorage, Storage, open_storage
from fetchgram.testing import FakeNotifyAdmins
from fetchgram.texts import Texts

BOT = 42
PERSON = Person(bot_id=BOT, id=7, first_name="Ada")
CHAT = Chat(bot_id=BOT, chat=7)
MB = 1_000_000


LIST = "https://fake/list"
SITE_PAGE = 10
"""Entries on one page of the made-up site."""


def item_link(number: int) -> Link:
    """Return the link of one item of the made-up list."""
    url = f"https://fake/item{number}"
    return Link(plugin="fake", kind=LinkKind.VIDEO, media_id=f"item{number}", url=url, within=LIST)


@dataclass
class Site:
    """What the made-up platform does; tests change it."""

    downloads: int = 0
    sent: list[tuple[int, str]] = field(default_factory=list)
    on_download: Callable[[Path, Sink], object] | None = None
    on_send: Callable[[Delivery, Route], object] | None = None
    choices: tuple[Choice, ...] = (
        Choice(kind=ChoiceKind.VIDEO, height_px=720, size_bytes=5 * MB),
        Choice(kind=ChoiceKind.VIDEO, height_px=2160, size_bytes=900 * MB),
        Choice(kind=ChoiceKind.AUDIO, size_bytes=1 * MB),
    )
    refuse_cached: bool = False
    refuses_cached: Callable[[], bool] = lambda: False
    steps: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    pages: list[str | None] = field(default_factory=list)
    probed: list[str] = field(default_factory=list)
    length: int = 25
    on_probe: Callable[[Link], object] | None = None
    on_step: Callable[[Step], object] | None = None
    offered: tuple[Option, ...] = ()


class FakePlatform:
    """Claims `https://fake/…` and delivers into a list, in place of a site and of Telegram."""

    name = "fake"
    api_version = API_VERSION
    Settings = SettingsModel
    site = Site()

    def __init__(self, settings: SettingsModel, context: object) -> None:
        self._settings = settings

    @hookimpl
    def detect(self, url: str) -> Link | None:
        if not url.startswith("https://fake/"):
            return None
        sure = "unsure" not in url
        within = LIST if "within" in url else None
        kind = LinkKind.PLAYLIST if url == LIST else LinkKind.VIDEO
        return Link(plugin="fake", kind=kind, media_id=url.rpartition("/")[2], url=url, sure=sure, within=within)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        self.site.probed.append(link.media_id)
        if self.site.on_probe is not None:
            outcome = self.site.on_probe(link)
            if asyncio.iscoroutine(outcome):
                await outcome
        if link.kind is LinkKind.PLAYLIST:
            return Probe(link=link, title="All films", author="Ada")
        return Probe(link=link, title="A film", choices=self.site.choices, duration_s=60)

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        self.site.pages.append(cursor)
        start = int(cursor or 1)
        end = min(start + SITE_PAGE, self.site.length + 1)
        return Page(
            entries=tuple(Entry(link=item_link(n), title=f"Film {n}", duration_s=60) for n in range(start, end)),
            next_cursor=str(end) if end <= self.site.length else None,
            total=self.site.length,
        )

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        self.site.downloads += 1
        if self.site.on_download is not None:
            outcome = self.site.on_download(workdir, sink)
            if asyncio.iscoroutine(outcome):
                await outcome
        path = workdir / "film.mp4"
        path.write_bytes(b"film")
        sink.progress(4, 4)
        return [Media(path=path, kind=MediaKind.VIDEO, mime="video/mp4", size_bytes=4)]

    @hookimpl
    def routes(self, destination: Destination) -> Sequence[Route]:
        if not isinstance(destination, Chat):
            return ()
        return (
            Route(plugin="fake", name="cache", order=0, max_bytes={kind.value: 2**40 for kind in MediaKind}),
            self._route("small", 1, {"video": 50 * MB, "audio": 50 * MB}),
            self._route("large", 2, {"video": 100 * MB}),
        )

    def _route(self, name: str, order: int, max_bytes: dict[str, int]) -> Route:
        down = text("error-temporary") if name in self.site.down else None
        return Route(plugin="fake", name=name, order=order, max_bytes=max_bytes, down=down)

    @hookimpl
    async def deliver(
        self, delivery: Delivery, route: Route, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        if route.name == "cache":
            if self.site.refuse_cached or self.site.refuses_cached():
                raise CannotDeliver("wrong file identifier")
            stored = await ledger.get("cached")
            assert isinstance(stored, dict)
            decode(Receipt, stored)
        if self.site.on_send is not None:
            outcome = self.site.on_send(delivery, route)
            if asyncio.iscoroutine(outcome):
                await outcome
        self.site.sent.append((delivery.request_id, route.name))
        file_id = FileId(kind=MediaKind.VIDEO, file_id="abc", unique_id="u")
        return Receipt(route=route.name, message_ids=(1,), file_ids=(file_id,), size_bytes=4)


class FakeSteps:
    """Post-processing that writes the name of each step behind the film."""

    name = "steps"
    api_version = API_VERSION
    Settings = SettingsModel

    def __init__(self, settings: SettingsModel, context: object) -> None:
        self._settings = settings

    @hookimpl
    def offer(self) -> Sequence[Option]:
        return FakePlatform.site.offered

    @hookimpl
    async def post_process(self, media: Sequence[Media], step: Step, workdir: Path, sink: Sink) -> Sequence[Media]:
        site = FakePlatform.site
        site.steps.append(step.key)
        if site.on_step is not None:
            outcome = site.on_step(step)
            if asyncio.iscoroutine(outcome):
                await outcome
        (film,) = media
        path = workdir / f"{film.path.stem}+{step.key}.mp4"
        path.write_bytes(film.path.read_bytes() + step.key.encode())
        return [dataclasses.replace(film, path=path, size_bytes=path.stat().st_size)]


class Recorder:
    """An audience that remembers."""

    def __init__(self) -> None:
        self.news: list[tuple[int, News]] = []
        self.placed: list[tuple[int, int, News]] = []

    async def tell(self, request_id: int, position: int, news: News) -> None:
        self.news.append((request_id, news))
        self.placed.append((request_id, position, news))

    def of_position(self, request_id: int, position: int) -> list[News]:
        return [news for who, where, news in self.placed if (who, where) == (request_id, position)]

    def kinds(self, request_id: int) -> list[str]:
        names = [type(news).__name__ for who, news in self.news if who == request_id]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


class InlineDetector:
    """Asks the plugins in this process; the real one is tested with its child."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    async def detect(self, urls: Sequence[str]) -> list[Link | None]:
        return [self._hooks.detect(url) for url in urls]


@dataclass
class Bench:
    """The route, ready to be driven."""

    route: Wired
    site: Site
    audience: Recorder
    storage: Storage
    settings: Settings
    plugins: Plugins
    folder: Path

    def another_worker(self) -> Wired:
        """Wire a second route over the same database and folders."""
        return wire(self.settings, self.plugins, self.audience, self.storage, self.folder)

    def with_limits(self, limits: LimitsSettings) -> Wired:
        """Wire a second route under other limits."""
        settings = self.settings.model_copy(update={"limits": limits})
        return wire(settings, self.plugins, self.audience, self.storage, self.folder)

    async def wish(self, url: str = "https://fake/one", *, key: str = "k", person: Person = PERSON) -> Request:
        destination = Chat(bot_id=BOT, chat=person.id)
        request, _ = await self.route.intake.accept(key=key, person=person, destination=destination, url=url)
        found = await self.route.intake.look(request)
        assert found is not None
        return found

    async def run_until_ended(self, *request_ids: int) -> list[Request]:
        async with asyncio.timeout(25), asyncio.TaskGroup() as group:
            runner = group.create_task(self.route.runner.run())
            found = [await self.ended(request_id) for request_id in request_ids]
            await self.idle()
            runner.cancel()
        return found

    async def work_on(self, job: Job) -> None:
        """Do what the runner does with a job that it has claimed."""
        clock, lease_s = self.plugins.clock, self.settings.work.lease_s
        lease = JobLease(job, self.route.queue, lease_s=lease_s, since=clock.monotonic(), clock=clock)
        await self.route.runner._work(job, lease)

    async def ended(self, request_id: int) -> Request:
        while not (request := await self.route.intake.request(request_id)).state.ended:
            await asyncio.sleep(0.01)
        return request

    async def idle(self) -> None:
        while self.route.runner.running:
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Log in short lines: the pretty tracebacks of structlog's default take seconds each."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(sort_keys=True)])
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"data_dir": tmp_path, "work": {"disk_floor": 0, "lease_s": 4}})


@pytest.fixture
def database_url() -> str | None:
    """SQLite; a module that runs over both engines says so itself."""
    return None


@pytest_asyncio.fixture
async def bench(settings: Settings, database_url: str | None, tmp_path: Path, migrated: Path) -> AsyncIterator[Bench]:
    clock = SystemClock()
    FakePlatform.site = Site()
    loaded = load(settings, lambda _name, _own: None, entry_points=[], builtins=(FakePlatform, FakeSteps, FolderPlugin))
    breaker = Breaker(settings.plugins, clock)
    hooks = Hooks(loaded, breaker, settings.plugins, clock)
    audience = Recorder()
    shutil.copy(migrated, tmp_path)
    storage = await open_storage(database_url, tmp_path, clock=clock)
    plugins = Plugins(
        hooks=hooks,
        texts=Texts.load(),
        network=None,  # type: ignore[arg-type]  # nobody fetches here
        detector=InlineDetector(hooks),  # type: ignore[arg-type]  # the same method
        clock=clock,
        database=SharedStorage(database_url, tmp_path),
        notify_admins=FakeNotifyAdmins(),
        switching=Switching(hooks=hooks, settings=settings, overrides=Overrides(), workshop=None),  # type: ignore[arg-type]  # nothing is built anew here
    )
    route = wire(settings, plugins, audience, storage, tmp_path)
    yield Bench(route, FakePlatform.site, audience, storage, settings, plugins, tmp_path)
    await storage.close()
