"""A platform that exists only in tests: claims its own links, and behaves as the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from fetchgram.hookspecs import hookimpl
from fetchgram.model import Choice, ChoiceKind, Entry, Job, Link, LinkKind, Media, MediaKind, Page, Probe
from fetchgram.plugins.checks import API_VERSION
from fetchgram.ports import Context, Sink
from fetchgram.settings import SettingsModel

DEFAULT_CHOICES = (
    Choice(kind=ChoiceKind.VIDEO, height_px=720, container="mp4"),
    Choice(kind=ChoiceKind.AUDIO, container="m4a"),
)


@dataclass(slots=True)
class Behaviour:
    """What the platform does; change it at any time.

    Args:
        choices: Of each probe.
        content: Bytes of the file that a download makes.
        probe_error: Raised by `probe` while it is set.
        download_error: Raised by `download` while it is set.
        before_download: Called first in `download`, to look or to wait.
        downloads: Jobs that were downloaded.
    """

    choices: tuple[Choice, ...] = DEFAULT_CHOICES
    content: bytes = b"a file"
    probe_error: Exception | None = None
    download_error: Exception | None = None
    before_download: Callable[[Job], None] | None = None
    downloads: list[Job] = field(default_factory=list)


class FakePlatform:
    """Claims `https://<name>.example/<id>`; `https://<name>.example/list/<id>` is a playlist of three."""

    name = "fake"
    api_version = API_VERSION
    Settings = SettingsModel
    behaviour: ClassVar[Behaviour] = Behaviour()

    def __init__(self, settings: SettingsModel, context: Context | None) -> None:
        self.settings = settings
        self.context = context

    @hookimpl
    def detect(self, url: str) -> Link | None:
        """Claim the links of this platform."""
        host = f"https://{self.name}.example/"
        path = url.removeprefix(host)
        if not url.startswith(host) or not path:
            return None
        kind = LinkKind.PLAYLIST if path.startswith("list/") else LinkKind.VIDEO
        return Link(plugin=self.name, kind=kind, media_id=path, url=url)

    @hookimpl
    async def probe(self, link: Link) -> Probe:
        """Return the choices."""
        if self.behaviour.probe_error is not None:
            raise self.behaviour.probe_error
        choices = () if link.kind is LinkKind.PLAYLIST else self.behaviour.choices
        return Probe(link=link, title=f"Fake {link.media_id}", author="Nobody", duration_s=10.0, choices=choices)

    @hookimpl
    async def entries(self, link: Link, cursor: str | None) -> Page:
        """Return three videos on one page."""
        del cursor
        numbers = ("1", "2", "3")
        return Page(entries=tuple(self._entry(link, number) for number in numbers), total=len(numbers))

    @hookimpl
    async def download(self, job: Job, workdir: Path, sink: Sink) -> Sequence[Media]:
        """Write one file."""
        if self.behaviour.before_download is not None:
            self.behaviour.before_download(job)
        if self.behaviour.download_error is not None:
            raise self.behaviour.download_error
        self.behaviour.downloads.append(job)
        content = self.behaviour.content
        path = workdir / f"{job.link.media_id.replace('/', '-')}.bin"
        path.write_bytes(content)  # a few bytes in a test
        sink.progress(len(content), len(content))
        return (Media(path=path, kind=MediaKind.DOCUMENT, mime="application/octet-stream", size_bytes=len(content)),)

    def _entry(self, link: Link, number: str) -> Entry:
        media_id = f"{link.media_id.removeprefix('list/')}-{number}"
        own = Link(
            plugin=self.name, kind=LinkKind.VIDEO, media_id=media_id, url=f"https://{self.name}.example/{media_id}"
        )
        return Entry(link=own, title=f"Fake {media_id}")


def fake_platform(name: str = "fake") -> type[FakePlatform]:
    """Make a platform class of its own, with its own behaviour, ready for `load(builtins=[…])`."""
    return type("FakePlatformOfTest", (FakePlatform,), {"name": name, "behaviour": Behaviour()})
