"""Finds plugins by their entry points and loads each on its own: what fails is a row, never a crash."""

from __future__ import annotations

import importlib.resources
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from importlib.resources.abc import Traversable
from typing import TypeAlias

import pluggy
import structlog

from fetchgram import hookspecs
from fetchgram.configuration import unknown_keys, validate
from fetchgram.errors import ConfigError, PluginLoadError
from fetchgram.plugins.checks import check_class, check_hooks, near, settings_class
from fetchgram.plugins.overrides import Overrides
from fetchgram.plugins.sources import CORE, GROUP, Source, builtin_sources, installed_sources
from fetchgram.plugins.status import Loaded, PluginState, PluginStatus
from fetchgram.ports import Context
from fetchgram.settings import Settings, SettingsModel

__all__ = ["GROUP", "Loaded", "PluginState", "PluginStatus", "load", "packages", "renew"]

_EXEMPT_FROM_ONLY = frozenset({"sandbox"})

MakeContext: TypeAlias = Callable[[str, SettingsModel], Context | None]

log = structlog.get_logger()


def load(
    settings: Settings,
    make_context: MakeContext,
    *,
    entry_points: Iterable[metadata.EntryPoint] | None = None,
    builtins: Sequence[type] = (),
    overrides: Overrides | None = None,
) -> Loaded:
    """Load every plugin that is installed and not switched off; never raises.

    Args:
        settings: `plugins.disabled`, `plugins.only` and `plugin.<name>` are read.
        make_context: Called with the name and the plugin's own settings, for each plugin that is about to be built.
        entry_points: In place of those that are installed.
        builtins: Classes of the core's own plugins; they come first, and `plugins.only` does not concern them.
        overrides: What admins changed.
    """
    loading = _Loading(settings, make_context, overrides or Overrides())
    sources = [*builtin_sources(builtins), *installed_sources(entry_points)]
    known: dict[str, Source] = {}
    for source in sources:
        known.setdefault(source.name, source)  # of two with one name the first counts; the other's row says so
    return loading.result(
        statuses=tuple(loading.load(source) for source in sources),
        warnings=_warn_of_strangers(settings, set(known)),
        sources=known,
    )


def renew(loaded: Loaded, name: str, settings: Settings, make_context: MakeContext, overrides: Overrides) -> Loaded:
    """Build one plugin anew, or take it out, beside the others, which stay the objects they are.

    Args:
        loaded: How it is now.
        name: Of the plugin.
        settings: Of everything, from the configuration.
        make_context: As for `load`.
        overrides: What admins changed, the new change among it.

    Raises:
        PluginLoadError: If there is none of this name, or it cannot be built; nothing of it is left behind.
        ConfigError: If its new settings do not fit.
    """
    if name not in loaded.sources:
        raise PluginLoadError(f"no plugin {name!r} is installed{near(name, loaded.sources)}")
    loading = _Loading(settings, make_context, overrides)
    rows = {}
    # In the order of loading, since that is the order in which plugins are asked.
    for source in loaded.sources.values():
        if source.name == name:
            rows[name] = loading.build_or_leave_out(source)
        else:
            loading.keep(source, loaded)
    statuses = tuple(rows.get(row.name, row) for row in loaded.statuses)
    return loading.result(statuses=statuses, warnings=loaded.warnings, sources=loaded.sources)


class _Loading:
    """One pass over all sources."""

    def __init__(self, settings: Settings, make_context: MakeContext, overrides: Overrides) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._plugins: dict[str, object] = {}
        self._own_settings: dict[str, SettingsModel] = {}
        self._contexts: dict[str, Context | None] = {}
        self._off: dict[str, type | None] = {}
        self._settings = overrides.over(settings)
        self._make_context = make_context
        self._overrides = overrides

    def result(
        self, *, statuses: tuple[PluginStatus, ...], warnings: tuple[str, ...], sources: Mapping[str, Source]
    ) -> Loaded:
        """Return what came of it."""
        return Loaded(
            manager=self._manager,
            plugins=self._plugins,
            statuses=statuses,
            settings=self._own_settings,
            warnings=warnings,
            given=self._settings,
            sources=sources,
            contexts=self._contexts,
            off=self._off,
        )

    def load(self, source: Source) -> PluginStatus:
        """Load one; whatever it does is a row in the report."""
        try:
            return self.build_or_leave_out(source)
        except (PluginLoadError, ConfigError) as error:
            cause = error.__cause__ or error
            log.error("plugin.failed", plugin=source.name, error=_describe(error), exc_info=cause)
            return source.status(PluginState.FAILED, error=_describe(error), changed=self._is_changed(source))

    def build_or_leave_out(self, source: Source) -> PluginStatus:
        """Build one, unless it is switched off.

        Raises:
            PluginLoadError: If it cannot be built.
            ConfigError: If its settings do not fit.
        """
        if not source.builtin and self._overrides.is_off(source.name):
            self._leave_out(source)
            return source.status(PluginState.DISABLED, changed=True)
        if self._is_switched_off(source):
            return source.status(PluginState.DISABLED, changed=self._is_changed(source))
        try:
            hooks = self._build(source)
        except (PluginLoadError, ConfigError):
            raise
        except (Exception, SystemExit) as error:
            raise PluginLoadError(_describe(error)) from error
        log.debug("plugin.loaded", plugin=source.name, version=source.version, hooks=hooks)
        return source.status(PluginState.ACTIVE, hooks, changed=self._is_changed(source))

    def keep(self, source: Source, loaded: Loaded) -> None:
        """Take one over as it is."""
        name = source.name
        if name in loaded.plugins:
            self._register(loaded.plugins[name], name)
            self._plugins[name] = loaded.plugins[name]
            self._own_settings[name] = loaded.settings[name]
            self._contexts[name] = loaded.contexts[name]
        elif name in loaded.off:
            self._off[name] = loaded.off[name]

    def _leave_out(self, source: Source) -> None:
        """Remember the class of one that an admin switched off, where it can be had and knows its links."""
        self._off[source.name] = None
        try:
            kind = source.resolve()
            check_class(kind, source.name)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it is off: that it is broken too matters when it is on
            log.warning("plugin.off_and_broken", plugin=source.name, error=_describe(error))
            return
        if isinstance(kind, type) and _detects(self._manager, kind):
            self._off[source.name] = kind

    def _is_changed(self, source: Source) -> bool:
        return self._overrides.of(source.name).is_change

    def _is_switched_off(self, source: Source) -> bool:
        wanted = self._settings.plugins
        exempt = source.builtin or source.name in _EXEMPT_FROM_ONLY
        return source.name in wanted.disabled or (bool(wanted.only) and source.name not in wanted.only and not exempt)

    def _build(self, source: Source) -> tuple[str, ...]:
        if (other := self._plugins.get(source.name)) is not None:
            raise PluginLoadError(f"another plugin is named {source.name!r} too: it is in {type(other).__module__}")
        kind = check_class(source.resolve(), source.name)
        own = _validated(kind, source.name, self._settings)
        context = self._make_context(source.name, own)
        plugin = kind(own, context)
        hooks = check_hooks(self._manager, plugin)
        self._register(plugin, source.name)
        self._plugins[source.name] = plugin
        self._own_settings[source.name] = own
        self._contexts[source.name] = context
        return hooks

    def _register(self, plugin: object, name: str) -> None:
        """Register it or leave nothing of it behind."""
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except BaseException:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise


def _detects(manager: pluggy.PluginManager, kind: type) -> bool:
    marked = ((name, manager.parse_hookimpl_opts(kind, name)) for name in dir(kind))
    return any(options is not None and (options["specname"] or name) == "detect" for name, options in marked)


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
