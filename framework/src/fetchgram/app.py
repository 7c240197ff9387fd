"""The composition root: the only place that builds the parts and hands them to one another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fetchgram.control.controls import Controls
from fetchgram.control.courier import Courier, NoCourier
from fetchgram.openings import Plugins
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
from fetchgram.pipeline.switches import Switches
from fetchgram.pipeline.upkeep import Upkeep
from fetchgram.pipeline.workdir import Workdirs
from fetchgram.plugins.hooks import Hooks
from fetchgram.ports import Clock
from fetchgram.settings import Settings, WorkSettings
from fetchgram.storage import Storage

if TYPE_CHECKING:
    from fetchgram.storage.notifier import Notifier


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
