"""The composition root: the only place that builds the parts and hands them to one another."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError
from fetchgram.model import Text
from fetchgram.pipeline.audience import Audience
from fetchgram.pipeline.cache import Cache
from fetchgram.pipeline.delivery import Deliveries
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.pipeline.queue import LocalQueue
from fetchgram.pipeline.run import Runner
from fetchgram.pipeline.stages import Stages
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.context import PluginContext
from fetchgram.plugins.detection import Detector
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import Loaded, load
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Storage, open_storage
from fetchgram.texts import Texts, catalogues_of
from fetchgram.workers.guard import WayOut
from fetchgram.workers.media import LocalMedia
from fetchgram.workers.network import GuardedNetwork
from fetchgram.workers.pool import PluginWorkers


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """The loaded plugins and what they were given."""

    hooks: Hooks
    texts: Texts
    network: GuardedNetwork
    detector: Detector
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The parts of the route, wired."""

    storage: Storage
    queue: LocalQueue
    intake: Intake
    runner: Runner


def load_plugins(settings: Settings) -> Loaded:
    """Load the plugins without any context: enough to name them, their commands and their hooks."""
    return load(settings, lambda name, _: None)


@asynccontextmanager
async def open_plugins(settings: Settings, *, builtins: Sequence[type]) -> AsyncIterator[Plugins]:
    """Load the plugins with all that they need, start them, and shut them down at the end.

    Args:
        settings: Of everything.
        builtins: Plugins that this process brings itself.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        way_out = await stack.enter_async_context(WayOut(settings.network))
        network = GuardedNetwork(way_out, settings.network, folder=_made(settings.data_dir / "network"))
        stack.push_async_callback(network.close)
        inspectors = PluginWorkers("media", settings=settings, network=None)
        stack.push_async_callback(inspectors.close)
        media = LocalMedia(inspectors, settings.ffmpeg)
        workers: list[PluginWorkers] = []

        def make_context(name: str, _: object) -> PluginContext:
            pool = PluginWorkers(name, settings=settings, network=network)
            workers.append(pool)
            return PluginContext(
                name=name,
                data_dir=_made(settings.data_dir / "plugins" / name),
                clock=clock,
                network=network,
                workers=pool,
                media=media,
                texts=texts,
                notify_admins=_nobody,
            )

        texts = Texts.load(catalogues_of(settings))
        loaded = load(settings, make_context, builtins=builtins)
        for pool in workers:
            stack.push_async_callback(pool.close)
        hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
        detector = Detector(loaded, hooks, settings)
        stack.push_async_callback(detector.close)
        await hooks.startup()
        stack.push_async_callback(hooks.shutdown)
        yield Plugins(hooks=hooks, texts=texts, network=network, detector=detector, clock=clock)


@asynccontextmanager
async def open_route(
    settings: Settings, plugins: Plugins, audience: Audience, *, data_dir: Path
) -> AsyncIterator[Route]:
    """Wire the route over the database of `data_dir`."""
    clock = plugins.clock
    storage = await open_storage(settings.database.url, _made(data_dir), clock=clock)
    try:
        yield _wire(settings, plugins, audience, storage, data_dir)
    finally:
        await storage.close()


def _wire(settings: Settings, plugins: Plugins, audience: Audience, storage: Storage, data_dir: Path) -> Route:
    clock, hooks, work = plugins.clock, plugins.hooks, settings.work
    queue = LocalQueue(storage=storage, settings=settings, clock=clock, worker=f"{socket.gethostname()}:{os.getpid()}")
    cache = Cache(storage, clock, ttl_s=work.cache_ttl_s)
    workdirs = Workdirs(data_dir / "work", floor_bytes=int(work.disk_floor))
    outcomes = Outcomes(storage=storage, audience=audience, cache=cache, workdirs=workdirs, clock=clock)
    deliveries = Deliveries(storage=storage, hooks=hooks, cache=cache, outcomes=outcomes)
    stages = Stages(
        hooks=hooks,
        deliveries=deliveries,
        outcomes=outcomes,
        workdirs=workdirs,
        work=work,
        limits=settings.limits,
        clock=clock,
    )
    runner = Runner(queue=queue, stages=stages, outcomes=outcomes, workdirs=workdirs, settings=work, clock=clock)
    queue.on_cancel(runner.stop)
    intake = Intake(
        storage=storage, hooks=hooks, detector=plugins.detector, queue=queue, settings=settings, clock=clock
    )
    return Route(storage=storage, queue=queue, intake=intake, runner=runner)


async def _nobody(_text: Text, *, once_key: str | None = None) -> None:
    """Admins are told by the bot; a process without one has nobody to tell."""


def _made(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder {str(path)!r} cannot be made: {error.strerror}. Set `data_dir` (or FETCHGRAM_DATA_DIR) to a "
            "folder that may be written to; everything needs it"
        ) from error
    return path
