"""Real aiogram over the sandbox's Bot API, the real route over a real database; only the site is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from fetchgram.api import (
    API_VERSION,
    Action,
    Ask,
    AskKind,
    Button,
    Certainty,
    Choice,
    ChoiceKind,
    Command,
    Entry,
    FetchgramError,
    Interaction,
    Job,
    Link,
    LinkKind,
    Media,
    MediaKind,
    Option,
    Page,
    Person,
    Probe,
    Role,
    Route,
    Screen,
    SettingsModel,
    Show,
    Sink,
    Step,
    hookimpl,
    text,
)
from fetchgram.app import Wired, wire
from fetchgram.clock import SystemClock
from fetchgram.openings import Plugins
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.settings import Settings
from fetchgram.storage import SharedStorage, Storage, open_storage
from fetchgram.telegram.account import Account
from fetchgram.telegram.courier import TelegramCourier
from fetchgram.telegram.plugin import telegram_plugin
from fetchgram.telegram.service import TelegramService
from fetchgram.telegram.switchboard import Switchboard
from fetchgram.testing import FakeNotifyAdmins
from fetchgram.testing.fakes import FakeNetwork
from fetchgram.texts import Texts
from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.person import Person as Somebody
from fetchgram_sandbox.world import World

MB = 1_000_000


CHANNEL = "https://fake.example/channel"


def item_link(number: int) -> Link:
    """Return the link of one item of the made-up channel."""
    media_id = f"item{number}"
    return Link(plugin="fake", kind=LinkKind.VIDEO, media_id=media_id, url=f"https://fake.example/{media_id}")


@dataclass
class Site:
    """What the made-up platform does; tests change it."""

    title: str = "A film"
    author: str | None = "Ada"
    thumbnail_url: str | None = None
    choices: tuple[Choice, ...] = (
        Choice(kind=ChoiceKind.VIDEO, height_px=720, size_bytes=5 * MB, certainty=Certainty.EXACT),
        Choice(kind=ChoiceKind.VIDEO, height_px=360, size_bytes=2 * MB, certainty=Certainty.APPROXIMATE),
        Choice(kind=ChoiceKind.AUDIO, size_bytes=1 * MB, certainty=Certainty.APPROXIMATE),
    )
    options: tuple[Option, ...] = ()
    length: int = 20
    pages: list[str | None] = field(default_factory=list)
    item_errors: dict[str, FetchgramError] = field(default_factory=dict)
    probe_gate: asyncio.Event | None = None
    probe_error: FetchgramError | None = None
    on_download: Callable[[Job, Path, Sink], object] | None = None
    media: Callable[[Path], Sequence[Media]] | None = None
    downloads: list[Job] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    processed: list[tuple[MediaKind, ...]] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)


class SitePlugin:
    """Claims `https://fake.example/…`, unsurely where it says so; brings a command with screens."""

    name = "fake"
    api_version = API_VERSION
    Settings = SettingsModel
    site = Site()

    def __init__(self, settings: SettingsModel, context: object) -> None:
        self._settings = settings

    @hookimpl
    def detect(self, url: str) -> Link | None:
        if not url.startswith("https://fake.example/"):
            return None
        media_id = url.rpartition("/")[2]
        kind = LinkKind.CHANNEL if media_id == "channel" else LinkKind.VIDEO
        within = CHANNEL if media_id == "within" else None
        return Link(plugin="fake", kind=kind, media_id=media_id, url=url, sure="unsure" not in url, within=within)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        if self.site.probe_gate is not None:
            await self.site.probe_gate.wait()
        if self.site.probe_error is not None:
            raise self.site.probe_error
        if link.media_id in self.site.item_errors:
            raise self.site.item_errors[link.media_id]
        if link.kind is LinkKind.CHANNEL:
            return Probe(link=link, title="All films", author=self.site.author)
        return Probe(
            link=link,
            title=self.site.title,
            author=self.site.author,
            duration_s=61,
            thumbnail_url=self.site.thumbnail_url,
            choices=self.site.choices,
        )

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        self.site.pages.append(cursor)
        start = int(cursor or 1)
        end = min(start + 10, self.site.length + 1)
        found = tuple(Entry(link=item_link(n), title=f"Film {n}", duration_s=60 + n) for n in range(start, end))
        next_cursor = str(end) if end <= self.site.length else None
        return Page(entries=found, next_cursor=next_cursor, total=self.site.length)

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        self.site.downloads.append(job)
        if self.site.on_download is not None:
            outcome = self.site.on_download(job, workdir, sink)
            if asyncio.iscoroutine(outcome):
                await outcome
        if self.site.media is not None:
            return self.site.media(workdir)
        return [file_in(workdir, "film.mp4", MediaKind.VIDEO, title=self.site.title)]

    @hookimpl
    def offer(self, probe: Probe, choice: Choice, routes: Sequence[Route], person: Person) -> Sequence[Option]:
        return self.site.options

    @hookimpl
    async def post_process(self, media: Sequence[Media], step: Step, workdir: Path, sink: Sink) -> Sequence[Media]:
        self.site.steps.append(step)
        self.site.processed.append(tuple(item.kind for item in media))
        return media

    @hookimpl
    def user_commands(self) -> Sequence[Command]:
        return (
            Command(
                name="menu",
                help=text("help-help"),
                handler=self._menu,
                minimum_role=Role.USER,
                actions={
                    "open": Action(handler=self._open, minimum_role=Role.USER),
                    "menu": Action(handler=self._menu, minimum_role=Role.USER),
                    "ask": Action(handler=self._ask, minimum_role=Role.USER),
                    "answered": Action(handler=self._open, minimum_role=Role.USER),
                    "file": Action(handler=self._ask_file, minimum_role=Role.USER),
                    "filed": Action(handler=self._filed, minimum_role=Role.USER),
                    "who": Action(handler=self._ask_who, minimum_role=Role.USER),
                    "pointed": Action(handler=self._pointed, minimum_role=Role.USER),
                    "order": Action(handler=self._ask_order, minimum_role=Role.USER),
                    "ordered": Action(handler=self._open, minimum_role=Role.ADMIN),
                    "admin": Action(handler=self._open, minimum_role=Role.ADMIN),
                    "toast": Action(handler=self._toast, minimum_role=Role.USER),
                    "crash": Action(handler=self._crash, minimum_role=Role.USER),
                },
            ),
        )

    @hookimpl
    def admin_commands(self) -> Sequence[Command]:
        return (Command(name="panel", help=text("help-help"), handler=self._open, minimum_role=Role.ADMIN),)

    async def _menu(self, interaction: Interaction) -> Screen:
        self.site.interactions.append(interaction)
        labels = ("open", "ask", "file", "who", "order", "admin", "toast", "crash")
        rows = tuple((Button(label=named(label), action=label, args={"n": 7}),) for label in labels)
        return Screen(text=named("the menu"), rows=rows)

    async def _open(self, interaction: Interaction) -> Screen:
        self.site.interactions.append(interaction)
        back = Button(label=text("button-back"), action="menu")
        return Screen(text=named(f"opened {interaction.text or ''}"), rows=((back,),))

    async def _ask(self, interaction: Interaction) -> Screen:
        return Screen(text=named("say it"), show=Show.NEW, ask=Ask(kind=AskKind.TEXT, action="answered"))

    async def _ask_file(self, interaction: Interaction) -> Screen:
        return Screen(text=named("send a file"), show=Show.NEW, ask=Ask(kind=AskKind.FILE, action="filed"))

    async def _filed(self, interaction: Interaction) -> Screen:
        self.site.interactions.append(interaction)
        assert interaction.file is not None
        content = await asyncio.to_thread(interaction.file.path.read_bytes)
        remove = interaction.message if interaction.text == "secret" else None
        return Screen(text=named(f"got {len(content)} bytes"), lines=(named("and thanks"),), remove=remove)

    async def _ask_who(self, interaction: Interaction) -> Screen:
        return Screen(text=named("who is it"), show=Show.NEW, ask=Ask(kind=AskKind.MESSAGE, action="pointed"))

    async def _pointed(self, interaction: Interaction) -> Screen:
        who = interaction.about.id if interaction.about else "nobody"
        return Screen(text=named(f"it is {who}, said {interaction.text}"))

    async def _ask_order(self, interaction: Interaction) -> Screen:
        return Screen(text=named("your order"), show=Show.NEW, ask=Ask(kind=AskKind.TEXT, action="ordered"))

    async def _toast(self, interaction: Interaction) -> Screen:
        return Screen(text=named("a passing word"), show=Show.TOAST)

    async def _crash(self, interaction: Interaction) -> Screen:
        raise RuntimeError("a mistake")


def named(label: str):  # type: ignore[no-untyped-def]  # noqa: ANN201  # a Text
    """Return a text that shows just this."""
    return text("telegram-value", value=label)


def file_in(
    folder: Path, name: str, kind: MediaKind, *, size_bytes: int = 4000, title: str | None = None, **more: object
) -> Media:
    path = folder / name
    # The emulator believes the first bytes, not the name.
    heads = {MediaKind.AUDIO: b"\x00\x00\x00\x18ftypM4A ", MediaKind.VOICE: b"OggS"}
    head = heads.get(kind, b"\x00\x00\x00\x18ftypmp42")
    path.write_bytes(head + b"x" * (size_bytes - len(head)))
    fields = {"mime": "video/mp4", "size_bytes": size_bytes, "file_name": name, "caption": title} | more
    return Media(path=path, kind=kind, **fields)  # type: ignore[arg-type]  # fields of Media


def text_in(folder: Path, words: str) -> Media:
    """Return a text that follows a file."""
    path = folder / "text.txt"
    path.write_text(words, encoding="utf-8", errors="replace")
    size_bytes = path.stat().st_size
    return Media(path=path, kind=MediaKind.TEXT, mime="text/plain", size_bytes=size_bytes, caption=words)


class InlineDetector:
    """Asks the plugins in this process; the real one is tested with its child."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    async def detect(self, urls: Sequence[str]) -> list[Link | None]:
        return [self._hooks.detect(url) for url in urls]


@dataclass
class Bot:
    """A bot at work."""

    service: TelegramService
    account: Account
    route: Wired
    storage: Storage
    hooks: Hooks
    settings: Settings
    network: FakeNetwork
    site: Site
    api: BotApi

    def calls(self, method: str) -> list[dict[str, object]]:
        return [call.params for call in self.api.calls if call.method == method and call.ok]


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Log in short lines: the pretty tracebacks of structlog's default take seconds each."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(sort_keys=True)])
    yield
    structlog.reset_defaults()


@pytest.fixture
def settings(tmp_path: Path, bot_api: BotApi) -> Settings:
    return settings_for(bot_api, tmp_path / "data")


def settings_for(api: BotApi, data_dir: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": data_dir,
            "owners": [1],
            "bots": {"main": {"token": api.token, "api_url": api.url}},
            "delivery": {"edit_interval_s": 0.05, "chat_interval_s": 0.0, "messages_per_s": 1000},
            "work": {"disk_floor": 0, "lease_s": 3},
        }
    )


@asynccontextmanager
async def bot_at_work(settings: Settings, api: BotApi, *, site: Site | None = None) -> AsyncIterator[Bot]:
    """Run everything of `fetchgram run` but the children."""
    bot = await build_bot(settings, api, site=site)
    work = asyncio.create_task(_work(bot))
    try:
        yield bot
    finally:
        work.cancel()
        await asyncio.wait([work])
        await bot.storage.close()
        if not work.cancelled() and work.exception() is not None:
            raise work.exception()  # type: ignore[misc]  # checked


async def build_bot(settings: Settings, api: BotApi, *, site: Site | None = None) -> Bot:
    clock = SystemClock()
    SitePlugin.site = site or Site()
    account = Account(name="main", settings=settings, clock=clock)
    telegram = telegram_plugin({account.bot_id: account.delivery}, settings.delivery)
    loaded = load(settings, lambda _name, _own: None, entry_points=[], builtins=(telegram, SitePlugin))
    assert all(status.error is None for status in loaded.statuses), loaded.statuses
    hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
    texts = Texts.load({"telegram": resources.files("fetchgram.telegram")})
    network = FakeNetwork()
    settings.data_dir.mkdir(exist_ok=True)
    storage = await open_storage(None, settings.data_dir, clock=clock)
    plugins = Plugins(
        hooks=hooks,
        texts=texts,
        network=network,  # type: ignore[arg-type]  # the same methods
        detector=InlineDetector(hooks),  # type: ignore[arg-type]  # the same method
        clock=clock,
        database=SharedStorage(None, settings.data_dir),
        notify_admins=FakeNotifyAdmins(),
        switching=Switching(hooks=hooks, settings=settings, overrides=Overrides(), workshop=None),  # type: ignore[arg-type]  # nothing is built anew here
    )
    switchboard = Switchboard()
    courier = TelegramCourier({account.bot_id: account}, texts)
    route = wire(settings, plugins, switchboard, storage, settings.data_dir, courier)
    service = TelegramService(
        account=account,
        settings=settings,
        storage=storage,
        intake=route.intake,
        reruns=route.reruns,
        lists=route.lists,
        items=route.items,
        hooks=hooks,
        controls=route.controls,
        stories=route.stories,
        texts=texts,
        network=network,
        clock=clock,
    )
    switchboard.attach({account.bot_id: service}, storage)
    return Bot(service, account, route, storage, hooks, settings, network, SitePlugin.site, api)


async def _work(bot: Bot) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(bot.route.runner.run())
        group.create_task(bot.service.run())


@pytest_asyncio.fixture
async def bot(settings: Settings, bot_api: BotApi) -> AsyncIterator[Bot]:
    async with bot_at_work(settings, bot_api) as running:
        yield running


@pytest.fixture
def stranger(world: World) -> Somebody:
    return Somebody(world, world.new_person("Bob", username="bob"))


async def until(condition: Callable[[], object], *, timeout_s: float = 25.0) -> None:
    """Wait for something that no message tells."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)
