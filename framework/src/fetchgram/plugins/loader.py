"""Finds plugins by their entry points and loads each on its own: what fails is a row, never a crash."""

from __future__ import annotations

import importlib
import importlib.resources
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

GROUP = "fetchgram.plugins"
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
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    sources = [*_builtin_sources(builtins), *_installed_sources(entry_points)]
    statuses = [_load_one(manager, source, settings, make_context) for source in sources]
    plugins = {name: plugin for name, plugin in manager.list_name_plugin() if plugin is not None}
    return Loaded(
        manager=manager,
        plugins=plugins,
        statuses=tuple(statuses),
        warnings=_warn_of_strangers(settings, {source.name for source in sources}),
    )


def packages(plugins: Mapping[str, object]) -> dict[str, Traversable]:
    """Return the folder of each plugin's package, for its catalogues; the core's own plugins have none."""
    found: dict[str, Traversable] = {}
    for name, plugin in plugins.items():
        top = type(plugin).__module__.partition(".")[0]
        if top != CORE and hasattr(importlib.import_module(top), "__path__"):
            found[name] = importlib.resources.files(top)
    return found


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
    return _Source(
        name=point.name,
        version=point.dist.version if point.dist else "",
        distribution=point.dist.name if point.dist else "",
        resolve=point.load,
    )


def _load_one(
    manager: pluggy.PluginManager, source: _Source, settings: Settings, make_context: MakeContext
) -> PluginStatus:
    if _is_switched_off(source, settings):
        return source.status(PluginState.DISABLED)
    before = manager.get_plugin(source.name)
    try:
        if before is not None:
            raise PluginLoadError(f"another plugin is named {source.name!r} too: {_origin(before)}")  # noqa: TRY301  # becomes a row like every other failure
        hooks = _build(manager, source, settings, make_context)
    except (Exception, SystemExit) as error:  # whatever a plugin does, it is a row in the report
        if before is None and manager.has_plugin(source.name):
            manager.unregister(name=source.name)
        log.error("plugin.failed", plugin=source.name, error=_describe(error), exc_info=error)
        return source.status(PluginState.FAILED, error=_describe(error))
    log.debug("plugin.loaded", plugin=source.name, version=source.version, hooks=hooks)
    return source.status(PluginState.ACTIVE, hooks)


def _is_switched_off(source: _Source, settings: Settings) -> bool:
    if source.name in settings.plugins.disabled:
        return True
    exempt = source.builtin or source.name in _EXEMPT_FROM_ONLY
    return bool(settings.plugins.only) and source.name not in settings.plugins.only and not exempt


def _build(
    manager: pluggy.PluginManager, source: _Source, settings: Settings, make_context: MakeContext
) -> tuple[str, ...]:
    kind = check_class(source.resolve(), source.name)
    own = own_settings(kind, source.name, settings)
    plugin: object = kind(own, make_context(source.name, own))
    hooks = check_hooks(manager, plugin)
    manager.register(plugin, source.name)
    manager.check_pending()
    return hooks


def own_settings(kind: type, name: str, settings: Settings) -> SettingsModel:
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


def _origin(plugin: object) -> str:
    return f"{type(plugin).__module__}:{type(plugin).__qualname__}"


def _describe(error: BaseException) -> str:
    return str(error) if isinstance(error, PluginLoadError) else f"{type(error).__name__}: {error}"


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
