"""The composition root: the only place that builds the parts and hands them to one another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.clock import SystemClock
from fetchgram.control.controls import Controls
from fetchgram.control.courier import Courier, NoCourier
from fetchgram.model import Media, Text
from fetchgram.ops.care import Care
from fetchgram.pipeline.audience import Audience
from fetchgram.pipeline.cache import Cache
from fetchgram.pipeline.commands import Commands
from fetchgram.pipeline.delivery import Deliveries
from fetchgram.pipeline.disk import Disk
from fetchgram.pipeline.housekeeping import Housekeeping
from fetchgram.pipeline.identity import worker_name
from fetchgram.pipeline.intake import Intake
from fetchgram.pipeline.items import Items
from fetchgram.pipeline.limits import Limits
from fetchgram.pipeline.lists import Lists
from fetchgram.pipeline.menu import Menus
from fetchgram.pipeline.observers import Observers
from fetchgram.pipeline.orders import Orders
from fetchgram.pipeline.outcome import Outcomes
from fetchgram.pipeline.pauses import Pauses
from fetchgram.pipeline.persons import Persons
from fetchgram.pipeline.plugin_orders import PluginOrders
from fetchgram.pipeline.queue import JobQueue, LocalQueue
from fetchgram.pipeline.relay import RemoteAudience
from fetchgram.pipeline.reruns import Reruns
from fetchgram.pipeline.resolver import Resolver
from fetchgram.pipeline.run import Runner
from fetchgram.pipeline.schedules import Schedules
from fetchgram.pipeline.sizes import Sizes
from fetchgram.pipeline.stages import Stages
from fetchgram.pipeline.stories import Stories
from fetchgram.pipeline.switches import Switches, recalled
from fetchgram.pipeline.upkeep import Upkeep
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.plugins.breaker import Breaker, OnChange
from fetchgram.plugins.context import PluginContext, Powers
from fetchgram.plugins.detection import Detector
from fetchgram.plugins.hooks import Hooks
from fetchgram.plugins.loader import load, packages
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.switching import Switching
from fetchgram.ports import Clock, NotifyAdmins
from fetchgram.provisions import CHILDREN, Provisions
from fetchgram.settings import Settings, SettingsModel, WorkSettings
from fetchgram.storage import SharedStorage, Storage
from fetchgram.texts import Texts
from fetchgram.workers.network import GuardedNetwork

if TYPE_CHECKING:
    from fetchgram.storage.notifier import Notifier


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The parts of the route, wired.

    Attributes:
        name: Of this process, in leases.
        notifier: Speaks to other processes; `None` where there are none.
        remote: Says news for people on to the process that talks to them, when that is not this one.
    """

    name: str
    storage: Storage
    notifier: Notifier | None
    queue: JobQueue
    intake: Intake
    reruns: Reruns
    lists: Lists
    items: Items
    runner: Runner
    observers: Observers
    schedules: Schedules
    commands: Commands
    pauses: Pauses
    stories: Stories
    controls: Controls
    switches: Switches
    care: Care
    remote: RemoteAudience | None


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


@asynccontextmanager
async def open_route(
    settings: Settings, plugins: Plugins, audience: Audience | None, courier: Courier | None = None
) -> AsyncIterator[Wired]:
    """Wire the route over the database that the plugins have too.

    Without an audience the news is for the process that talks to people; without a courier nobody is written to.
    """
    yield wire(settings, plugins, audience, await plugins.database.get(), plugins.database.data_dir, courier)


def wire(
    settings: Settings,
    plugins: Plugins,
    told: Audience | None,
    storage: Storage,
    data_dir: Path,
    courier: Courier | None = None,
) -> Wired:
    """Build the route over an open database."""
    clock, hooks, work = plugins.clock, plugins.hooks, settings.work
    name, workdirs = worker_name(data_dir), Workdirs(data_dir / "work")
    queue, notifier = _queue(storage, settings, clock, name)
    remote = RemoteAudience(notifier) if told is None and notifier is not None else None
    audience = told if told is not None else cast("Audience", remote)
    cache = Cache(storage, clock, ttl_s=work.cache_ttl_s)
    outcomes = Outcomes(
        storage=storage, audience=audience, cache=cache, workdirs=workdirs, hint=queue.hint, clock=clock
    )
    stories = Stories(storage, hooks, clock)
    stages = _stages(settings, plugins, storage, cache, outcomes, stories, workdirs)
    housekeeping = Housekeeping(storage=storage, hooks=hooks, workdirs=workdirs, settings=work, clock=clock)
    runner = _runner(work, clock, queue, stages, outcomes, stories, housekeeping)
    queue.on_cancel(runner.stop)
    switches, upkeep = Switches(storage, plugins.switching, clock), Upkeep(storage, settings.log, clock)
    others = PluginOrders(storage, switches).known
    lists, items, intake, reruns = _ways_in(settings, plugins, storage, queue, stories, upkeep)
    care = _care(settings, plugins, storage, upkeep, housekeeping, runner, told)
    controls = _controls(settings, hooks, storage, switches, care, courier)
    plugins.powers.attach(controls.of_plugin)
    return Wired(
        name=name,
        storage=storage,
        notifier=notifier,
        queue=queue,
        remote=remote,
        intake=intake,
        reruns=reruns,
        lists=lists,
        items=items,
        runner=runner,
        observers=Observers(storage, hooks),
        schedules=Schedules(storage, hooks, clock, own=(housekeeping.schedule,)),
        commands=Commands(storage=storage, intake=intake, reruns=reruns, items=items, audience=audience, others=others),
        pauses=Pauses(storage, hooks.breaker, clock),
        stories=stories,
        controls=controls,
        switches=switches,
        care=care,
    )


def _controls(  # admins reach all of these
    settings: Settings, hooks: Hooks, storage: Storage, switches: Switches, care: Care, courier: Courier | None
) -> Controls:
    """Build what admins may do."""
    reached = courier or NoCourier()
    return Controls(storage=storage, settings=settings, courier=reached, switches=switches, hooks=hooks, care=care)


def _care(  # it looks after all of these
    settings: Settings,
    plugins: Plugins,
    storage: Storage,
    upkeep: Upkeep,
    housekeeping: Housekeeping,
    runner: Runner,
    told: Audience | None,
) -> Care:
    """Build what looks after this process and the whole bot."""
    return Care.of(
        settings,
        upkeep=upkeep,
        storage=storage,
        hooks=plugins.hooks,
        housekeeping=housekeeping,
        runner=runner,
        notify=plugins.notify_admins,
        clock=plugins.clock,
        talks=told is not None,
    )


def _stages(
    settings: Settings,
    plugins: Plugins,
    storage: Storage,
    cache: Cache,
    outcomes: Outcomes,
    stories: Stories,
    workdirs: Workdirs,
) -> Stages:
    """Build what carries a job through, deliveries at its end."""
    hooks, clock, work = plugins.hooks, plugins.clock, settings.work
    sizes = Sizes(storage, settings.limits)
    deliveries = Deliveries(
        storage=storage, hooks=hooks, cache=cache, outcomes=outcomes, stories=stories, sizes=sizes, clock=clock
    )
    return Stages(
        hooks=hooks,
        resolver=Resolver(hooks, outcomes),
        deliveries=deliveries,
        outcomes=outcomes,
        workdirs=workdirs,
        disk=Disk(workdirs, floor_bytes=int(work.disk_floor)),
        work=work,
        sizes=sizes,
        clock=clock,
    )


def _runner(
    work: WorkSettings,
    clock: Clock,
    queue: JobQueue,
    stages: Stages,
    outcomes: Outcomes,
    stories: Stories,
    housekeeping: Housekeeping,
) -> Runner:
    return Runner(
        queue=queue,
        stages=stages,
        outcomes=outcomes,
        stories=stories,
        housekeeping=housekeeping,
        settings=work,
        clock=clock,
    )


def _ways_in(
    settings: Settings, plugins: Plugins, storage: Storage, queue: JobQueue, stories: Stories, upkeep: Upkeep
) -> tuple[Lists, Items, Intake, Reruns]:
    """Build what takes links and lists."""
    clock, hooks, own = plugins.clock, plugins.hooks, settings.limits
    limits = Limits(own, clock, line_max=settings.work.line_max, closed=lambda: upkeep.closed)
    persons = Persons(settings.owners)
    items = Items(storage=storage, queue=queue, limits=limits, persons=persons, clock=clock)
    orders = Orders(hooks=hooks, queue=queue, limits=limits, persons=persons, clock=clock)
    lists = Lists(storage=storage, hooks=hooks, detector=plugins.detector, items=items, limits=limits, clock=clock)
    intake = Intake(
        storage=storage,
        hooks=hooks,
        detector=plugins.detector,
        queue=queue,
        lists=lists,
        menus=Menus(storage=storage, hooks=hooks, orders=orders, clock=clock),
        orders=orders,
        stories=stories,
        clock=clock,
    )
    return lists, items, intake, Reruns(storage=storage, items=items, orders=orders, queue=queue, clock=clock)


def _queue(storage: Storage, settings: Settings, clock: Clock, name: str) -> tuple[JobQueue, Notifier | None]:
    """Build the queue that fits the database."""
    if not storage.database.is_shared:
        return LocalQueue(storage=storage, settings=settings, clock=clock, worker=name), None
    # PostgreSQL's driver is installed only where it is wanted.
    from fetchgram.pipeline.procrastinate_queue import ProcrastinateQueue  # noqa: PLC0415  # see above
    from fetchgram.storage.notifier import open_notifier  # noqa: PLC0415  # see above

    notifier = open_notifier(storage.database)
    queue = ProcrastinateQueue(storage=storage, settings=settings, clock=clock, worker=name, notifier=notifier)
    return queue, notifier


async def _nobody(  # the port's names
    text: Text,
    *,
    once_key: str | None = None,
    media: Media | None = None,
    only: Callable[[int], bool] | None = None,
) -> None:
    """Admins are told by the bot; a process without one has nobody to tell."""
