"""One call of one plugin's hook: bound, limited, timed, checked, counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

import structlog

from fetchgram.errors import DiskFull, FetchgramError, PluginError, is_no_room
from fetchgram.model import text
from fetchgram.plugins import threads
from fetchgram.plugins.breaker import Breaker
from fetchgram.plugins.checks import is_async
from fetchgram.ports import Clock
from fetchgram.settings import PluginsSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    import pluggy

T = TypeVar("T")
Check: TypeAlias = Callable[[object], T]

SYNC_LIMIT_S = 5.0
"""Sync hooks only compute; a person waits for most of them."""

_UNLIMITED = frozenset({"download", "post_process", "deliver"})
"""Work of minutes: their caller sets the limit."""

log = structlog.get_logger()


class _Overrun(Exception):
    """A hook took longer than it may.

    Args:
        limit_s: What it may take.
        hangs: Whether it goes on in a thread that nobody can stop.
    """

    def __init__(self, limit_s: float, *, hangs: bool) -> None:
        super().__init__(f"took over {limit_s:g} s")
        self.hangs = hangs


class Calls:
    """Asks plugins and keeps the breaker informed.

    Args:
        breaker: Learns how each call ended.
        settings: Time limits.
        clock: Times the calls.
    """

    def __init__(self, breaker: Breaker, settings: PluginsSettings, clock: Clock) -> None:
        self._breaker = breaker
        self._settings = settings
        self._clock = clock

    async def ask(self, impl: pluggy.HookImpl, hook: str, given: Mapping[str, object], check: Check[T]) -> T:
        """Call one implementation and return its checked answer.

        Raises:
            FetchgramError: What the plugin raised of the tree, unchanged.
            PluginError: If it raised anything else, took too long or returned what the spec does not allow.
        """
        args = [given[name] for name in impl.argnames]
        with self._watched(impl.plugin_name, hook):
            return check(await (self._coroutine(impl, hook, args) if is_async(hook) else self._thread(impl, args)))

    def ask_now(self, impl: pluggy.HookImpl, hook: str, given: Mapping[str, object], check: Check[T]) -> T:
        """Call a sync implementation where there is no loop, in this very thread.

        Raises:
            FetchgramError: What the plugin raised of the tree, unchanged.
            PluginError: If it raised anything else or returned what the spec does not allow.
        """
        with self._watched(impl.plugin_name, hook):
            return check(impl.function(*[given[name] for name in impl.argnames]))

    def ask_blocking(self, impl: pluggy.HookImpl, hook: str, given: Mapping[str, object], check: Check[T]) -> T:
        """Do the same under the time limit of sync hooks, in a thread that is left behind when it hangs."""
        args = [given[name] for name in impl.argnames]
        limit_s = self._sync_limit_s
        with self._watched(impl.plugin_name, hook):
            try:
                return check(threads.run_blocking(impl.function, *args, limit_s=limit_s))
            except TimeoutError as error:
                raise _Overrun(limit_s, hangs=True) from error

    @property
    def _sync_limit_s(self) -> float:
        return min(SYNC_LIMIT_S, self._settings.hook_timeout_s)

    async def _coroutine(self, impl: pluggy.HookImpl, hook: str, args: list[object]) -> object:
        limit_s = None if hook in _UNLIMITED else self._settings.hook_timeout_s
        try:
            async with asyncio.timeout(limit_s) as timeout:
                return await cast("Awaitable[object]", impl.function(*args))
        except TimeoutError as error:
            if limit_s is None or not timeout.expired():
                raise
            raise _Overrun(limit_s, hangs=False) from error

    async def _thread(self, impl: pluggy.HookImpl, args: list[object]) -> object:
        limit_s = self._sync_limit_s
        try:
            return await threads.run(impl.function, *args, limit_s=limit_s)
        except TimeoutError as error:
            raise _Overrun(limit_s, hangs=True) from error

    @contextmanager
    def _watched(self, plugin: str, hook: str) -> Iterator[None]:
        started_s = self._clock.monotonic()
        try:
            with structlog.contextvars.bound_contextvars(plugin=plugin):
                yield
        except (Exception, SystemExit) as error:
            named = _named(error, plugin, hook)
            hangs = isinstance(error, _Overrun) and error.hangs
            self._breaker.record_failure(plugin, named, hook, pause=hangs)
            if named is error:
                raise
            raise named from error
        except BaseException:  # cancellation says nothing about the plugin
            self._breaker.release(plugin, hook)
            raise
        finally:
            elapsed_ms = round((self._clock.monotonic() - started_s) * 1000)
            log.debug("plugin.asked", plugin=plugin, hook=hook, elapsed_ms=elapsed_ms)
        self._breaker.record_success(plugin, hook)


def _named(error: BaseException, plugin: str, hook: str) -> FetchgramError:
    if isinstance(error, PluginError) and not error.plugin:
        error.plugin = plugin
    if isinstance(error, FetchgramError):
        return error
    if isinstance(error, _Overrun):
        return PluginError(f"{hook} {error}", plugin=plugin, told=text("error-plugin-slow", plugin=plugin))
    if is_no_room(error):  # nobody's mistake
        return DiskFull(f"{hook} of {plugin!r}: {error}")
    return PluginError(f"{hook}: {type(error).__name__}: {error}", plugin=plugin)
