"""Finds plugins by their entry points and loads each on its own: what fails is a row, never a crash."""

from __future__ import annotations

import importlib.resources
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.resources.abc import Traversable
from typing import TypeAlias

import pluggy
import structlog

from fetchgram import hookspecs
from fetchgram.errors import PluginLoadError
from fetchgram.plugins.checks import check_class, check_hooks, near, settings_class
from fetchgram.plugins.status import Loaded, PluginState, PluginStatus
from fetchgram.ports import Context
from fetchgram.settings import Settings, SettingsModel, unknown_keys, validate

__all__ = ["GROUP", "Loaded", "PluginState", "PluginStatus", "load", "packages"]

GROUP = f"{hookspecs.PROJECT}.plugins"
CORE = "fetchgram"
_EXEMPT_FROM_ONLY = frozenset({"sandbox"})

MakeContext: TypeAlias = Callable[[str, SettingsModel], Context | None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A plugin that was found, not looked at yet."""

    name: str
    version: str
    distribution: str
    resolve: Callable[[], object]
    builtin: bool = False

    def status(self, state: PluginState, hooks: tuple[str, ...] = (), error: str | None = None) -> PluginStatus:
        return PluginStatus(
            name=self.name,
            version=self.version,
            distribution=self.distribution,
            state=state,
            hooks=hooks,
            error=error,
        )


def load(
    settings: Settings,
    make_context: MakeContext,
    *,
    entry_points: Iterable[metadata.EntryPoint] | None = None,
    builtins: Sequence[type] = (),
) -> Loaded:
    """Load every plugin that is installed and not switched off; never raises.

    Args:
        settings: `plugins.disabled`, `plugins.only` and `plugin.<name>` are read.
        make_context: Called with the name and the plugin's own settings, for each plugin that is about to be built.
        entry_points: In place of those that are installed.
        builtins: Classes of the core's own plugins; they come first, and `plugins.only` does not concern them.
    """
    loading = _Loading(settings, make_context)
    sources = [*_builtin_sources(builtins), *_installed_sources(entry_points)]
    statuses = tuple(loading.load(source) for source in sources)
    return Loaded(
        manager=loading.manager,
        plugins=loading.plugins,
        statuses=statuses,
        settings=loading.own_settings,
        warnings=_warn_of_strangers(settings, {source.name for source in sources}),
    )


class _Loading:
    """One pass over all sources."""

    def __init__(self, settings: Settings, make_context: MakeContext) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, object] = {}
        self.own_settings: dict[str, SettingsModel] = {}
        self._settings = settings
        self._make_context = make_context

    def load(self, source: _Source) -> PluginStatus:
        """Load one; whatever it does is a row in the report."""
        if self._is_switched_off(source):
            return source.status(PluginState.DISABLED)
        try:
            hooks = self._build(source)
        except (Exception, SystemExit) as error:
            log.error("plugin.failed", plugin=source.name, error=_describe(error), exc_info=error)
            return source.status(PluginState.FAILED, error=_describe(error))
        log.debug("plugin.loaded", plugin=source.name, version=source.version, hooks=hooks)
        return source.status(PluginState.ACTIVE, hooks)

    def _is_switched_off(self, source: _Source) -> bool:
        wanted = self._settings.plugins
        exempt = source.builtin or source.name in _EXEMPT_FROM_ONLY
        return source.name in wanted.disabled or (bool(wanted.only) and source.name not in wanted.only and not exempt)

    def _build(self, source: _Source) -> tuple[str, ...]:
        if (other := self.plugins.get(source.name)) is not None:
            raise PluginLoadError(f"another plugin is named {source.name!r} too: it is in {type(other).__module__}")
        kind = check_class(source.resolve(), source.name)
        own = _validated(kind, source.name, self._settings)
        plugin = kind(own, self._make_context(source.name, own))
        hooks = check_hooks(self.manager, plugin)
        self._register(plugin, source.name)
        self.plugins[source.name] = plugin
        self.own_settings[source.name] = own
        return hooks

    def _register(self, plugin: object, name: str) -> None:
        """Register it or leave nothing of it behind."""
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
        except BaseException:
            if self.manager.has_plugin(name):
                self.manager.unregister(name=name)
            raise


def _builtin_sources(builtins: Sequence[type]) -> Iterator[_Source]:
    for kind in builtins:
        yield _Source(
            name=str(getattr(kind, "name", kind.__name__)),
            version=_core_version(),
            distribution=CORE,
            resolve=lambda kind=kind: kind,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            builtin=True,
        )


def _core_version() -> str:
    try:
        return metadata.version(CORE)
    except metadata.PackageNotFoundError:
        return ""


def _installed_sources(entry_points: Iterable[metadata.EntryPoint] | None) -> list[_Source]:
    try:
        points = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
        found = [_source(point) for point in points]
    except Exception as error:  # one distribution with broken metadata must not stop the bot
        log.error("plugins.not_listed", error=str(error), exc_info=error)
        return []
    # The order of the file system is no order; pluggy asks the last one first.
    return sorted(found, key=lambda source: (source.name, source.distribution))


def _source(point: metadata.EntryPoint) -> _Source:
    try:
        known = (point.dist.name or "", point.dist.version or "") if point.dist else ("", "")
    except Exception:  # noqa: BLE001  # metadata that cannot be read is no reason not to load
        known = ("", "")
    return _Source(name=point.name, distribution=known[0], version=known[1], resolve=point.load)


def _validated(kind: object, name: str, settings: Settings) -> SettingsModel:
    """Build the plugin's own settings from `plugin.<name>`.

    Raises:
        PluginLoadError: If a key is unknown.
        ConfigError: If a value does not fit.
    """
    model = settings_class(kind)
    data = settings.plugin.get(name, {})
    if unknown := unknown_keys(model, data):
        raise PluginLoadError(f"unknown setting in [plugin.{name}]: {', '.join(unknown)}")
    return validate(model, data, f"plugin.{name}")


def _describe(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # an error that cannot even be shown is a plugin's failure like any other
        said = ""
    return said if isinstance(error, PluginLoadError) else f"{type(error).__name__}: {said}"


def _warn_of_strangers(settings: Settings, names: set[str]) -> tuple[str, ...]:
    named = {
        "plugins.disabled": settings.plugins.disabled,
        "plugins.only": settings.plugins.only,
        "plugin": tuple(settings.plugin),
    }
    warnings = [
        f"{key}: no plugin {name!r} is installed{near(name, names)}"
        for key, listed in named.items()
        for name in listed
        if name not in names
    ]
    for warning in warnings:
        log.warning("settings.plugin_unknown", warning=warning)
    return tuple(warnings)


def packages(plugins: Mapping[str, object]) -> dict[str, Traversable]:
    """Return the folder of each plugin's package, for its catalogues; a plugin that is one lone module has none."""
    homes = ((name, sys.modules.get(_package(type(plugin).__module__))) for name, plugin in plugins.items())
    return {name: importlib.resources.files(home) for name, home in homes if home and hasattr(home, "__path__")}


def _package(module: str) -> str:
    """A distribution's catalogues are in its top package; the core's own plugins have a folder each."""
    top = module.partition(".")[0]
    return module.rpartition(".")[0] if top == CORE else top
