"""What a plugin is given, in forms that a test can see into: time, ledger, sink, network, workers, context."""

# ruff: noqa: ARG002  # the ports name parameters that fakes have no use for

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.errors import CannotDeliver, ContentUnavailable, FetchgramError, TooLarge
from fetchgram.model import Growing, Json, KeyMoment, Media, Text, text
from fetchgram.ports import (
    Clock,
    Fetched,
    Input,
    MediaInfo,
    MediaTools,
    Network,
    NotifyAdmins,
    PluginDatabase,
    Sentences,
    Watch,
    Workers,
)
from fetchgram.testing.tables import NoDatabase

if TYPE_CHECKING:
    from fetchgram.control.ports import Control

_START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Stands still until `advance`; whoever sleeps wakes when the time has come."""

    def __init__(self, start: datetime = _START) -> None:
        self._start = start
        self._passed_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        """Return the present in UTC."""
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self._passed_s

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced so far."""
        awake = asyncio.Event()
        self._sleepers.append((self._passed_s + seconds, awake))
        await awake.wait()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed_s += seconds
        for until_s, awake in self._sleepers:
            if until_s <= self._passed_s:
                awake.set()
        self._sleepers = [sleeper for sleeper in self._sleepers if not sleeper[1].is_set()]


@dataclass(slots=True)
class FakeSink:
    """Remembers what was reported.

    Args:
        reports: Bytes done, of how many; in their order.
        announced: Growing files.
        heard: Set with each report, for tests that wait for the next one.
        max_bytes: What a download may bring.
    """

    reports: list[tuple[int, int | None]] = field(default_factory=list)
    announced: list[Growing] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    max_bytes: int | None = None

    def progress(self, done: int, total: int | None) -> None:
        """Remember bytes done, of how many."""
        self.reports.append((done, total))
        self.heard.set()

    def announce(self, growing: Growing) -> None:
        """Remember a growing file."""
        self.announced.append(growing)


@dataclass(slots=True)
class FakeLedger:
    """Keeps values in memory; `written` has them in their order."""

    values: dict[str, Json] = field(default_factory=dict)
    written: list[tuple[str, Json]] = field(default_factory=list)

    async def get(self, key: str) -> Json:
        """Return the value, or `None`."""
        return self.values.get(key)

    async def put(self, key: str, value: Json) -> None:
        """Store a value."""
        self.values[key] = value
        self.written.append((key, value))


@dataclass(slots=True)
class FakeNetwork:
    """Answers from a table of URLs; any other URL cannot be reached."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    proxy_url: str = "http://127.0.0.1:9"

    def child_env(self) -> dict[str, str]:
        """Name the filter as the proxy."""
        return {"HTTP_PROXY": self.proxy_url, "HTTPS_PROXY": self.proxy_url}

    async def fetch(
        self, url: str, *, max_bytes: int, timeout_s: float = 20, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Return the page of the table."""
        self.asked.append(url)
        if url not in self.pages:
            raise ContentUnavailable("unreachable", f"no page for {url!r} in the test")
        body = self.pages[url]
        if len(body) > max_bytes:
            raise TooLarge(len(body), max_bytes)
        return Fetched(status=200, url=url, headers={}, body=body)

    async def download(
        self, url: str, path: Path, *, max_bytes: int, timeout_s: float = 60, headers: Mapping[str, str] | None = None
    ) -> int:
        """Write the page of the table into a file and return its size."""
        page = await self.fetch(url, max_bytes=max_bytes, timeout_s=timeout_s, headers=headers)
        return await asyncio.to_thread(path.write_bytes, page.body)


class FakeWorkers:
    """Runs the named functions in a thread of this process: no isolation, but the same way of calling."""

    async def run(
        self,
        target: str,
        payload: Json,
        *,
        on_message: Callable[[Json], None] | None = None,
        workdir: Path | None = None,
        timeout_s: float | None = None,
        max_bytes: int | None = None,
    ) -> Json:
        """Import the function and call it with the payload and `report`."""
        module, _, name = target.partition(":")
        function: Callable[[Json, Callable[[Json], None]], Json] = getattr(importlib.import_module(module), name)
        return await asyncio.to_thread(function, payload, on_message or (lambda _message: None))


class FakeSentences:
    """Shows keys and parameters in place of sentences."""

    def render(self, text: Text, locale: str) -> str:
        """Return `key(name=value, …)`."""
        return f"{text.key}({', '.join(f'{name}={value}' for name, value in text.params.items())})"


@dataclass(slots=True)
class FakeNotifyAdmins:
    """Remembers what admins were told."""

    told: list[Text] = field(default_factory=list)
    media: list[Media | None] = field(default_factory=list)
    only: list[Callable[[int], bool]] = field(default_factory=list)

    async def __call__(
        self,
        text: Text,
        *,
        once_key: str | None = None,
        media: Media | None = None,
        only: Callable[[int], bool] | None = None,
    ) -> None:
        """Remember the text, the picture, and who is meant."""
        self.told.append(text)
        self.media.append(media)
        self.only.append(only or (lambda _: True))


class FakeCourier:
    """Remembers what it was to bring.

    Attributes:
        brought: Bot, person, words and language of each message.
        error: Raised instead, when there is one.
        channels: Ids and titles of the channels whose members it sees, by name.
    """

    def __init__(self) -> None:
        self.brought: list[tuple[int, int, Text, str]] = []
        self.error: FetchgramError | None = None
        self.channels: dict[str, tuple[int, str]] = {}

    async def bring(self, bot_id: int, person: int, words: Text, locale: str) -> None:
        """Remember the message."""
        if self.error is not None:
            raise self.error
        self.brought.append((bot_id, person, words, locale))

    async def channel(self, bot_id: int, name: str) -> tuple[int, str]:
        """Return a channel of the table."""
        if name not in self.channels:
            raise CannotDeliver(f"no channel {name!r} in the test", told=text("control-no-channel"))
        return self.channels[name]

    async def link(self, bot_id: int, code: str) -> str:
        """Return a link that names the bot by its number."""
        return f"https://t.me/bot{bot_id}?start={code}"


class FakeMediaTools:
    """Takes every file for what its name says and copies where the real one would convert."""

    async def inspect(self, path: Path) -> MediaInfo:
        """Describe a file by its suffix."""
        suffix = path.suffix.removeprefix(".")
        kind = {"mp4": "video", "m4a": "audio", "mp3": "audio", "ogg": "audio", "jpg": "photo"}.get(suffix, "document")
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        return MediaInfo(kind=kind, mime=f"application/{suffix}", size_bytes=size_bytes)

    async def key_moments(self, path: Path) -> Sequence[KeyMoment]:
        """Find none but the beginning."""
        return [KeyMoment(0.0, 0)]

    async def thumbnail(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make none."""
        return None

    async def cover(self, path: Path, output: Path, *, at_s: float | None = None) -> Path | None:
        """Make none."""
        return None

    async def merge(self, video: Path, audio: Path, output: Path, *, workdir: Path) -> Path:
        """Write one after the other."""
        return await _joined([video, audio], output)

    async def remux(self, source: Path, output: Path, *, workdir: Path) -> Path:
        """Copy."""
        return await _joined([source], output)

    async def extract_audio(
        self, source: Path, output: Path, *, codec: str, bitrate_kbps: int | None, workdir: Path
    ) -> Path:
        """Copy."""
        return await _joined([source], output)

    async def tag(
        self, source: Path, output: Path, *, tags: Mapping[str, str], cover: Path | None, workdir: Path
    ) -> Path:
        """Copy."""
        return await _joined([source], output)

    async def run(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        output: Path,
        workdir: Path,
        watch: Watch | None = None,
        notes: Path | None = None,
    ) -> None:
        """Write the inputs one after the other."""
        await _joined([given.path if isinstance(given, Input) else given for given in inputs], output)

    async def first_pass(
        self,
        arguments: Sequence[str],
        *,
        inputs: Sequence[Path | Input],
        notes: Path,
        workdir: Path,
        watch: Watch | None = None,
    ) -> None:
        """Learn nothing."""

    async def can_encode(self, encoder: str) -> bool:
        """Know every encoder."""
        return True


async def _joined(inputs: Sequence[Path], output: Path) -> Path:
    def join() -> None:
        output.write_bytes(b"".join(source.read_bytes() for source in inputs))

    await asyncio.to_thread(join)
    return output


@dataclass(slots=True, kw_only=True)
class FakeContext:
    """What a plugin is given; each part can be replaced.

    Args:
        name: The plugin's own name.
        data_dir: Usually the test's `tmp_path`.
    """

    name: str
    data_dir: Path
    clock: Clock = field(default_factory=FakeClock)
    database: PluginDatabase = field(default_factory=NoDatabase)
    network: Network = field(default_factory=FakeNetwork)
    workers: Workers = field(default_factory=FakeWorkers)
    media: MediaTools = field(default_factory=FakeMediaTools)
    texts: Sentences = field(default_factory=FakeSentences)
    notify_admins: NotifyAdmins = field(default_factory=FakeNotifyAdmins)
    control: Control = field(default=cast("Control", None))
    """A test of what acts by itself gives one."""
