"""How commands speak: text for people, JSON for programs, and exit codes that scripts can trust."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator

import typer

from fetchgram.errors import ConfigError, FetchgramError
from fetchgram.logs import redact
from fetchgram.model import Text

FAILED = 1
"""Exit code of a failed job or check."""

WRONG_USE = 2
"""Exit code of a wrong command line or configuration."""


def print_json(value: object) -> None:
    """Print one JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def sentence(text: Text) -> str:
    """Resolve a text for the terminal, in English."""
    from fetchgram.texts import Texts  # noqa: PLC0415  # only errors and results need the catalogues

    return Texts.load({}).render(text, "en")


@contextlib.contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """Turn an error of ours into one sentence and an exit code; anything else is a bug and keeps its traceback.

    Args:
        as_json: Whether the sentence goes out as `{"error": {"code", "message", "number"}}`.
    """
    try:
        yield
    except FetchgramError as error:
        wrong_use = isinstance(error, ConfigError)
        message = str(error) if wrong_use else sentence(error.text)
        fail(code=type(error).__name__, message=message, number=error.number, as_json=as_json, wrong_use=wrong_use)


def fail(*, code: str, message: str, number: str | None = None, as_json: bool, wrong_use: bool = False) -> None:
    """Print an error and exit.

    Raises:
        typer.Exit: Always.
    """
    message = redact(message)
    if as_json:
        print_json({"error": {"code": code, "message": message, "number": number}})
    else:
        typer.echo(f"{message} (error {number})" if number else message, err=True)
    raise typer.Exit(WRONG_USE if wrong_use else FAILED)
