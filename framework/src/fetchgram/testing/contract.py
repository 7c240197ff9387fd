"""The contract of a platform plugin: subclass it with a table of links and get the tests."""

# ruff: noqa: S101  # tests are made of assertions, these only live in a package

from __future__ import annotations

import inspect
import socket
import threading
import time
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, cast

import pluggy

from fetchgram import hookspecs
from fetchgram.model import Link, decode, encode
from fetchgram.plugins.checks import check_class, check_hooks, settings_class
from fetchgram.plugins.claims import checked_claim

Case: typing.TypeAlias = tuple[str, str, str]
"""A URL, the kind of link that it is, and its media id."""

DETECT_LIMIT_S = 0.02
"""For one link, warm: a message may hold several, and a person waits."""

_NOBODYS = (
    "https://fetchgram.invalid/",
    "https://example.com/",
    "https://example.com/watch?v=aaaaaaaaaaa",
    "https://example.com/redirect?to=https://fetchgram.invalid/",
    "https://xn--e1afmkfd.example/",
    "https://[2001:db8::1]/",
    "http://192.0.2.1:8080/a/b/c",
    "https://example.com/" + "a" * 2000,
    "https://example.com/?" + "a=b&" * 400,
    "https://example.com/" + "/" * 1500,
)


class PlatformContract:
    """Subclass it as `class TestContract(PlatformContract)` and fill in the table.

    Attributes:
        plugin: The plugin's class.
        should_match: URL, kind and media id of links that are the plugin's.
        should_not_match: URLs that look like it and are not.
        claims_everything: Whether it is asked last and takes what nobody else does (then with `sure=False`).
    """

    plugin: ClassVar[type]
    should_match: ClassVar[tuple[Case, ...]] = ()
    should_not_match: ClassVar[tuple[str, ...]] = ()
    claims_everything: ClassVar[bool] = False

    def test_the_table_has_links_of_both_kinds(self) -> None:
        """A contract without a table would prove nothing."""
        assert self.should_match
        assert self.should_not_match

    def test_the_class_can_be_loaded(self) -> None:
        """Name, API version and signature are right."""
        check_class(self.plugin, str(getattr(self.plugin, "name", "")))

    def test_every_setting_has_a_default_and_a_description(self) -> None:
        """A plugin works without being configured, and says what each setting does."""
        model = settings_class(self.plugin)
        model.model_validate({})
        assert [name for name, field in model.model_fields.items() if not field.description] == []

    def test_the_hooks_are_spelt_coloured_and_called_right(self) -> None:
        """The loader would refuse them otherwise."""
        assert "detect" in check_hooks(_manager(), self._build())

    def test_the_hooks_take_and_return_what_their_specs_say(self) -> None:
        """Type hints of the implementations are those of the specs."""
        plugin = self._build()
        assert [problem for hook in check_hooks(_manager(), plugin) for problem in _differences(plugin, hook)] == []

    def test_it_claims_its_links(self) -> None:
        """Kind and media id are those of the table; the claim survives its JSON form."""
        ask = self._asker()
        for url, kind, media_id in self.should_match:
            link = ask(url)
            assert link is not None, f"{url} is not claimed"
            assert (str(link.kind), link.media_id) == (kind, media_id), url
            assert decode(Link, encode(link)) == link, url

    def test_its_canonical_url_is_claimed_as_the_same_media(self) -> None:
        """`Link.url` leads back to the same link."""
        ask = self._asker()
        for url, _, _ in self.should_match:
            link = ask(url)
            again = None if link is None else ask(link.url)
            assert again is not None, f"the canonical URL of {url} is not claimed"
            assert link is not None
            assert (again.media_id, again.url) == (link.media_id, link.url), url

    def test_it_leaves_the_links_of_others(self) -> None:
        """Neither look-alikes nor links to nobody are claimed for sure."""
        ask = self._asker()
        for url in (*self.should_not_match, *_NOBODYS):
            link = ask(url)
            assert link is None or (self.claims_everything and not link.sure), f"{url} is claimed"

    def test_detect_is_pure(self) -> None:
        """The same answer every time; no socket, no file, no thread."""
        ask = self._asker()
        urls = [*(url for url, _, _ in self.should_match), *self.should_not_match]
        before = [ask(url) for url in urls]
        threads = threading.active_count()
        with _nothing_opened():
            assert [ask(url) for url in urls] == before
        assert threading.active_count() == threads

    def test_detect_is_fast(self) -> None:
        """No pattern takes long, not even on links that were made to hurt it."""
        ask = self._asker()
        for url in (*(url for url, _, _ in self.should_match), *self.should_not_match, *_NOBODYS):
            ask(url)
            assert min(_timed(ask, url) for _ in range(3)) < DETECT_LIMIT_S, url[:80]

    def _build(self) -> object:
        build = check_class(self.plugin, str(getattr(self.plugin, "name", "")))
        return build(settings_class(self.plugin).model_validate({}), None)

    def _asker(self) -> Callable[[str], Link | None]:
        manager = _manager()
        name = manager.register(self._build(), str(getattr(self.plugin, "name", "")))
        (impl,) = manager.hook.detect.get_hookimpls()
        check = checked_claim(str(name))
        return lambda url: check(impl.function(*[{"url": url}[argument] for argument in impl.argnames]))


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _differences(plugin: object, hook: str) -> Iterator[str]:
    wanted = _hints(getattr(hookspecs, hook))
    for name, hint in _hints(getattr(plugin, hook)).items():
        if name in wanted and hint != wanted[name]:
            yield f"{hook}: {name} is {hint}, the spec says {wanted[name]}"


def _hints(function: Callable[..., object]) -> dict[str, object]:
    """Resolve annotations as the specs' own imports do where a plugin imports names for type checking only."""
    names = {**vars(hookspecs), **_checked_only(), **getattr(inspect.unwrap(function), "__globals__", {})}
    return cast("dict[str, object]", typing.get_type_hints(function, names))


def _checked_only() -> dict[str, object]:
    from fetchgram import ports, screens  # noqa: PLC0415  # only for the names that the specs import for checking

    return {**vars(ports), **vars(screens)}


def _timed(ask: Callable[[str], object], url: str) -> float:
    started_s = time.perf_counter()
    ask(url)
    return time.perf_counter() - started_s


@contextmanager
def _nothing_opened() -> Iterator[None]:
    """Refuse sockets and files while links are asked for."""

    def refuse(*_args: object, **_kwargs: object) -> typing.NoReturn:
        raise AssertionError("detect must be pure: it opened a socket or a file")

    import pytest  # noqa: PLC0415  # only where tests run; the fakes are used without it

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        patch.setattr("builtins.open", refuse)
        patch.setattr("io.open", refuse)
        yield
