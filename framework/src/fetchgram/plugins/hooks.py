"""The typed facade: one method per hook; nobody else touches pluggy."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import structlog

from fetchgram.errors import FetchgramError, LinkError, PluginError
from fetchgram.model import (
    Choice,
    Delivery,
    Destination,
    Event,
    Job,
    Link,
    Media,
    Option,
    Page,
    Person,
    Probe,
    Receipt,
    Route,
    Step,
    text,
)
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.calls import Calls, Check
from fetchgram.plugins.claims import checked_claim, checked_probe
from fetchgram.plugins.results import many, nothing, one, owned
from fetchgram.plugins.roster import Roster
from fetchgram.plugins.status import Loaded, PluginState, PluginStatus
from fetchgram.ports import Clock, Ledger, Sink, Transaction
from fetchgram.screens import CliCommand, Command, HealthCheck, Schedule
from fetchgram.settings import PluginsSettings, SettingsModel

if TYPE_CHECKING:
    import pluggy

T = TypeVar("T")

log = structlog.get_logger()


class Hooks:
    """Asks the plugins.

    Args:
        loaded: By the loader.
        breaker: Pauses plugins that keep failing.
        settings: Time limits.
        clock: Times the calls.

    Attributes:
        breaker: The same.
        roster: Who takes part, now and in what still runs.
    """

    def __init__(self, loaded: Loaded, breaker: Breaker, settings: PluginsSettings, clock: Clock) -> None:
        self.roster = Roster(loaded)
        self.breaker = breaker
        self._calls = Calls(breaker, settings, clock)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what in the settings fits no plugin."""
        return self.roster.present.warnings

    def statuses(self) -> tuple[PluginStatus, ...]:
        """Return a row for each plugin, as it is now."""
        return tuple(self._present(row) for row in self.roster.present.statuses)

    def active(self, hook: str) -> tuple[str, ...]:
        """Name the plugins that implement a hook, in the order in which they are asked."""
        return tuple(impl.plugin_name for impl in self._impls(hook))

    def shape(self, plugin: str) -> tuple[str, int]:
        """Return what the results of a plugin depend on besides the recipe: part of the cache key.

        Returns:
            The plugin's optional `fingerprint` of the settings that shape its files (default: of all its settings but
            secrets), and its optional `schema` number.
        """
        there = self.roster.held
        instance = there.plugins.get(plugin)
        stated, schema = getattr(instance, "fingerprint", None), getattr(instance, "schema", 1)
        fingerprint = stated if isinstance(stated, str) else _fingerprint(there.settings.get(plugin))
        return fingerprint, schema if isinstance(schema, int) else 1

    def detect(self, url: str) -> Link | None:
        """Return the first claim; for the child and for tests, since a pattern may take for ever."""
        return self._first("detect", url=url)

    async def probe(self, link: Link) -> Probe:
        """Ask the link's plugin what is behind it."""
        return await self._owner(checked_probe(link.plugin), "probe", link.plugin, link=link)

    async def entries(self, link: Link, cursor: str | None) -> Page:
        """Ask the link's plugin for a page of the list."""
        return await self._owner(one(Page), "entries", link.plugin, link=link, cursor=cursor)

    async def download(self, job: Job, workdir: Path, sink: Sink) -> tuple[Media, ...]:
        """Have the link's plugin fetch the files."""
        check = many(Media, at_least=1)
        return await self._owner(check, "download", job.link.plugin, job=job, workdir=workdir, sink=sink)

    async def post_process(
        self, media: Sequence[Media], step: Step, workdir: Path, sink: Sink, steps: Sequence[Step] = ()
    ) -> tuple[Media, ...]:
        """Have the step's plugin turn the files into others."""
        given = {
            "media": tuple(media),
            "step": step,
            "workdir": workdir,
            "sink": sink,
            "steps": tuple(steps) or (step,),
        }
        return await self._named(many(Media, at_least=1), "post_process", step.plugin, **given)

    async def offer(self, probe: Probe, choice: Choice, routes: Sequence[Route], person: Person) -> tuple[Option, ...]:
        """Collect the options for a choice, in their order."""
        found = await self._each(Option, "offer", probe=probe, choice=choice, routes=tuple(routes), person=person)
        return tuple(sorted((option for _, option in found), key=lambda option: (option.order, option.key)))

    async def routes(self, destination: Destination) -> tuple[Route, ...]:
        """Collect the ways out, the preferred one first."""
        found = await self._each(Route, "routes", destination=destination)
        return tuple(sorted((route for _, route in found), key=lambda route: (route.order, route.name)))

    async def deliver(
        self, delivery: Delivery, route: Route, media: Sequence[Media], ledger: Ledger, sink: Sink
    ) -> Receipt:
        """Have the route's plugin send the files."""
        return await self._owner(
            one(Receipt),
            "deliver",
            route.plugin,
            delivery=delivery,
            route=route,
            media=tuple(media),
            ledger=ledger,
            sink=sink,
        )

    async def admin_commands(self) -> tuple[tuple[str, Command], ...]:
        """Collect commands for admins, each with the name of its plugin."""
        return await self._each(Command, "admin_commands")

    async def user_commands(self) -> tuple[tuple[str, Command], ...]:
        """Collect commands for everybody, each with the name of its plugin."""
        return await self._each(Command, "user_commands")

    async def health_checks(self) -> tuple[tuple[str, HealthCheck], ...]:
        """Collect checks, each with the name of its plugin."""
        return await self._each(HealthCheck, "health_checks")

    async def schedules(self) -> tuple[tuple[str, Schedule], ...]:
        """Collect periodic work, each with the name of its plugin."""
        return await self._each(Schedule, "schedules")

    async def on_events(self, plugin: str, batch: Sequence[Event], transaction: Transaction) -> None:
        """Tell one observer (see `active("on_events")`), in a transaction of its own that its caller commits."""
        await self._owner(nothing, "on_events", plugin, batch=tuple(batch), transaction=transaction)

    def cli_commands(self) -> tuple[tuple[str, CliCommand], ...]:
        """Collect commands of the command line, each with the name of its plugin; where there is no loop."""
        found: list[tuple[str, CliCommand]] = []
        for impl in self._admitted("cli_commands"):
            try:
                commands = self._calls.ask_blocking(impl, "cli_commands", {}, many(CliCommand))
            except FetchgramError as error:
                _log_failure(impl.plugin_name, "cli_commands", error)
            else:
                found += [(impl.plugin_name, command) for command in commands]
        return tuple(found)

    def fail(self, plugin: str, error: FetchgramError) -> None:
        """Take a plugin out that cannot work; its row is `failed` from now on."""
        loaded = self.roster.present
        loaded.manager.unregister(name=plugin)
        rows = tuple(_failed(row, error) if row.name == plugin else row for row in loaded.statuses)
        plugins = {name: other for name, other in loaded.plugins.items() if name != plugin}
        self.roster.put(replace(loaded, statuses=rows, plugins=plugins))

    async def startup(self) -> None:
        """Let each plugin open its resources, one after the other; a failure makes that plugin `failed`."""
        for impl in self._impls("startup"):
            try:
                await self._calls.ask(impl, "startup", {}, nothing)
            except FetchgramError as error:
                _log_failure(impl.plugin_name, "startup", error)
                self.fail(impl.plugin_name, error)

    async def shutdown(self) -> None:
        """Let each plugin close its resources, in reverse order, the paused ones too."""
        for impl in reversed(self._impls("shutdown")):
            await self.stop(self.roster.present, impl.plugin_name)

    async def start(self, loaded: Loaded, plugin: str) -> None:
        """Let one plugin of a line-up open its resources.

        Raises:
            FetchgramError: If it cannot; it is as good as not there.
        """
        for impl in _of(loaded, "startup", plugin):
            await self._calls.ask(impl, "startup", {}, nothing)

    async def stop(self, loaded: Loaded, plugin: str) -> None:
        """Let one plugin of a line-up close its resources; a failure is logged."""
        for impl in _of(loaded, "shutdown", plugin):
            try:
                await self._calls.ask(impl, "shutdown", {}, nothing)
            except FetchgramError as error:
                _log_failure(plugin, "shutdown", error)

    def _first(self, hook: str, *, url: str) -> Link | None:
        for impl in self._admitted(hook):
            try:
                claim = self._calls.ask_now(impl, hook, {"url": url}, checked_claim(impl.plugin_name))
            except FetchgramError as error:
                _log_failure(impl.plugin_name, hook, error)
                continue
            if claim is not None:
                return claim
        return None

    async def _owner(self, check: Check[T], hook: str, owner: str, **given: object) -> T:
        with self.roster.hold() as loaded:
            impl = next((impl for impl in self._impls(hook) if impl.plugin_name == owner), None)
            if impl is None:
                raise _missing(loaded, hook, owner)
            if not self.breaker.admits(owner, hook):
                raise PluginError("it is paused", plugin=owner, told=text("error-plugin-paused", plugin=owner))
            return await self._calls.ask(impl, hook, given, check)

    async def _named(self, check: Check[T], hook: str, name: str, **given: object) -> T:
        """Ask one of the plugins that a recipe names; the caller walks them in the recipe's order."""
        return await self._owner(check, hook, name, **given)

    async def _each(self, expected: type[T], hook: str, **given: object) -> tuple[tuple[str, T], ...]:
        with self.roster.hold():
            impls = list(self._admitted(hook))
            async with asyncio.TaskGroup() as group:
                # At once, so that one which hangs costs its limit once.
                tasks = [group.create_task(self._ask_or_skip(impl, hook, given, expected)) for impl in impls]
        return tuple(
            (impl.plugin_name, item) for impl, task in zip(impls, tasks, strict=True) for item in task.result()
        )

    async def _ask_or_skip(
        self, impl: pluggy.HookImpl, hook: str, given: dict[str, object], expected: type[T]
    ) -> tuple[T, ...]:
        try:
            return await self._calls.ask(impl, hook, given, owned(expected, impl.plugin_name))
        except FetchgramError as error:
            _log_failure(impl.plugin_name, hook, error)
            return ()

    def _impls(self, hook: str) -> list[pluggy.HookImpl]:
        return _impls_of(self.roster.held, hook)

    def _admitted(self, hook: str) -> Iterable[pluggy.HookImpl]:
        return (impl for impl in self._impls(hook) if self.breaker.admits(impl.plugin_name, hook))

    def _present(self, row: PluginStatus) -> PluginStatus:
        if row.state is not PluginState.ACTIVE or self.breaker.state(row.name) is not PluginState.PAUSED:
            return row
        return replace(row, state=PluginState.PAUSED, error=self.breaker.error(row.name))


def _impls_of(loaded: Loaded, hook: str) -> list[pluggy.HookImpl]:
    caller = cast("pluggy.HookCaller", getattr(loaded.manager.hook, hook))
    return list(reversed(caller.get_hookimpls()))  # pluggy's own order: the last registered is asked first


def _of(loaded: Loaded, hook: str, plugin: str) -> list[pluggy.HookImpl]:
    return [impl for impl in _impls_of(loaded, hook) if impl.plugin_name == plugin]


def _failed(row: PluginStatus, error: FetchgramError) -> PluginStatus:
    # Of two with one name, the second has failed already, by a reason of its own.
    return replace(row, state=PluginState.FAILED, error=str(error)) if row.state is PluginState.ACTIVE else row


def _missing(loaded: Loaded, hook: str, plugin: str) -> FetchgramError:
    if plugin in loaded.off:
        return LinkError(f"{plugin!r} is switched off", told=text("error-plugin-off", plugin=plugin))
    return PluginError(f"no {hook}", plugin=plugin, told=text("error-plugin-missing", plugin=plugin))


def _fingerprint(own: SettingsModel | None) -> str:
    # Without those at their defaults, so that a new setting voids no cache.
    shown = "{}" if own is None else own.model_dump_json(exclude_defaults=True)
    return "" if shown == "{}" else hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()


def _log_failure(plugin: str, hook: str, error: FetchgramError) -> None:
    log.error("plugin.hook_failed", plugin=plugin, hook=hook, error=str(error), exc_info=error)
