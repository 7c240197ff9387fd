"""All emulators together, as the commands and the journeys need them."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fetchgram_sandbox.botapi import BotApi
from fetchgram_sandbox.limits import Limits
from fetchgram_sandbox.person import Person
from fetchgram_sandbox.site import MediaSite
from fetchgram_sandbox.web.server import Web
from fetchgram_sandbox.web.sites import all_sites
from fetchgram_sandbox.world import World

if TYPE_CHECKING:
    from fetchgram_sandbox.mtproto.limits import MtprotoLimits
    from fetchgram_sandbox.mtproto.server import MtprotoServer


_ELSEWHERE = 4


class Stage:
    """A world with a person in it, a Bot API server with its page, a media site, and a web of known host names.

    Args:
        clips: Folder of the clips; made once.
        port: Of the page and the Bot API; 0 takes a free one.
        limits: What the Bot API refuses.
        mtproto: Whether there is an MTProto server too; it takes a second to load.

    Attributes:
        mtproto: The MTProto server, if there is one.
        elsewhere: Its other data centre, for people who live there.
    """

    def __init__(
        self, clips: Path, *, port: int = 0, limits: Limits | None = None, mtproto: MtprotoLimits | bool = False
    ) -> None:
        self._clips = clips
        self._port = port
        self._limits = limits
        self._wants_mtproto = mtproto
        self.mtproto: MtprotoServer | None = None
        self.elsewhere: MtprotoServer | None = None
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
        if self._wants_mtproto:
            await self._open_mtproto()
        return self

    async def _open_mtproto(self) -> None:
        heavy = await asyncio.to_thread(importlib.import_module, "fetchgram_sandbox.mtproto.server")
        limits = None if isinstance(self._wants_mtproto, bool) else self._wants_mtproto
        server: type[MtprotoServer] = heavy.MtprotoServer
        here = server(self.world, token=self.api.token, limits=limits)
        self.mtproto = await self._stack.enter_async_context(here)
        there = server(self.world, token=self.api.token, dc_id=_ELSEWHERE, beside=here)
        self.elsewhere = await self._stack.enter_async_context(there)

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
        described: dict[str, object] = {
            "botapi": {"url": self.api.url, "token": self.api.token, "chat": self.person.id},
            "page": f"{self.api.url}/",
            "site": {"url": self.site.url, "samples": list(self.site.samples)},
            "web": self.web.describe(),
        }
        if self.mtproto is not None and self.elsewhere is not None:
            phone = self.mtproto.desk.phones.number_of(self.person.id)
            described["mtproto"] = {**self.mtproto.describe(), "chat": self.person.id, "phone": phone}
            told = self.elsewhere.describe()
            described["mtproto_elsewhere"] = {name: told[name] for name in ("host", "port", "dc_id", "public_key")}
        return described
