"""Pauses a plugin that keeps failing by its own making, tries it again later, and brings it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, cast

import structlog

from fetchgram.errors import PluginError, WorkerCrashed, WorkerFailed, WorkerTimeout
from fetchgram.model import Json
from fetchgram.plugins.status import PluginState
from fetchgram.ports import Clock
from fetchgram.settings import PluginsSettings

OnChange: TypeAlias = Callable[[str, PluginState, str | None], None]

LONGEST_PAUSE = 12
"""In first pauses: with the default of five minutes, a plugin that stays broken is tried every hour."""

_OWN_MAKING = (PluginError, WorkerCrashed, WorkerFailed, WorkerTimeout)

log = structlog.get_logger()


@dataclass(slots=True)
class _Record:
    failures: int = 0
    hooks: set[str] = field(default_factory=set)
    pauses: int = 0
    paused_until: datetime | None = None
    over_at_s: float = 0.0
    trial_until_s: float | None = None
    error: str | None = None


class Breaker:
    """Counts each plugin's failures in a row.

    A success counts only for a hook that failed before: a menu that can still be drawn proves nothing about downloads.

    Args:
        settings: How many failures pause a plugin, and for how long at first.
        clock: Time.
        on_change: Called with name, new state and the error, when a plugin is paused or comes back; must not block.
    """

    def __init__(self, settings: PluginsSettings, clock: Clock, on_change: OnChange | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self.on_change = on_change

    def admits(self, plugin: str, hook: str = "") -> bool:
        """Tell whether the plugin may be asked now.

        When its pause is over, one call at a time of a hook that failed is let through as a trial; its outcome must be
        told by `record_success`, `record_failure` or `release`.
        """
        record = self._records.get(plugin)
        if record is None or record.paused_until is None:
            return True
        now_s = self._clock.monotonic()
        if now_s < record.over_at_s:
            return False
        if hook not in record.hooks:
            return True
        if record.trial_until_s is not None and now_s < record.trial_until_s:
            return False
        record.trial_until_s = now_s + self._settings.breaker_pause_s
        return True

    def record_success(self, plugin: str, hook: str = "") -> None:
        """Forget the failures in a row; a plugin on trial is back."""
        record = self._records.get(plugin)
        if record is None or hook not in record.hooks:
            return
        if record.paused_until is None:
            del self._records[plugin]
        elif record.trial_until_s is not None:
            del self._records[plugin]
            self._tell(plugin, PluginState.ACTIVE, None)

    def record_failure(self, plugin: str, error: BaseException, hook: str = "", *, pause: bool = False) -> None:
        """Count a failure if it is of the plugin's own making.

        Args:
            plugin: Who failed.
            error: How; sites that refuse, limits and the like are not the plugin's making.
            hook: At what.
            pause: Pause now, whatever the count, as for a thread that cannot be stopped.
        """
        if not isinstance(error, _OWN_MAKING):
            self.record_success(plugin, hook)  # "this video is private" is the answer of a plugin that works
            return
        record = self._records.setdefault(plugin, _Record())
        record.failures += 1
        record.hooks.add(hook)
        record.error = str(error)
        on_trial = record.trial_until_s is not None
        enough = pause or record.failures >= self._settings.breaker_failures
        if on_trial or (enough and record.paused_until is None):
            self._pause(plugin, record)

    def release(self, plugin: str, hook: str = "") -> None:
        """Say that a call ended without telling anything about the plugin, as by cancellation."""
        record = self._records.get(plugin)
        if record is not None and hook in record.hooks:
            record.trial_until_s = None

    def resume(self, plugin: str) -> bool:
        """End the pause of a plugin by hand; returns whether there was one."""
        was_paused = self.state(plugin) is PluginState.PAUSED
        self.forget(plugin)
        if was_paused:
            self._tell(plugin, PluginState.ACTIVE, None)
        return was_paused

    def forget(self, plugin: str) -> None:
        """Forget all failures of a plugin, as of one that was replaced; nobody is told."""
        self._records.pop(plugin, None)

    def state(self, plugin: str) -> PluginState:
        """Return `PAUSED` from the pause until a trial went well, else `ACTIVE`."""
        record = self._records.get(plugin)
        return PluginState.ACTIVE if record is None or record.paused_until is None else PluginState.PAUSED

    def paused_until(self, plugin: str) -> datetime | None:
        """Return when it is tried again."""
        record = self._records.get(plugin)
        return None if record is None else record.paused_until

    def error(self, plugin: str) -> str | None:
        """Return the failure that paused it."""
        record = self._records.get(plugin)
        return None if record is None or record.paused_until is None else record.error

    def failing_hooks(self, plugin: str) -> frozenset[str]:
        """Return what it failed at since it last worked."""
        record = self._records.get(plugin)
        return frozenset() if record is None else frozenset(record.hooks)

    def pauses(self) -> dict[str, Json]:
        """Return what is paused, to be recalled after a restart."""
        return {
            plugin: {
                "until": record.paused_until.isoformat(),
                "pauses": record.pauses,
                "hooks": cast("Json", sorted(record.hooks)),
                "error": record.error,
            }
            for plugin, record in self._records.items()
            if record.paused_until is not None
        }

    def recall(self, pauses: Mapping[str, Json]) -> None:
        """Pause what was paused in an earlier process, for what is left of it; nobody is told once more."""
        for plugin, known in pauses.items():
            match known:
                case {"until": str(until), "pauses": int(count), "hooks": list(hooks), "error": error}:
                    paused_until = datetime.fromisoformat(until)
                    left_s = (paused_until - self._clock.now()).total_seconds()
                    self._records[plugin] = _Record(
                        failures=self._settings.breaker_failures,
                        hooks={str(hook) for hook in hooks},
                        pauses=count,
                        paused_until=paused_until,
                        over_at_s=self._clock.monotonic() + left_s,
                        error=str(error),
                    )
                case _:
                    log.warning("breaker.not_recalled", plugin=plugin)

    def _pause(self, plugin: str, record: _Record) -> None:
        pause_s = self._settings.breaker_pause_s * min(2**record.pauses, LONGEST_PAUSE)
        record.pauses += 1
        record.trial_until_s = None
        record.over_at_s = self._clock.monotonic() + pause_s
        record.paused_until = self._clock.now() + timedelta(seconds=pause_s)
        self._tell(plugin, PluginState.PAUSED, record.error)

    def _tell(self, plugin: str, state: PluginState, error: str | None) -> None:
        log.warning("plugin.state", plugin=plugin, state=str(state), error=error)
        if self.on_change is not None:
            self.on_change(plugin, state, error)
