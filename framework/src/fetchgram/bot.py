"""`fetchgram run`: every configured bot and the runner, in one process over one database."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from fetchgram.app import Plugins, Wired, open_plugins, open_route
from fetchgram.clock import SystemClock
from fetchgram.errors import ConfigError, FetchgramError, first_of
from fetchgram.settings import Settings
from fetchgram.telegram.account import Account, open_accounts
from fetchgram.telegram.notices import Notices
from fetchgram.telegram.plugin import telegram_plugin
from fetchgram.telegram.service import Switchboard, TelegramService

log = structlog.get_logger()

_LOCK = "run.lock"


async def run_bots(settings: Settings) -> None:
    """Run until cancelled; jobs at work then have `work.stop_s` to finish, and the rest is handed back to the queue.

    Raises:
        ConfigError: If no bot is set, a token is refused, or another process runs on this data folder.
    """
    if not settings.bots:
        raise ConfigError(
            "no bot is set: put `[bots.main]` with `token = …` (from @BotFather) into fetchgram.toml, or set "
            "FETCHGRAM_BOTS__MAIN__TOKEN; without one there are still `fetchgram get` and `fetchgram demo`"
        )
    accounts = open_accounts(settings, SystemClock())
    deliveries = {bot_id: account.delivery for bot_id, account in accounts.items()}
    gateways = {account.name: account.gateway for account in accounts.values() if account.gateway is not None}
    builtins = (telegram_plugin(deliveries, settings.delivery, gateways),)
    switchboard, notices = Switchboard(), Notices(accounts, settings.owners)
    with _alone(settings.data_dir):
        async with (
            open_plugins(
                settings, builtins=builtins, notify_admins=notices, on_plugin_change=notices.plugin_changed
            ) as plugins,
            open_route(settings, plugins, switchboard, data_dir=settings.data_dir) as route,
        ):
            for status in plugins.hooks.statuses():
                log.info("plugin", name=status.name, state=str(status.state), error=status.error)
            services = {bot_id: _service(account, settings, plugins, route) for bot_id, account in accounts.items()}
            switchboard.attach(services, route.storage)
            await route.queue.recover()
            await _work(route, plugins, notices, services.values())


def _service(account: Account, settings: Settings, plugins: Plugins, route: Wired) -> TelegramService:
    return TelegramService(
        account=account,
        settings=settings,
        storage=route.storage,
        intake=route.intake,
        lists=route.lists,
        items=route.items,
        hooks=plugins.hooks,
        texts=plugins.texts,
        network=plugins.network,
        clock=plugins.clock,
    )


async def _work(route: Wired, plugins: Plugins, notices: Notices, services: Iterable[TelegramService]) -> None:
    background = [route.runner.run(), route.observers.run(), route.schedules.run(), route.commands.run()]
    background += [plugins.detector.warm_up(), route.pauses.run(), notices.run(plugins.texts)]
    parts = [*background, *(service.run() for service in services)]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
            try:
                await asyncio.Event().wait()
            finally:
                if not any(map(_broke, tasks)):
                    await route.runner.drain()
    except* FetchgramError as failures:
        raise first_of(failures) from failures


def _broke(task: asyncio.Task[object]) -> bool:
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
            raise ConfigError(f"another `fetchgram run` uses the data folder {str(data_dir)!r}") from error
        yield
