"""All emulators together, as the commands and the journeys need them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.site import MediaSite
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.sites import all_sites
from fetchgram_sandbox.world import World


class Stage:
    """A world with a person in it, a Bot API server with its page, a media site, and a web of known host names.

    Args:
        clips: Folder of the clips; made once.
        port: Of the page and the Bot API; 0 takes a free one.
        limits: What the Bot API refuses.
    """

    def __init__(self, clips: Path, *, port: int = 0, limits: Limits | None = None) -> None:
        self._clips = clips
        self._port = port
        self._limits = limits
        self._stack = AsyncExitStack()
        self.world = World()
        self.person = Person(self.world, self.world.new_person("Alice", username="alice"))

    async def __aenter__(self) -> Self:
        """Start everything."""
        self._stack.callback(self.world.close)
        self.site = await self._stack.enter_async_context(MediaSite(self._clips))
        self.web = await self._stack.enter_async_context(Web(all_sites(self._clips / "web")))
        self.api = await self._stack.enter_async_context(
            BotApi(self.world, port=self._port, limits=self._limits, samples=self.samples)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything."""
        await self._stack.aclose()

    @property
    def samples(self) -> tuple[dict[str, str], ...]:
        """Return links to show to people, each with `title` and `url`."""
        return (*self.site.samples, *({"title": each.title, "url": each.url} for each in self.web.samples))

    @property
    def is_polled(self) -> bool:
        """Whether a bot has asked for updates."""
        return self.api.account.updates.is_polled

    def describe(self) -> dict[str, object]:
        """Say where everything is, for clients in any language."""
        return {
            "botapi": {"url": self.api.url, "token": self.api.token, "chat": self.person.id},
            "page": f"{self.api.url}/",
            "site": {"url": self.site.url, "samples": list(self.site.samples)},
            "web": self.web.describe(),
        }
