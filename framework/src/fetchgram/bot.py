"""The processes of a bot: all in one, or one that talks to people and any number that work, over one database."""

from __future__ import annotations

import asyncio
import fcntl
import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import structlog

from fetchgram.app import Wired, open_route
from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError, TemporarilyUnavailable, first_failure
from fetchgram.openings import Plugins, open_plugins
from fetchgram.pipeline.leased import HOUSE, Lease, end_earlier
from fetchgram.pipeline.relay import hear_news
from fetchgram.ports import Clock
from fetchgram.settings import Settings
from fetchgram.storage import Patience, is_shared, reach
from fetchgram.telegram.account import Account, mark_unreachable, open_accounts
from fetchgram.telegram.budget import Budget
from fetchgram.telegram.courier import TelegramCourier
from fetchgram.telegram.mtproto.gateway import Gateway
from fetchgram.telegram.mtproto.relay import Relay, open_relay
from fetchgram.telegram.mtproto.tenure import Tenure
from fetchgram.telegram.notices import Notices
from fetchgram.telegram.plugin import telegram_plugin
from fetchgram.telegram.service import TelegramService
from fetchgram.telegram.switchboard import Switchboard

log = structlog.get_logger()

_LOCK = "run.lock"
_USER_ACCOUNT = "user-account"
"""The lease on the account that uploads what is too large for a bot."""

_Part: TypeAlias = Coroutine[object, object, None]


class Part(StrEnum):
    """What a process does of it all; each is a command."""

    ALL = "run"
    TALK = "bot"
    """Hears people, shows menus and news; keeps house."""
    WORK = "worker"
    """Carries jobs from download to delivery; PostgreSQL only, as many as you like."""


async def run_bots(settings: Settings, part: Part = Part.ALL) -> bool:
    """Run until cancelled; jobs at work then have `work.stop_s` to finish, and the rest is handed back to the queue.

    Returns:
        Whether an admin asked for a restart; when it ends otherwise, it raises.

    Raises:
        ConfigError: If no bot is set, a token is refused, another process runs on this data folder, or the database
            cannot be shared and `part` is not all.
        TemporarilyUnavailable: If the database was away for longer than `database.wait_s` when it was started.
    """
    _check_settings(settings, part)
    with _alone(settings.data_dir):
        await _patiently(settings, functools.partial(_run, settings, part))
    return True


async def _patiently(settings: Settings, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run, from the beginning again as long as the database goes away before everything has started."""
    patience = Patience(settings.database.wait_s, SystemClock())
    started = asyncio.Event()
    while True:
        try:
            await reach(settings.database.url, settings.data_dir)
            return await run(started)
        except TemporarilyUnavailable as error:
            if started.is_set():
                raise
            await patience.after(error)


async def _run(settings: Settings, part: Part, started: asyncio.Event) -> None:
    """Open everything, say that it has started, and run until cancelled, or until an admin wants a restart."""
    accounts = open_accounts(settings, SystemClock())
    deliveries = {bot_id: account.delivery for bot_id, account in accounts.items()}
    gateways = {account.name: account.gateway for account in accounts.values() if account.gateway is not None}
    relay = open_relay(settings, SystemClock())
    builtins = (telegram_plugin(deliveries, settings.delivery, gateways, relay, settings.limits),)
    switchboard, notices = Switchboard(), Notices(accounts, settings.owners)
    told = None if part is Part.WORK else switchboard
    async with (
        open_plugins(
            settings,
            builtins=builtins,
            detects=part is not Part.WORK,
            notify_admins=notices,
            on_plugin_change=notices.plugin_changed,
            recall=True,
        ) as plugins,
        open_route(settings, plugins, told, TelegramCourier(accounts, plugins.texts)) as route,
    ):
        parts = await _parts(part, accounts, settings, plugins, route, switchboard)
        parts.append(notices.run(plugins.texts, route.storage))
        parts += _relaying(relay, gateways, notices, part, route, settings)
        log.info("process.started", part=str(part), name=route.name)
        started.set()
        await _together(parts, route.runner.drain, until=route.care.upkeep.restart_wanted)


async def _parts(  # everything that runs is made of these
    part: Part,
    accounts: Mapping[int, Account],
    settings: Settings,
    plugins: Plugins,
    route: Wired,
    switchboard: Switchboard,
) -> list[_Part]:
    """Name what a process does, with what every process does."""
    for status in plugins.hooks.statuses():
        log.info("plugin", name=status.name, state=str(status.state), error=status.error)
    if route.notifier is not None:
        await end_earlier(route.storage, route.name)
    parts = [route.pauses.run(), route.switches.run(), route.care.run()]
    if part is not Part.WORK:
        parts += _talk(accounts, settings, plugins, route, switchboard)
    if part is not Part.TALK:
        parts += await _work(accounts, route)
    if route.notifier is not None:
        parts.append(route.notifier.run())
        parts += _budgets(accounts, settings, plugins.clock, route)
    return parts


def _check_settings(settings: Settings, part: Part) -> None:
    if not settings.bots:
        raise ConfigError(
            "no bot is set: put `[bots.main]` with `token = …` (from @BotFather) into fetchgram.toml, or set "
            "FETCHGRAM_BOTS__MAIN__TOKEN; without one there are still `fetchgram get` and `fetchgram demo`"
        )
    if part is not Part.ALL and not is_shared(settings.database.url):
        raise ConfigError(
            f"`fetchgram {part}` needs PostgreSQL, where several processes can share the work: set database.url to "
            "`postgresql://user:password@host/name`, or start `fetchgram run`, which is all in one"
        )


def _talk(
    accounts: Mapping[int, Account], settings: Settings, plugins: Plugins, route: Wired, switchboard: Switchboard
) -> list[_Part]:
    """Name what the process does that talks to people."""
    services = {bot_id: _service(account, settings, plugins, route) for bot_id, account in accounts.items()}
    switchboard.attach(services, route.storage)
    house = (route.observers.run, route.schedules.run, route.commands.run)
    parts: list[_Part] = [plugins.detector.warm_up()]
    if route.notifier is None:
        return [*parts, *(work() for work in house), *(service.run() for service in services.values())]
    hear_news(route.notifier, switchboard)

    def lease(name: str) -> Lease:
        lease_s = settings.work.lease_s
        return Lease(storage=route.storage, clock=plugins.clock, name=name, holder=route.name, lease_s=lease_s)

    parts.append(lease(HOUSE).over(lambda: _together([work() for work in house])))
    return parts + [_alone_with(lease(f"bot:{bot_id}"), service.run) for bot_id, service in services.items()]


async def _work(accounts: Mapping[int, Account], route: Wired) -> list[_Part]:
    """Name what the process does that works."""
    for account in accounts.values():
        account.on_unreachable = account.on_unreachable or functools.partial(mark_unreachable, route.storage)
    await route.queue.recover()
    parts: list[_Part] = [route.runner.run(), route.queue.run()]
    if route.remote is not None:
        parts += [route.remote.run(), *(_closed_at_the_end(account) for account in accounts.values())]
    return parts


def _budgets(accounts: Mapping[int, Account], settings: Settings, clock: Clock, route: Wired) -> list[_Part]:
    """Divide what each bot may send among the processes that send for it."""
    per_s = int(settings.delivery.messages_per_s)
    return [
        Budget(
            line=account.line, storage=route.storage, clock=clock, bot_id=bot_id, holder=route.name, per_s=per_s
        ).run()
        for bot_id, account in accounts.items()
    ]


def _relaying(  # what the relay works with
    relay: Relay | None, gateways: Mapping[str, Gateway], notices: Notices, part: Part, route: Wired, settings: Settings
) -> list[_Part]:
    """Look after the user account where files go out; one process uses it at a time."""
    if relay is None:
        return []
    if part is Part.TALK:
        relay.leave_to_workers()
        return []
    relay.notify_admins = notices
    if route.notifier is not None:
        lease_s = settings.work.lease_s
        lease = Lease(
            storage=route.storage, clock=SystemClock(), name=_USER_ACCOUNT, holder=route.name, lease_s=lease_s
        )
        relay.tenure = Tenure(lease)
    return [relay.run(gateways)]


async def _alone_with(lease: Lease, work: Callable[[], _Part]) -> None:
    """Talk for a bot when nobody else does: two that ask Telegram for updates would each get a part of them.

    A database that is away ends nothing: what Telegram says is confirmed only when it is stored.
    """
    await lease.take()
    try:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work())
            keeping = group.create_task(lease.keep_until_taken())
            await asyncio.wait([working, keeping], return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                raise TemporarilyUnavailable("the database was away too long: another process talks for this bot now")
            keeping.cancel()
    finally:
        await lease.drop()


async def _closed_at_the_end(account: Account) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await account.close()


def _service(account: Account, settings: Settings, plugins: Plugins, route: Wired) -> TelegramService:
    return TelegramService(
        account=account,
        settings=settings,
        storage=route.storage,
        intake=route.intake,
        reruns=route.reruns,
        lists=route.lists,
        items=route.items,
        hooks=plugins.hooks,
        controls=route.controls,
        stories=route.stories,
        texts=plugins.texts,
        network=plugins.network,
        clock=plugins.clock,
    )


async def _together(
    parts: Iterable[_Part], drain: Callable[[], Awaitable[None]] | None = None, *, until: asyncio.Event | None = None
) -> None:
    """Do everything at once, until cancelled, until one of them fails, or until this is wanted."""
    with first_failure():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
            try:
                await (until or asyncio.Event()).wait()
            finally:
                if drain is not None and not any(map(_broke, tasks)):
                    await drain()
            for task in tasks:
                task.cancel()


def _broke(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold the data folder: two processes would send everything twice."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / _LOCK).open("w")
    except OSError as error:
        raise ConfigError(
            f"the data folder {str(data_dir)!r} cannot be written to: {error.strerror}; set data_dir "
            "(FETCHGRAM_DATA_DIR) to a folder that can"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another `fetchgram run`, `bot` or `worker` uses the data folder {str(data_dir)!r}: "
                "each needs its own (FETCHGRAM_DATA_DIR)"
            ) from error
        yield
