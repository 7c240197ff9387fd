"""Rules for a plugin's class and its hooks, checked before it takes part."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import pluggy

from fetchgram import hookspecs
from fetchgram.errors import PluginLoadError
from fetchgram.ports import Context
from fetchgram.settings import SettingsModel

API_VERSION = 1
"""What this framework offers to plugins; raised when a plugin written for the one before would break."""

_CONSTRUCTOR = ("settings", "context")


def near(name: str, known: Iterable[str]) -> str:
    """Name the nearest known name as a question, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def check_class(target: object, name: str) -> Callable[[SettingsModel, Context | None], object]:
    """Return the target when it is a plugin's class of this name and API version.

    Raises:
        PluginLoadError: If it is not.
    """
    if not isinstance(target, type):
        raise PluginLoadError(
            f"the entry point must lead to a class `Plugin(settings, context)`, not to {_what(target)}"
        )
    own = getattr(target, "name", None)
    if own != name:
        raise PluginLoadError(f"`name` of the class is {own!r}, the entry point's name is {name!r}: they must be equal")
    version = getattr(target, "api_version", None)
    if version != API_VERSION:
        raise PluginLoadError(f"it is written for API version {version!r}, this fetchgram offers {API_VERSION}")
    _check_signature(target)
    return cast("Callable[[SettingsModel, Context | None], object]", target)


def settings_class(target: object) -> type[SettingsModel]:
    """Return the class of the plugin's settings; one without keys when it has none.

    Raises:
        PluginLoadError: If `Settings` is no `SettingsModel`.
    """
    found = getattr(target, "Settings", SettingsModel)
    if not (isinstance(found, type) and issubclass(found, SettingsModel)):
        raise PluginLoadError(f"`Settings` must be a subclass of `SettingsModel`, not {_what(found)}")
    return found


def check_hooks(manager: pluggy.PluginManager, plugin: object) -> tuple[str, ...]:
    """Check each marked method against its spec and return the names of the hooks, sorted.

    Raises:
        PluginLoadError: If a hook is misspelt, has the wrong colour, wraps an async one or takes what nobody gives.
    """
    found = set()
    for name, method, options in _marked(manager, plugin):
        hook = options["specname"] or name
        spec = getattr(hookspecs, hook, None)
        if hook not in hook_names() or spec is None:
            raise PluginLoadError(f"unknown hook {hook!r}{near(hook, hook_names())}")
        _check_colour(hook, spec, method, options)
        _check_parameters(hook, spec, method)
        found.add(hook)
    return tuple(sorted(found))


def hook_names() -> tuple[str, ...]:
    """Return the names of all hooks in the order of their page."""
    marker = f"{hookspecs.PROJECT}_spec"
    return tuple(name for name, value in vars(hookspecs).items() if getattr(value, marker, None) is not None)


def is_async(hook: str) -> bool:
    """Tell whether the spec of a hook is `async def`."""
    return inspect.iscoroutinefunction(getattr(hookspecs, hook))


def _what(target: object) -> str:
    if inspect.isfunction(target):
        return f"the function {target.__name__!r}"
    if isinstance(target, type):
        return f"the class {target.__name__!r}"
    return f"an instance of {type(target).__name__!r}"


def _check_signature(target: type) -> None:
    parameters = inspect.signature(target).parameters
    plain = all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values())
    if tuple(parameters) != _CONSTRUCTOR or not plain:
        raise PluginLoadError(
            f"it is built as {target.__name__}({', '.join(_CONSTRUCTOR)}), "
            f"but takes ({', '.join(map(str, parameters.values()))})"
        )


def _marked(
    manager: pluggy.PluginManager, plugin: object
) -> Iterator[tuple[str, Callable[..., object], pluggy.HookimplOpts]]:
    for name in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, name)
        if options is not None:
            yield name, getattr(plugin, name), options


def _check_colour(
    hook: str, spec: Callable[..., object], method: Callable[..., object], options: pluggy.HookimplOpts
) -> None:
    wanted = inspect.iscoroutinefunction(spec)
    if options["wrapper"] or options["hookwrapper"]:
        # A wrapper around an async hook would see a coroutine; around a sync one it would escape the time limits.
        raise PluginLoadError(f"hook {hook!r} must not be a wrapper")
    if inspect.isasyncgenfunction(method) or inspect.iscoroutinefunction(method) is not wanted:
        raise PluginLoadError(f"hook {hook!r} must be `{'async def' if wanted else 'def'}`")


def _check_parameters(hook: str, spec: Callable[..., object], method: Callable[..., object]) -> None:
    given = inspect.signature(spec).parameters
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise PluginLoadError(f"hook {hook!r}: parameter {parameter} must be a plain one")
        if name not in given:
            raise PluginLoadError(f"hook {hook!r} has no parameter {name!r}{near(name, given)}")
        if parameter.default is not parameter.empty:
            # pluggy never fills a parameter that has a default.
            raise PluginLoadError(f"hook {hook!r}: parameter {name!r} must not have a default")
