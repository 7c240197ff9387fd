"""Where plugins come from: the core's own, and the entry points of what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata

import structlog

from fetchgram import hookspecs
from fetchgram.plugins.status import PluginState, PluginStatus

GROUP = f"{hookspecs.PROJECT}.plugins"
CORE = "fetchgram"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A plugin that was found, not looked at yet."""

    name: str
    version: str
    distribution: str
    resolve: Callable[[], object]
    builtin: bool = False

    def status(
        self, state: PluginState, hooks: tuple[str, ...] = (), error: str | None = None, *, changed: bool = False
    ) -> PluginStatus:
        """Return its row."""
        return PluginStatus(
            name=self.name,
            version=self.version,
            distribution=self.distribution,
            state=state,
            hooks=hooks,
            error=error,
            changed=changed,
            builtin=self.builtin,
        )


def builtin_sources(builtins: Sequence[type]) -> Iterator[Source]:
    """Name the core's own plugins."""
    for kind in builtins:
        yield Source(
            name=str(getattr(kind, "name", kind.__name__)),
            version=_core_version(),
            distribution=CORE,
            resolve=lambda kind=kind: kind,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            builtin=True,
        )


def installed_sources(entry_points: Iterable[metadata.EntryPoint] | None) -> list[Source]:
    """Name the installed plugins, sorted; never raises."""
    try:
        points = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
        found = [_source(point) for point in points]
    except Exception as error:  # one distribution with broken metadata must not stop the bot
        log.error("plugins.not_listed", error=str(error), exc_info=error)
        return []
    # The order of the file system is no order; pluggy asks the last one first.
    return sorted(found, key=lambda source: (source.name, source.distribution))


def _core_version() -> str:
    try:
        return metadata.version(CORE)
    except metadata.PackageNotFoundError:
        return ""


def _source(point: metadata.EntryPoint) -> Source:
    try:
        known = (point.dist.name or "", point.dist.version or "") if point.dist else ("", "")
    except Exception:  # noqa: BLE001  # metadata that cannot be read is no reason not to load
        known = ("", "")
    return Source(name=point.name, distribution=known[0], version=known[1], resolve=point.load)
