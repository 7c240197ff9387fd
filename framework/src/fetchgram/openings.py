"""What a command opens before it begins and closes at its end: the plugins, a detector, what one plugin is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fetchgram.clock import SystemClock
from fetchgram.model import Media, Text
from fetchgram.pipeline.switches import recalled
from fetchgram.plugins.breaker import Breaker, OnChange
from fetchgram.plugins.context import PluginContext, Powers
from fetchgram.plugins.detection import Detector
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load, packages
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.provisions import CHILDREN, Provisions
from fetchgram.settings import Settings, SettingsModel
from fetchgram.storage import SharedStorage
from fetchgram.texts import Texts
from fetchgram.workers.network import GuardedNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """The loaded plugins and what they were given.

    Attributes:
        database: Of the plugins and of the route.
    """

    hooks: Hooks
    texts: Texts
    network: GuardedNetwork
    detector: Detector
    clock: Clock
    database: SharedStorage
    switching: Switching
    powers: Powers = field(default_factory=Powers)
    notify_admins: NotifyAdmins


@asynccontextmanager
async def open_plugins(  # noqa: PLR0913  # each way to start differs in a few of these
    settings: Settings,
    *,
    builtins: Sequence[type] = (),
    database: SharedStorage | None = None,
    warm: bool = True,
    detects: bool = True,
    notify_admins: NotifyAdmins | None = None,
    on_plugin_change: OnChange | None = None,
    recall: bool = False,
) -> AsyncIterator[Plugins]:
    """Load the plugins with all that they need, start them, and shut them down at the end.

    Args:
        settings: Of everything.
        builtins: Plugins that this process brings itself.
        database: Of plugins and route, closed here; the one of the settings by default.
        notify_admins: How plugins reach the admins; nobody hears them by default.
        on_plugin_change: Hears when a plugin is paused or comes back.
        warm: Whether children are started before they are needed; a command that may not need them saves the time.
        detects: Whether somebody asks here whose a link is; a process that only works on jobs saves the child.
        recall: Whether what admins changed about plugins holds here.
    """
    clock, texts = SystemClock(), Texts.load()
    async with AsyncExitStack() as stack:
        shared = database or SharedStorage(settings.database.url, settings.data_dir)
        stack.push_async_callback(shared.close)
        given = await Provisions.open(settings, clock, texts, stack, shared, notify_admins or _nobody)
        changed = await recalled(await shared.get()) if recall else Overrides()
        breaker = Breaker(settings.plugins, clock, on_plugin_change)
        hooks = given.provide(load(settings, given.context_of, builtins=builtins, overrides=changed), breaker)
        detector = _detector(hooks, settings, roof=settings.data_dir / CHILDREN)
        stack.push_async_callback(detector.close)
        if warm:
            await asyncio.gather(given.warm(), *([detector.start()] if detects else []))
        await given.migrate(hooks)
        await hooks.startup()
        switching = Switching(hooks=hooks, settings=settings, overrides=changed, workshop=given)
        stack.push_async_callback(switching.shutdown)
        yield Plugins(
            hooks=hooks,
            texts=texts,
            network=given.network,
            detector=detector,
            clock=clock,
            database=shared,
            switching=switching,
            powers=given.powers,
            notify_admins=given.notify_admins,
        )


@asynccontextmanager
async def open_detector(settings: Settings, *, size: int) -> AsyncIterator[Detector]:
    """Open what it takes to ask whose a link is, and nothing else."""
    clock = SystemClock()
    loaded = load(settings, lambda _name, _settings: None)
    hooks = Hooks(loaded, Breaker(settings.plugins, clock), settings.plugins, clock)
    detector = _detector(hooks, settings, size=size)
    await detector.start()
    try:
        yield detector
    finally:
        await detector.close()


def _detector(hooks: Hooks, settings: Settings, *, size: int = 1, roof: Path | None = None) -> Detector:
    limit_s = settings.plugins.detect_timeout_s
    return Detector(hooks.roster, hooks.breaker, limit_s=limit_s, size=size, roof=roof)


@asynccontextmanager
async def open_context(settings: Settings, plugin: str) -> AsyncIterator[PluginContext]:
    """Open what one plugin is given, for a command of its own; admins hear nothing of it."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = SharedStorage(settings.database.url, settings.data_dir)
        stack.push_async_callback(database.close)
        given = await Provisions.open(settings, clock, Texts.load(), stack, database, _nobody)
        only = settings.plugins.model_copy(update={"only": (plugin,)})
        loaded = load(settings.model_copy(update={"plugins": only}), lambda _name, _own: None)
        given.texts.add(packages(loaded.plugins))
        context = given.context_of(plugin, SettingsModel())
        given.prepare(loaded.plugins.get(plugin), context)
        yield context


async def _nobody(  # the port's names
    text: Text,
    *,
    once_key: str | None = None,
    media: Media | None = None,
    only: Callable[[int], bool] | None = None,
) -> None:
    """Admins are told by the bot; a process without one has nobody to tell."""
