"""Checks of what plugins return: the spec's type, to the last element."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class WrongResult(Exception):
    """A hook returned what its spec does not allow; never leaves this package."""


def one(expected: type[T]) -> Callable[[object], T]:
    """Accept one value of the type."""

    def check(result: object) -> T:
        if isinstance(result, expected):
            return result
        raise _wrong(result, expected.__name__)

    return check


def one_or_none(expected: type[T]) -> Callable[[object], T | None]:
    """Accept one value of the type, or `None`."""

    def check(result: object) -> T | None:
        if result is None or isinstance(result, expected):
            return result
        raise _wrong(result, f"{expected.__name__} or None")

    return check


def many(expected: type[T], *, at_least: int = 0) -> Callable[[object], tuple[T, ...]]:
    """Accept a sequence whose every element is of the type."""

    def check(result: object) -> tuple[T, ...]:
        if not isinstance(result, Sequence) or isinstance(result, str | bytes):
            raise _wrong(result, f"a sequence of {expected.__name__}")
        items = tuple(result)
        for item in items:
            if not isinstance(item, expected):
                raise _wrong(item, f"{expected.__name__} in each place")
        if len(items) < at_least:
            raise WrongResult(f"returned {len(items)} of {expected.__name__}, at least {at_least} was expected")
        return items

    return check


def owned(expected: type[T], plugin: str) -> Callable[[object], tuple[T, ...]]:
    """Accept a sequence whose elements, where they name a plugin, name this one."""

    def check(result: object) -> tuple[T, ...]:
        items = many(expected)(result)
        for item in items:
            if getattr(item, "plugin", plugin) != plugin:
                raise WrongResult(f"returned {type(item).__name__} in the name of another plugin: {item!r}")
        return items

    return check


def nothing(result: object) -> None:
    """Accept whatever comes back from a hook that has nothing to say."""
    _close(result)


def _wrong(result: object, expected: str) -> WrongResult:
    _close(result)
    return WrongResult(f"returned {type(result).__name__}, {expected} was expected")


def _close(result: object) -> None:
    """A coroutine that nobody will await would be warned about far from here."""
    if inspect.iscoroutine(result):
        result.close()
