"""Throw-away plugins: written as packages with entry points of their own, or as classes in the test."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load
from fetchgram.plugins.status import Loaded
from fetchgram.settings import Settings
from fetchgram.testing import FakeClock

PREAMBLE = "from __future__ import annotations\nimport os, time, asyncio\nfrom fetchgram.api import *\n\n"
GOOD = """
class Plugin:
    name = "NAME"
    api_version = 1

    def __init__(self, settings, context):
        self.settings = settings

    @hookimpl
    def detect(self, url):
        if "NAME" in url:
            return Link(plugin="NAME", kind=LinkKind.VIDEO, media_id=url, url=url)

    @hookimpl
    async def probe(self, link):
        return Probe(link=link, title="NAME", choices=(Choice(kind=ChoiceKind.VIDEO),))
"""


class Shelf:
    """A folder on the import path where distributions with entry points can be put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: set[str] = set()

    def put(self, name: str, source: str | None = None, *, distribution: str = "", value: str = "") -> None:
        """Write a distribution whose plugin has this source (default: a good one)."""
        distribution = distribution or f"third-party-{name}"
        module = distribution.replace("-", "_")
        self.modules.add(module)
        package = self.folder / module
        package.mkdir()
        code = textwrap.dedent(source if source is not None else GOOD).replace("NAME", name)
        (package / "__init__.py").write_text(PREAMBLE + code)
        info = self.folder / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[fetchgram.plugins]\n{name} = {value or f'{module}:Plugin'}\n")

    def points(self) -> list[metadata.EntryPoint]:
        """Return the entry points of what lies here."""
        found = metadata.distributions(path=[str(self.folder)])
        return [point for distribution in found for point in distribution.entry_points]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Give a shelf; what was imported from it is forgotten at the end."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    made = Shelf(folder)
    yield made
    for module in made.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def clock() -> FakeClock:
    """Time that stands still until it is told."""
    return FakeClock()


@pytest.fixture
def load_classes() -> Callable[..., Loaded]:
    """Load classes as the core's own plugins are loaded, without any installed one."""

    def loaded(*kinds: type, settings: Settings | None = None) -> Loaded:
        return load(settings or Settings(), lambda _name, _settings: None, entry_points=[], builtins=kinds)

    return loaded


@pytest.fixture
def make_hooks(load_classes: Callable[..., Loaded], clock: FakeClock) -> Callable[..., Hooks]:
    """Build the facade over classes."""

    def made(*kinds: type, breaker: Breaker | None = None, **plugins: object) -> Hooks:
        settings = Settings.model_validate({"plugins": plugins})
        loaded = load_classes(*kinds, settings=settings)
        failed = [status for status in loaded.statuses if status.error]
        assert not failed
        return Hooks(loaded, breaker or Breaker(settings.plugins, clock), settings.plugins, clock)

    return made
