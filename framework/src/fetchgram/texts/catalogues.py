"""Catalogues of all languages, the core's and the plugins', and the way from a `Text` to a sentence."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, cast

import structlog
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

from fetchgram.model import Text
from fetchgram.texts.amounts import functions
from fetchgram.texts.foreign import guard, is_rtl
from fetchgram.texts.markup import Rich, parse

if TYPE_CHECKING:
    from fluent.runtime.types import FluentType

FALLBACK = "en"
_DEEPEST = 5
_SUFFIX = ".ftl"

log = structlog.get_logger()


class Texts:
    """Renders texts in the nearest language that has them.

    Args:
        bundles: By language in lower case, as `en` or `pt-br`.
    """

    def __init__(self, bundles: Mapping[str, FluentBundle]) -> None:
        self._bundles = dict(bundles)
        self._complained: set[str] = set()

    @classmethod
    def load(cls, packages: Mapping[str, Traversable] | None = None) -> Texts:
        """Read the core's catalogues and those of plugins.

        Args:
            packages: Folder of each plugin's package by the plugin's name (`catalogues_of`, `loader.packages`); its
                catalogues are `locales/<language>.ftl` in it, their keys begin with the name and a hyphen.
        """
        bundles: dict[str, FluentBundle] = {}
        for language, resource in _read(importlib.resources.files("fetchgram"), plugin=None):
            _bundle(bundles, language).add_resource(resource)
        texts = cls(bundles)
        texts.add(packages or {})
        return texts

    def add(self, packages: Mapping[str, Traversable]) -> None:
        """Read the catalogues of more plugins; see `load`."""
        for plugin, folder in packages.items():
            for language, resource in _read(folder, plugin=plugin):
                _bundle(self._bundles, language).add_resource(resource)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that have a catalogue."""
        return tuple(sorted(self._bundles))

    def render(self, text: Text, locale: str) -> str:
        """Return the sentence in the nearest language, markup removed."""
        return self.render_rich(text, locale).text

    def render_rich(self, text: Text, locale: str) -> Rich:
        """Return the sentence in the nearest language, markup as spans."""
        return parse(self._format(text, locale, depth=0))

    def _format(self, text: Text, locale: str, *, depth: int) -> str:
        for language in _candidates(locale):
            bundle = self._bundles.get(language)
            if bundle is not None and bundle.has_message(text.key):
                return self._fill(bundle, language, text, depth=depth)
        self._complain("texts.key_missing", text.key, locale=locale)
        return guard(text.key, rtl=False)

    def _fill(self, bundle: FluentBundle, language: str, text: Text, *, depth: int) -> str:
        pattern = bundle.get_message(text.key).value
        if pattern is None or depth > _DEEPEST:
            self._complain("texts.no_sentence", text.key, language=language)
            return guard(text.key, rtl=False)
        args = {name: self._argument(value, language, depth=depth) for name, value in text.params.items()}
        rendered, errors = bundle.format_pattern(pattern, args)
        if errors:
            self._complain("texts.not_filled", text.key, language=language, error=str(errors[0]))
        return str(rendered)

    def _argument(self, value: str | float | Text, language: str, *, depth: int) -> str | float:
        if isinstance(value, Text):
            return self._format(value, language, depth=depth + 1)
        return guard(value, rtl=is_rtl(language)) if isinstance(value, str) else value

    def _complain(self, event: str, key: str, **about: str) -> None:
        if f"{event} {key}" not in self._complained:
            self._complained.add(f"{event} {key}")
            log.error(event, key=key, **about)


def _candidates(locale: str) -> Iterator[str]:
    """Walk `pt-br`, `pt`, then English."""
    language = locale.replace("_", "-").lower()
    while language:
        yield language
        language = language.rpartition("-")[0]
    yield FALLBACK


def _bundle(bundles: dict[str, FluentBundle], language: str) -> FluentBundle:
    if language not in bundles:
        # Isolation is ours: Fluent's own would wrap every number and every nested sentence too.
        # Plain strings are what its functions may return in fact, though not by its annotations.
        own = cast("dict[str, Callable[[object], FluentType]]", functions(language))
        bundles[language] = FluentBundle([language], functions=own, use_isolating=False)
    return bundles[language]


def _read(folder: Traversable, *, plugin: str | None) -> Iterator[tuple[str, ast.Resource]]:
    locales = folder / "locales"
    if not locales.is_dir():
        return
    for file in sorted(locales.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(_SUFFIX):
            try:
                source = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                log.error("texts.not_read", file=file.name, plugin=plugin, error=str(error))
                continue
            yield file.name.removesuffix(_SUFFIX).lower(), _resource(source, file.name, plugin)


def _resource(source: str, name: str, plugin: str | None) -> ast.Resource:
    resource = FluentResource(source)
    for entry in resource.body:
        if isinstance(entry, ast.Junk):
            log.error("texts.junk", file=name, plugin=plugin, content=(entry.content or "")[:80])
    if plugin is not None:
        resource.body = [entry for entry in resource.body if _is_own(entry, name, plugin)]
    return resource


def _is_own(entry: ast.EntryType, name: str, plugin: str) -> bool:
    """A plugin must not change the sentences of others."""
    if not isinstance(entry, ast.Message | ast.Term):
        return True
    if entry.id.name.startswith(f"{plugin}-"):
        return True
    log.error("texts.key_refused", file=name, plugin=plugin, key=entry.id.name)
    return False
