"""What the command line asks of plugins in the running bot: on, off, back from a pause."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from fetchgram.model import Json
from fetchgram.pipeline.switches import Switches
from fetchgram.plugins.overrides import Override
from fetchgram.storage import Session, Storage

ENABLE, DISABLE, RESUME = "plugin.enable", "plugin.disable", "plugin.resume"

_OPERATOR = "system:cli"
"""How the audit log calls who has the machine: whoever has it needs no role."""

_EDITS: Mapping[str, Callable[[Override], Override]] = {
    ENABLE: lambda known: replace(known, enabled=True, resumed=known.resumed + 1),
    DISABLE: lambda known: replace(known, enabled=False),
    RESUME: lambda known: replace(known, resumed=known.resumed + 1),
}


class PluginOrders:
    """Carries out what the command line asks for.

    Args:
        storage: The audit log.
        switches: Let changes hold.
    """

    def __init__(self, storage: Storage, switches: Switches) -> None:
        self._storage = storage
        self._switches = switches

    @property
    def known(self) -> Mapping[str, Callable[[Mapping[str, Json]], Awaitable[Json]]]:
        """Return what can be asked for."""
        return {name: partial(self._change, name) for name in _EDITS}

    async def _change(self, order: str, args: Mapping[str, Json]) -> Json:
        plugin = str(args["plugin"])
        await self._switches.change(plugin, _EDITS[order], lambda: self._audited(order, plugin))
        return {"plugin": plugin}

    @asynccontextmanager
    async def _audited(self, order: str, plugin: str) -> AsyncIterator[Session]:
        async with self._storage.write() as session:
            yield session
            await session.audit.add(0, _OPERATOR, order, f"plugin:{plugin}", None, None)
