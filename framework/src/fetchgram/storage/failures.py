"""What a database says when it refuses, as errors of our tree: each with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy.exc import DBAPIError

from fetchgram.errors import FetchgramError

Translate: TypeAlias = Callable[[str, BaseException], FetchgramError]
"""Turns the name of a database and an error of its driver into ours."""


@contextmanager
def translated(name: str, driver_error: type[Exception], translate: Translate) -> Iterator[None]:
    """Raise errors of our tree instead of the engine's.

    Args:
        name: How the database is called in the sentence.
        driver_error: Base of the driver's own errors.
        translate: Knows what they mean.
    """
    try:
        yield
    except DBAPIError as error:
        raise translate(name, error.orig or error) from error
    except driver_error as error:
        raise translate(name, error) from error
