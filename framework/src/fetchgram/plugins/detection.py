"""Finds out whose links are, in a warm child, since a pattern may take for ever and cannot be stopped otherwise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import structlog

from fetchgram.errors import FetchgramError, PluginError, WorkerCrashed, WorkerFailed, WorkerTimeout, first_failure
from fetchgram.model import Json, Link, decode
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.detection_child import TARGET, WARM_UP_URL
from fetchgram.plugins.roster import Roster
from fetchgram.plugins.status import Loaded, PluginState
from fetchgram.plugins.urls import find_links, normalise_url
from fetchgram.workers.pool import WorkerPool

__all__ = ["Detector", "find_links", "normalise_url"]

BATCH = 250
"""Links that one child is asked for at a time: well under a second of work, so that nobody's link is kept waiting."""

_HOOK = "detect"
_WARM_UP_FACTOR = 3
"""A plugin that is built for the first time may import what it needs."""

_NOWHERE = ("127.0.0.1", 9)
"""The discard port as the only way out: detection is pure, and the child refuses every other address."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plugin:
    name: str
    target: str
    settings: Json
    resting: bool

    def to_json(self) -> Json:
        return {"name": self.name, "target": self.target, "settings": self.settings, "resting": self.resting}


class Detector:
    """Asks the plugins for batches of links.

    Args:
        roster: Who is there.
        breaker: Learns how each plugin did.
        limit_s: Time for one plugin and one batch of links.
        size: Children.
        roof: Folder for their temporary home; the system's by default.
    """

    def __init__(
        self, roster: Roster, breaker: Breaker, *, limit_s: float, size: int = 1, roof: Path | None = None
    ) -> None:
        self._roster = roster
        self._breaker = breaker
        self._limit_s = limit_s
        preload = [TARGET.partition(":")[0]]
        self._pool = WorkerPool("detect", size=size, preload=preload, way_out=_NOWHERE, roof=roof)
        self._starting = asyncio.Lock()
        self._started = False

    async def start(self) -> None:
        """Have the child ready; the first link does the same.

        Raises:
            WorkerCrashed: If it does not come up.
        """
        async with self._starting:
            if not self._started:
                await self._pool.start()
                self._started = True

    async def warm_up(self) -> None:
        """Let the plugins get ready before the first link comes; never raises: that link finds out what is wrong."""
        try:
            await self.detect([WARM_UP_URL])
        except FetchgramError as error:
            log.warning("detector.cold", error=repr(error))

    async def close(self) -> None:
        """End the child."""
        await self._pool.close()

    async def detect(self, urls: Sequence[str]) -> list[Link | None]:
        """Return the claim for each URL, or `None` where nobody claims it.

        A paused plugin, or one that is switched off, is heard only where no other one is sure: better a "try again
        later" than a wrong engine.

        Raises:
            WorkerCrashed: If the child dies by nobody's fault.
        """
        await self.start()
        batches = [urls[start : start + BATCH] for start in range(0, len(urls), BATCH)]
        with first_failure():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._batch(batch)) for batch in batches]
        return [link for task in tasks for link in task.result()]

    async def _batch(self, urls: Sequence[str]) -> list[Link | None]:
        plugins = list(self._askable())
        try:
            while plugins:
                call = _Call(self._pool, self._limit_s)
                try:
                    return self._read(await call.run(urls, plugins), plugins)
                except (WorkerCrashed, WorkerTimeout) as error:
                    if call.culprit is None:
                        raise
                    self._blame(call.culprit, error)
                    plugins = [plugin for plugin in plugins if plugin.name != call.culprit]
        finally:
            for plugin in plugins:
                self._breaker.release(plugin.name, _HOOK)
        return [None] * len(urls)

    def _askable(self) -> Iterator[_Plugin]:
        loaded = self._roster.present
        impls = loaded.manager.hook.detect.get_hookimpls()
        admitted = [(impl, self._is_resting(impl.plugin_name)) for impl in reversed(impls)]
        for impl, resting in sorted(admitted, key=lambda pair: pair[1] is True):
            if resting is not None:
                yield _described(impl.plugin_name, type(impl.plugin), loaded, resting=resting)
        for name, kind in loaded.off.items():
            if kind is not None:  # its links are known, so that people hear why nothing comes of them
                yield _described(name, kind, loaded, resting=True)

    def _is_resting(self, name: str) -> bool | None:
        """Tell whether the plugin rests because of other hooks; `None` when it is not to be asked at all."""
        if self._breaker.admits(name, _HOOK):
            return self._breaker.state(name) is PluginState.PAUSED and _HOOK not in self._breaker.failing_hooks(name)
        return None if _HOOK in self._breaker.failing_hooks(name) else True

    def _read(self, answer: Mapping[str, Json], plugins: Sequence[_Plugin]) -> list[Link | None]:
        errors = cast("Mapping[str, list[str]]", answer["errors"])
        for plugin in plugins:
            if plugin.name in errors:
                message, trace = errors[plugin.name]
                self._blame(plugin.name, WorkerFailed(message, traceback=trace))
            else:
                self._breaker.record_success(plugin.name, _HOOK)
        links = cast("list[dict[str, Json] | None]", answer["links"])
        return [None if link is None else decode(Link, link) for link in links]

    def _blame(self, plugin: str, error: WorkerCrashed | WorkerFailed | WorkerTimeout) -> None:
        trace = error.traceback if isinstance(error, WorkerFailed) else None
        log.error("plugin.hook_failed", plugin=plugin, hook=_HOOK, error=str(error), traceback=trace)
        self._breaker.record_failure(plugin, PluginError(f"{_HOOK}: {error}", plugin=plugin), _HOOK)


def _described(name: str, kind: type, loaded: Loaded, *, resting: bool) -> _Plugin:
    return _Plugin(
        name=name,
        target=f"{kind.__module__}:{kind.__qualname__}",
        # What TOML knows and JSON does not (dates) is text for pydantic, as from the environment.
        settings=json.loads(json.dumps(loaded.given.plugin.get(name, {}), default=str)),
        resting=resting,
    )


class _Call:
    """One batch in the child, with a time limit for each plugin in it.

    Args:
        pool: Has the child.
        limit_s: For each plugin.
    """

    def __init__(self, pool: WorkerPool, limit_s: float) -> None:
        self._pool = pool
        self._limit_s = limit_s
        self.culprit: str | None = None

    async def run(self, urls: Sequence[str], plugins: Sequence[_Plugin]) -> Mapping[str, Json]:
        """Return the child's answer.

        Raises:
            WorkerCrashed: If the child died; `culprit` was being asked.
            WorkerTimeout: If it was killed; `culprit` took too long.
        """
        payload: Json = {"plugins": [plugin.to_json() for plugin in plugins], "urls": list(urls)}
        try:
            async with asyncio.timeout(None) as timeout:
                answer = await self._pool.run(TARGET, payload, on_message=lambda message: self._note(message, timeout))
        except TimeoutError as error:
            raise WorkerTimeout(f"took over {self._limit_s:g} s for {len(urls)} links") from error
        return cast("Mapping[str, Json]", answer)

    def _note(self, message: Json, timeout: asyncio.Timeout) -> None:
        told = cast("Mapping[str, str]", message)
        factor = _WARM_UP_FACTOR if "builds" in told else 1
        self.culprit = told.get("builds") or told.get("asks")
        timeout.reschedule(asyncio.get_running_loop().time() + factor * self._limit_s)
